// Pages that are known again, so that they need not be read.
//
// Most pages of a sync come as they came in the one before. Beside the rows of a page the mirror
// keeps the digest of the answer that brought them, where they lie (a few runs of rowids) and a
// digest of these rows. An answer with that digest stands for the same rows; where they lie there
// still, with their own digest, there is nothing to decode and nothing to compare. Where the server
// gave an ETag, the answer need not even come: it is asked for with it, and 304 says that it would
// be the same, the cursor included.
//
// Nobody has to forget a page: whatever changes its rows (a sync, the owner's SQL, VACUUM, a
// migration) gives them another digest, and the page is read as any other. The digests of answers
// and of requests hold what else decides on the rows (nexus/listing_page.h), so that another
// program reads all anew. A seal over all of it tells what is damaged.
//
// Pages of a listing by parents are kept beside those of a plain one, for a sync may need both.
//
// Kinds with links are not kept: each answer signs them anew.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>

#include "objects/row_batch.h"
#include "store/seen_rows.h"

namespace nexus_mirror::store {

class Session;
struct Listing;

// What tells a page that was read from others: 32 bytes each. Empty = not known.
struct PageDigests {
  std::string answer;
  std::string rows = {};     // as digest_of() gives it of those that were decoded
  std::string request = {};  // what it was asked with
  std::string etag = {};     // of the answer, as the server spells it; empty = it gave none
  std::string next = {};     // the cursor in it
};

// What a page became.
struct KnownPage {
  RowRuns runs;
  std::string rows;        // their digest
  std::string etag, next;  // of the answer

  std::int64_t row_count() const {
    return std::accumulate(runs.begin(), runs.end(), std::int64_t{0},
                           [](std::int64_t sum, const RowRun& run) { return sum + run.rows; });
  }
};

// Those of one kind of a project. Constant once loaded: any thread may ask.
class KnownPageSet {
 public:
  // The page that such an answer stands for, or such a request had (of those with an ETag alone);
  // null = none. They live as long as the set.
  const KnownPage* answered(const std::string& answer) const { return find(answers_, answer); }
  const KnownPage* asked(const std::string& request) const { return find(requests_, request); }

 private:
  friend class KnownPages;
  using Index = std::unordered_map<std::string, const KnownPage*>;
  static const KnownPage* find(const Index& index, const std::string& digest) {
    const auto found = index.find(digest);
    return found == index.end() ? nullptr : found->second;
  }

  std::deque<KnownPage> pages_;  // which stay where they are
  Index answers_, requests_;
};

// One thread at a time; all throw as Database does.
class KnownPages {
 public:
  explicit KnownPages(Session& session) : session_(session) {}

  // Whether pages of the table come alike and are worth keeping.
  static bool suits(const objects::Table& table);

  std::shared_ptr<const KnownPageSet> load(const std::string& project_id,
                                           const objects::Table& table);
  // Whether the rows lie there as they did.
  bool holds(const objects::Table& table, const KnownPage& page);
  // Whether the listing has marked its rows since SeenRows::begin_runs(), and they lie in a few
  // runs.
  bool may_remember(const Listing& listing, const objects::RowBatch& rows,
                    const PageDigests& digests) const;
  // Whether it is worth a write of its own: not where pages seem never to come alike. Until one
  // does, the first few are kept each time.
  bool is_worth_keeping(const Listing& listing) const;
  // Keeps such a page and forgets one that began at the same row; of others nothing is kept. Inside
  // a transaction.
  void remember(Listing& listing, const objects::RowBatch& rows, const PageDigests& digests);
  // Forgets those that a listing which began with the first page did not meet.
  void forget_others(const Listing& listing);
  // Forgets all of the listing's kind, for they led it astray; from then on it knows none.
  void forget(Listing& listing);

 private:
  Session& session_;
};

}  // namespace nexus_mirror::store
