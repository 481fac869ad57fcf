// Passes over projects and the listings that they are made of: pages in, cursors kept, and at the
// end what the server no longer has.
//
// A page, the cursor behind it and the bits of the rows that it held are written in one
// transaction. A row's bit is its rowid: 125 KB for a million rows, and the only question at the
// end is which rows of the project have none. Rowids hold until VACUUM numbers rows anew, which
// PRAGMA schema_version tells; a pass remembers that number, is begun anew when it is another, and
// decides no deletion. Pages without a difference write nothing and share a checkpoint: after a
// kill they are compared once more, which is cheaper than a write each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "objects/row_batch.h"
#include "store/bloom_filter.h"
#include "store/known_pages.h"
#include "store/row_counts.h"
#include "store/seen_rows.h"
#include "store/session.h"
#include "store/tables.h"

namespace nexus_mirror::store {

// Where the rows of a first listing go: see bulk_load.h.
enum class LoadPlace { undecided, direct, table, aside };

// One listing of a project's rows of one kind, from its first page to the deletion of what it did
// not meet. Made by Listings::open and changed by the store only, but for those that say so.
struct Listing {
  std::string project_id;
  const objects::Table* table = nullptr;
  std::vector<std::string> asset_ids;  // not empty: only annotations of these assets
  bool loaded = false;                 // a complete listing was taken in before
  bool done = false;                   // complete in a pass that was cut short later
  bool by_parent = false;              // `cursor` is a rowid of another table (sync/by_parent.cc)
  bool read = false;                   // to its last page, and what is gone was not decided yet
  std::string cursor;                  // of the next page; empty = the first, or none once read
  std::int64_t inserted = 0;           // rows that this listing added
  bool complete = true;                // each row that came could be told apart; set by who lists
  bool undecided = false;              // whether rows are gone could not be found out; likewise
  std::string problem;                 // of the first row that was kept out; empty = none was
  int stale_pages = 0;                 // with rows, none of them new, since a page brought one
  int empty_pages = 0;                 // without rows, since then
  std::set<std::size_t> kept_out;      // hashes of the ids of rows that were
  std::set<std::size_t> dry_pages;     // of a dry run, which marks no rows: hashes of their ids
  std::int64_t clock_ms = 0;           // monotonic; set by who lists, before each page
  std::int64_t saved_ms = 0;           // by that clock: when the checkpoint was written
  SeenRows seen;

  // Of kinds whose pages are known again (known_pages.h).
  std::shared_ptr<const KnownPageSet> known;  // any thread may read it; null = not of such a kind
  bool from_start = false;                    // no earlier sync had begun it
  std::set<std::pair<bool, std::int64_t>> met_pages;  // by_parent and first row of those to keep
  std::vector<LearnedPage> learned;                   // and not written yet
  std::int64_t answers_known = 0;  // pages whose answers were known, their rows as they were or not
  std::int64_t pages_learned = 0;  // that are known from now on
  std::int64_t unread_pages = 0;   // that were known and applied by this sync
  bool all_came = true;            // of those none that the server did not send; set by who lists

  // Of a first listing: see bulk_load.h.
  std::int64_t expected = 0;  // rows by the server's own count, 0 = unknown; set by who lists
  LoadPlace place = LoadPlace::undecided;
  std::int64_t first_rowid = 0;       // with LoadPlace::table: of what it appends
  std::unique_ptr<BloomFilter> keys;  // ids that may have come
};

// What of a page could not be taken in.
struct KeptOut {
  std::vector<std::string> ids;  // of rows that stay as the mirror has them
  bool nameless = false;         // nobody knows which: one without an id, say, which may be any
  std::string problem;           // the first of them, for people; empty = none
};

// Of a row that was kept out nobody knows the asset; nor of one that is kept for want of an answer.
inline constexpr std::string_view kAnyAsset;

// Rows of the mirror that a complete listing did not hold.
struct Missing {
  struct Candidate {
    std::int64_t rowid;
    std::string id;
  };
  std::int64_t count = 0;
  std::int64_t before = 0;        // rows that the mirror had when the listing began
  std::vector<Candidate> sample;  // all of them, or a random choice
};

// Rows of a project that lie behind a place.
struct RowsBehind {
  std::vector<Missing::Candidate> rows;
  bool all = true;         // there are no more now
  std::int64_t place = 0;  // those that come later lie behind it
};

// All throw as Database does.
class Listings {
 public:
  Listings(Session& session, Tables& tables) : session_(session), tables_(tables) {}

  // Whether an earlier pass was cut short: its done listings and cursors count when it was touched
  // within so many ms of now (UNIX ms), before or after, for the clock may have been set since;
  // else they are dropped. In both cases annotations need a full listing.
  bool unfinished_pass(const std::string& project_id, std::int64_t now_ms, std::int64_t within_ms);
  Listing open(const std::string& project_id, const objects::Table& table,
               std::vector<std::string> asset_ids = {});
  // Rows that a listing met which was cut short, and all of one that was done; 0 = none was begun.
  std::int64_t rows_met(const std::string& project_id, const objects::Table& table);
  // One page, what of it was kept out and the cursor behind it (empty = it was the last), in one
  // transaction. A page that changes nothing is checkpointed with a later one.
  RowCounts apply(Listing& listing, const objects::RowBatch& rows, const std::string& cursor,
                  const KeptOut& kept_out = {}, const PageDigests& digests = {});
  // The same of a page whose answer is known: its rows are as they were. False where they are not,
  // and then it was not applied.
  bool apply_known(Listing& listing, const KnownPage& page, const std::string& cursor);
  // It begins anew, whatever was known of it.
  void restart(Listing& listing);
  // The same, and no answer of an earlier sync is taken for what its page holds.
  void read_anew(Listing& listing);
  // After the last page: rows that came without a look at the indexes get their places.
  RowCounts settle(Listing& listing);
  // Rows of the project behind `rowid`, in that order, `most` at most.
  RowsBehind rows_behind(const std::string& project_id, const objects::Table& table,
                         std::int64_t rowid, std::size_t most);
  // As if the listing had held the row of that id.
  void mark_seen(Listing& listing, const std::string& id);
  // `random` gives numbers in [0, 1).
  Missing missing(const Listing& listing, std::size_t most, const std::function<double()>& random);
  // Ends a listing; with `remove` what it did not hold goes, all of it or, once `go_on` (asked for
  // each row; may be empty) says false, nothing: then throws Error(interrupted). One that is
  // undecided is read again by whoever goes on after a kill.
  RowCounts finish(Listing& listing, bool remove, const std::function<bool()>& go_on = {});
  void finish_pass(const std::string& project_id);
  // After a failure: complete listings are to be fetched again; with `cursors` the others too.
  void forget_progress(const std::string& project_id, bool cursors);

  // Whether assets and annotations were listed to their ends and no pass is under way.
  bool is_whole(const std::string& project_id);
  // Whose annotations a quick sync has still to fetch; kAnyAsset among them: all.
  std::vector<std::string> pending_assets(const std::string& project_id);

 private:
  void load_seen(const std::string& project_id, const objects::Table& table, SeenRows& seen);
  RowCounts take_page(Listing& listing, const objects::RowBatch& rows, const PageDigests& digests);
  bool is_due(Listing& listing) const;
  void save_progress(Listing& listing);
  bool keep_out(Listing& listing, const KeptOut& kept_out);
  void save_checkpoint(Listing& listing, std::int64_t state);
  void drop_checkpoint(const Listing& listing);
  void touch_pass(const std::string& project_id);
  bool pass_under_way(const std::string& project_id);
  void settle_pending(const Listing& listing, bool settled);
  void for_each_row_of(const Listing& listing, const std::function<void(std::int64_t)>& row);
  std::vector<std::int64_t> unseen_rows(const Listing& listing);

  Session& session_;
  Tables& tables_;
};

}  // namespace nexus_mirror::store
