#include "store/listings.h"

#include <algorithm>
#include <functional>

#include "nexus_mirror/error.h"
#include "store/bulk_load.h"
#include "store/per_table.h"

namespace nexus_mirror::store {
namespace {

using objects::RowBatch;
using objects::Table;

// Pages without a difference share one checkpoint, so that a quiet sync hardly writes.
constexpr std::int64_t kCheckpointEveryMs = 30'000;

std::size_t hash_of_ids(const RowBatch& rows) {
  const Table& table = rows.table();
  std::string ids;
  if (table.id.empty()) return 0;  // such a kind comes as one page
  for (std::size_t i = 0; i < rows.size(); ++i) {
    ids.append(rows.row(i)[table.at(table.id)].text()).push_back('\n');
  }
  return std::hash<std::string>()(ids);
}

// checkpoints.done
constexpr std::int64_t kUnderWay = 0, kDone = 1, kRead = 2, kByParent = 3;

}  // namespace

Listing Listings::open(const std::string& project_id, const Table& table,
                       std::vector<std::string> asset_ids) {
  Listing listing;
  listing.project_id = project_id;
  listing.table = &table;
  listing.asset_ids = std::move(asset_ids);
  listing.loaded = tables_.loaded(project_id, table);
  if (!listing.asset_ids.empty() || session_.dry_run()) return listing;
  // A first listing that goes on behind a kill has marked the pages that it knew.
  if (KnownPages::suits(table)) {
    listing.known = listing.loaded ? KnownPages(session_).load(project_id, table)
                                   : std::make_shared<const KnownPageSet>();
  }
  listing.from_start = true;
  Statement& select = session_.statement(
      "SELECT cursor, done, inserted, complete, problem FROM checkpoints "
      "WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  if (!select.bind(1, std::string_view(project_id)).bind(2, table.name).step()) return listing;
  listing.from_start = false;
  listing.cursor = select.text(0);
  listing.done = select.integer(1) == kDone;
  listing.read = select.integer(1) == kRead;
  listing.by_parent = select.integer(1) == kByParent;
  listing.inserted = select.integer(2);
  listing.complete = select.integer(3) != 0;
  listing.problem = select.text(4);
  load_seen(project_id, table, listing.seen);
  return listing;
}

std::int64_t Listings::rows_met(const std::string& project_id, const Table& table) {
  Statement& select = session_.statement(
      "SELECT done, inserted FROM checkpoints WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  if (!select.bind(1, std::string_view(project_id)).bind(2, table.name).step()) return 0;
  if (select.integer(0) == kDone) return tables_.count(table, project_id);
  const std::int64_t inserted = select.integer(1);  // some of which may still wait for their places
  SeenRows seen;
  load_seen(project_id, table, seen);
  return std::max(seen.total(), inserted);
}

void Listings::load_seen(const std::string& project_id, const Table& table, SeenRows& seen) {
  Statement& rows = session_.statement(
      "SELECT chunk, bits FROM checkpoint_rows WHERE project_id = ? AND entity = ?");
  ResetGuard guard(rows);
  rows.bind(1, std::string_view(project_id)).bind(2, table.name);
  while (rows.step()) seen.load(rows.integer(0), rows.text(1));
}

// Whether one of those rows was not known to this listing.
bool Listings::keep_out(Listing& listing, const KeptOut& kept_out) {
  const std::size_t known = listing.kept_out.size();
  for (const std::string& id : kept_out.ids) {
    mark_seen(listing, id);
    listing.kept_out.insert(std::hash<std::string>()(id));
  }
  listing.complete = listing.complete && !kept_out.nameless;
  if (listing.problem.empty()) listing.problem = kept_out.problem;
  return listing.kept_out.size() > known;
}

RowCounts Listings::apply(Listing& listing, const RowBatch& rows, const std::string& cursor,
                          const KeptOut& kept_out, const PageDigests& digests) {
  listing.cursor = cursor;
  const std::int64_t met = listing.seen.count();
  bool news = keep_out(listing, kept_out);
  const bool whole = kept_out.problem.empty() && !kept_out.nameless && kept_out.ids.empty();
  const RowCounts counts = take_page(listing, rows, whole ? digests : PageDigests());
  if (session_.dry_run()) {
    news = (!rows.empty() && listing.dry_pages.insert(hash_of_ids(rows)).second) || news;
  } else {
    news = counts.inserted > 0 || listing.seen.count() > met || news;
  }
  const bool held_rows = !rows.empty() || !kept_out.problem.empty();
  listing.stale_pages = news ? 0 : listing.stale_pages + (held_rows ? 1 : 0);
  listing.empty_pages = news ? 0 : listing.empty_pages + (held_rows ? 0 : 1);
  return counts;
}

RowCounts Listings::take_page(Listing& listing, const RowBatch& rows, const PageDigests& digests) {
  RowCounts counts;
  KnownPages known(session_);
  const bool compared = listing.loaded || session_.dry_run();
  Tables::Comparison found;
  listing.seen.begin_runs();
  if (compared) found = tables_.compare(rows, &listing.seen);
  counts = found.counts;
  const bool differs = compared ? !found.differing.empty() : !rows.empty();
  const bool due = is_due(listing);
  const bool learned = compared && (differs || due || known.is_worth_keeping(listing)) &&
                       known.learn(listing, rows, digests);  // what differs keeps its place
  if (session_.dry_run() || (!differs && !due && !known.are_many_learned(listing))) {
    listing.inserted += counts.inserted;
    return counts;
  }
  Session::Transaction transaction(session_);
  if (differs) {
    listing.seen.begin_runs();
    counts = compared ? tables_.write(rows, found.differing, &listing.seen, listing.loaded)
                      : BulkLoad(session_, tables_).take(listing, rows);
    if (!learned) known.learn(listing, rows, digests);
  }
  known.keep_learned(listing);
  listing.inserted += counts.inserted;
  save_progress(listing);
  transaction.commit_with_next_page();
  return counts;
}

bool Listings::apply_known(Listing& listing, const KnownPage& page, const std::string& cursor) {
  ++listing.answers_known;
  if (listing.seen.contains_any(page.runs) || !KnownPages(session_).holds(*listing.table, page)) {
    return false;
  }
  listing.cursor = cursor;
  listing.seen.mark(page.runs);
  listing.met_pages.emplace(listing.by_parent, page.runs.front().first);
  ++listing.unread_pages;
  listing.stale_pages = listing.empty_pages = 0;
  if (!is_due(listing)) return true;
  Session::Transaction transaction(session_);
  save_progress(listing);
  transaction.commit_with_next_page();
  return true;
}

bool Listings::is_due(Listing& listing) const {
  if (listing.saved_ms == 0) listing.saved_ms = listing.clock_ms;
  return listing.clock_ms - listing.saved_ms >= kCheckpointEveryMs && listing.asset_ids.empty();
}

void Listings::save_progress(Listing& listing) {
  if (!listing.asset_ids.empty()) return touch_pass(listing.project_id);
  save_checkpoint(listing, listing.by_parent        ? kByParent
                           : listing.cursor.empty() ? kRead
                                                    : kUnderWay);
}

void Listings::save_checkpoint(Listing& listing, std::int64_t state) {
  touch_pass(listing.project_id);
  listing.saved_ms = listing.clock_ms;
  session_
      .statement(
          "INSERT INTO checkpoints(project_id, entity, cursor, done, inserted, complete, problem) "
          "VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET cursor = excluded.cursor, "
          "done = excluded.done, inserted = excluded.inserted, complete = excluded.complete, "
          "problem = excluded.problem")
      .bind(1, std::string_view(listing.project_id))
      .bind(2, listing.table->name)
      .bind(3, std::string_view(listing.cursor))
      .bind(4, state)
      .bind(5, listing.inserted)
      .bind(6, std::int64_t{listing.complete})
      .bind(7, std::string_view(listing.problem))
      .run();
  if (state == kDone) {
    session_.statement("DELETE FROM checkpoint_rows WHERE project_id = ? AND entity = ?")
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
    return;
  }
  Statement& save = session_.statement(
      "INSERT INTO checkpoint_rows(project_id, entity, chunk, bits) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET bits = excluded.bits");
  listing.seen.save_marked([&](std::int64_t chunk, std::string_view bits) {
    save.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    save.bind(3, chunk).bind_blob(4, bits).run();
  });
}

void Listings::restart(Listing& listing) {
  listing.cursor.clear();
  listing.done = listing.read = listing.by_parent = false;
  listing.seen.clear();
  listing.complete = true;
  listing.problem.clear();
  listing.from_start = true;
  if (session_.dry_run()) return;
  Statement& select =
      session_.statement("SELECT 1 FROM checkpoints WHERE project_id = ? AND entity = ?");
  {
    ResetGuard guard(select);
    select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    if (!select.step()) return;
  }
  Session::Transaction transaction(session_);
  BulkLoad(session_, tables_).drop(listing);
  for (const char* sql :
       {"DELETE FROM checkpoint_rows WHERE project_id = ? AND entity = ?",
        "UPDATE checkpoints SET cursor = '', done = 0, complete = 1, problem = '' "
        "WHERE project_id = ? AND entity = ?"}) {
    session_.statement(sql)
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
  }
  transaction.commit();
}

void Listings::read_anew(Listing& listing) {
  restart(listing);
  listing.all_came = true;
  KnownPages(session_).forget(listing);
}

RowCounts Listings::settle(Listing& listing) {
  if (session_.dry_run() || listing.loaded || !listing.asset_ids.empty()) return {};
  listing.keys.reset();  // what follows has other things to remember
  BulkLoad bulk(session_, tables_);
  if (!bulk.waits(listing)) return {};
  session_.commit_pages();  // so that to undo it takes no page along
  Session::Transaction transaction(session_);
  const RowCounts counts = bulk.settle(listing);
  save_checkpoint(listing, listing.by_parent ? kByParent : kRead);
  transaction.commit();
  return counts;
}

RowsBehind Listings::rows_behind(const std::string& project_id, const Table& table,
                                 std::int64_t rowid, std::size_t most) {
  RowsBehind behind;
  // By rowid: the project's rows lie together, and an index would have them sorted each time.
  Statement select = session_.database().prepare(
      per_table("SELECT rowid, id FROM ", table,
                " WHERE +project_id = ? AND rowid > ? ORDER BY rowid LIMIT ?"));
  select.bind(1, std::string_view(project_id)).bind(2, rowid);
  select.bind(3, static_cast<std::int64_t>(most));
  while (select.step()) behind.rows.push_back({select.integer(0), std::string(select.text(1))});
  behind.all = behind.rows.size() < most;
  behind.place = behind.rows.empty() ? rowid : behind.rows.back().rowid;
  if (behind.all) {
    // Rows of other projects that were stepped over are not to be stepped over again.
    Statement last = session_.database().prepare(per_table("SELECT max(rowid) FROM ", table, ""));
    if (last.step()) behind.place = std::max(behind.place, last.integer(0));
  }
  return behind;
}

void Listings::mark_seen(Listing& listing, const std::string& id) {
  if (listing.table->id.empty()) return;
  session_.writer(*listing.table);  // with its indexes
  Statement select = session_.database().prepare(
      per_table("SELECT rowid FROM ", *listing.table, " WHERE id = ? AND project_id = ?"));
  select.bind(1, std::string_view(id)).bind(2, std::string_view(listing.project_id));
  while (select.step()) listing.seen.mark(select.integer(0));
}

void Listings::for_each_row_of(const Listing& listing,
                               const std::function<void(std::int64_t)>& row) {
  const bool some = !listing.asset_ids.empty();
  Statement select = session_.database().prepare(
      per_table("SELECT rowid FROM ", *listing.table,
                some ? " WHERE asset_id = ? AND +project_id = ?" : " WHERE project_id = ?"));
  if (!some) {
    select.bind(1, std::string_view(listing.project_id));
    while (select.step()) row(select.integer(0));
    return;
  }
  for (const std::string& asset : listing.asset_ids) {
    select.bind(1, std::string_view(asset)).bind(2, std::string_view(listing.project_id));
    while (select.step()) row(select.integer(0));
    select.reset();
  }
}

Missing Listings::missing(const Listing& listing, std::size_t most,
                          const std::function<double()>& random) {
  if (session_.indexes().layout() != session_.indexes().known_layout()) {
    throw Error(ErrorCode::machine, "deciding what is gone from",
                "mirror " + session_.database().path(),
                "VACUUM or another program changed the mirror during the sync",
                "run nexus-mirror sync again");
  }
  Missing missing;
  if (listing.place == LoadPlace::table) return missing;  // all there is came with it
  for_each_row_of(listing, [&](std::int64_t rowid) {
    ++missing.before;
    if (listing.seen.contains(rowid)) return;
    ++missing.count;
    if (missing.sample.size() < most) {
      missing.sample.push_back({rowid, {}});
      return;
    }
    // Reservoir sampling: each missing row ends up in the sample with the same chance.
    const auto place = static_cast<std::size_t>(random() * static_cast<double>(missing.count));
    if (place < most) missing.sample[place].rowid = rowid;
  });
  if (!listing.asset_ids.empty()) {
    missing.before = tables_.count(*listing.table, listing.project_id);
  }
  // What a first listing had brought itself is as much as any mirror had of it.
  const std::int64_t own = listing.loaded ? listing.inserted : 0;
  missing.before = std::max(missing.before - own, std::int64_t{0});
  if (!listing.table->id.empty()) {
    Statement select = session_.database().prepare(
        per_table("SELECT id FROM ", *listing.table, " WHERE rowid = ?"));
    for (Missing::Candidate& row : missing.sample) {
      ResetGuard guard(select);
      if (select.bind(1, row.rowid).step()) row.id = select.text(0);
    }
  }
  return missing;
}

std::vector<std::int64_t> Listings::unseen_rows(const Listing& listing) {
  std::vector<std::int64_t> rowids;
  for_each_row_of(listing, [&](std::int64_t rowid) {
    if (!listing.seen.contains(rowid)) rowids.push_back(rowid);
  });
  return rowids;
}

RowCounts Listings::finish(Listing& listing, bool remove, const std::function<bool()>& go_on) {
  const std::vector<std::int64_t> gone =
      remove ? unseen_rows(listing) : std::vector<std::int64_t>();
  const RowCounts counts{0, 0, static_cast<std::int64_t>(gone.size())};
  if (session_.dry_run()) return counts;
  const bool scoped = !listing.asset_ids.empty();
  KnownPages(session_).keep_met(listing);
  const bool first = !listing.loaded && !scoped;
  const bool touched = pass_under_way(listing.project_id);
  // Only of annotations are some pending.
  const bool settled = !listing.undecided && listing.problem.empty();
  const bool pending =
      scoped || !settled ||
      session_.any("SELECT 1 FROM pending_assets WHERE project_id = ?", listing.project_id);
  if (gone.empty() && !first && !touched && !pending) return {};
  if (!gone.empty()) session_.commit_pages();  // so that undoing deletions takes no page along
  Session::Transaction transaction(session_);
  tables_.remove(*listing.table, gone, listing.loaded, go_on);
  if (first) {
    const std::int64_t rows = listing.place == LoadPlace::table
                                  ? listing.inserted
                                  : tables_.count(*listing.table, listing.project_id);
    session_.changes().loaded({session_.sync_id, session_.now_ms}, *listing.table,
                              listing.project_id, rows);
    session_.statement("INSERT OR IGNORE INTO loads(project_id, entity) VALUES(?, ?)")
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
  }
  settle_pending(listing, settled);
  if (!scoped && listing.undecided) {
    drop_checkpoint(listing);
  } else if (!scoped && (!gone.empty() || first || touched)) {
    save_checkpoint(listing, kDone);
  }
  transaction.commit();
  return counts;
}

void Listings::drop_checkpoint(const Listing& listing) {
  for (const char* sql : {"DELETE FROM checkpoint_rows WHERE project_id = ? AND entity = ?",
                          "DELETE FROM checkpoints WHERE project_id = ? AND entity = ?"}) {
    session_.statement(sql)
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
  }
}

}  // namespace nexus_mirror::store
