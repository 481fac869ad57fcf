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
#include <utility>
#include <vector>

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

// One that is to be kept.
struct LearnedPage {
  bool by_parent = false;  // of a listing by parents
  RowRuns runs;
  PageDigests digests;
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
  // Whether it is worth a write of its own: not where pages seem never to come alike. Until one
  // does, the first few are kept each time.
  bool is_worth_keeping(const Listing& listing) const;
  // Has the listing learn a page whose rows it has marked since SeenRows::begin_runs(), in a few
  // runs; false of others. Nothing is written yet: a kill before costs that it is read once more.
  bool learn(Listing& listing, const objects::RowBatch& rows, const PageDigests& digests);
  // Whether so many were learned that they had better be written.
  static bool are_many_learned(const Listing& listing);
  // Writes what the listing has learned, each in the place of one that began at the same row.
  // Inside a transaction.
  void keep_learned(Listing& listing);
  // The same at a listing's end, and forgets those that it did not meet where it began with the
  // first page. One transaction, where there is anything to write.
  void keep_met(Listing& listing);
  // Forgets all of the listing's kind, for they led it astray; from then on it knows none.
  void forget(Listing& listing);

 private:
  using Place = std::pair<bool, std::int64_t>;  // whether by parents, and the first row
  void put(const Listing& listing, const LearnedPage& page);
  std::vector<Place> unmet(const Listing& listing);

  Session& session_;
};

}  // namespace nexus_mirror::store
