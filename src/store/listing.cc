// Listings, their checkpoints, and the rows that they did not meet.
#include <SQLiteCpp/Database.h>

#include <algorithm>

#include "nexus_mirror/error.h"
#include "store/transaction.h"

namespace nexus_mirror::store {
namespace {

using objects::RowBatch;
using objects::Table;

// Pages without a difference share one checkpoint, so that a quiet sync hardly writes.
constexpr int kPagesPerCheckpoint = 64;

std::string per_table(const char* before, const Table& table, const char* after) {
  return before + std::string(table.name) + after;
}

}  // namespace

std::int64_t Store::layout() {
  Statement& select = statement("PRAGMA schema_version");
  ResetGuard guard(select);
  select.step();
  return select.integer(0);
}

bool Store::unfinished_pass(const std::string& project_id, std::int64_t not_before) {
  Statement& select = statement("SELECT touched_at, layout FROM passes WHERE project_id = ?");
  bool usable = false;
  {
    ResetGuard guard(select);
    if (!select.bind(1, std::string_view(project_id)).step()) return false;
    // VACUUM numbers rows anew (and changes schema_version): bits by rowid mean nothing then.
    usable = select.integer(0) >= not_before && select.integer(1) == layout();
  }
  if (!usable && access_ == Access::write) {
    Transaction transaction(*this);
    for (const char* sql : {"DELETE FROM checkpoints WHERE project_id = ?",
                            "DELETE FROM checkpoint_rows WHERE project_id = ?"}) {
      statement(sql).bind(1, std::string_view(project_id)).run();
    }
    statement("UPDATE passes SET touched_at = ?, layout = ? WHERE project_id = ?")
        .bind(1, now_ms_)
        .bind(2, layout())
        .bind(3, std::string_view(project_id))
        .run();
    transaction.commit();
  }
  return true;
}

Listing Store::open_listing(const std::string& project_id, const Table& table,
                            std::vector<std::string> asset_ids) {
  Listing listing;
  listing.project_id = project_id;
  listing.table = &table;
  listing.asset_ids = std::move(asset_ids);
  listing.loaded = loaded(project_id, table);
  listing.layout = layout();
  if (!listing.asset_ids.empty() || access_ == Access::dry_run) return listing;
  Statement& select = statement(
      "SELECT cursor, done, inserted FROM checkpoints WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  if (!select.bind(1, std::string_view(project_id)).bind(2, table.name).step()) return listing;
  listing.cursor = select.text(0);
  listing.done = select.integer(1) != 0;
  listing.inserted = select.integer(2);
  Statement& rows =
      statement("SELECT chunk, bits FROM checkpoint_rows WHERE project_id = ? AND entity = ?");
  ResetGuard rows_guard(rows);
  rows.bind(1, std::string_view(project_id)).bind(2, table.name);
  while (rows.step()) listing.seen.load(rows.integer(0), rows.text(1));
  return listing;
}

RowCounts Store::apply(Listing& listing, const RowBatch& rows, const std::string& cursor) {
  listing.cursor = cursor;
  RowCounts counts;
  bool differs = !listing.loaded && !rows.empty();
  if (listing.loaded || access_ == Access::dry_run) {
    counts = compare_rows(rows, &listing, differs);
  }
  const bool due = ++listing.unsaved_pages >= kPagesPerCheckpoint && listing.asset_ids.empty();
  if (access_ == Access::dry_run || (!differs && !due)) {
    listing.inserted += counts.inserted;
    return counts;
  }
  Transaction transaction(*this);
  if (differs) counts = write_rows(rows, &listing);
  listing.inserted += counts.inserted;
  if (listing.asset_ids.empty()) {
    save_checkpoint(listing, false);
  } else {
    touch_pass(listing.project_id);
  }
  transaction.commit_with_next_page();
  return counts;
}

void Store::touch_pass(const std::string& project_id) {
  statement(
      "INSERT INTO passes(project_id, touched_at, layout) VALUES(?, ?, ?) "
      "ON CONFLICT DO UPDATE SET touched_at = excluded.touched_at")
      .bind(1, std::string_view(project_id))
      .bind(2, now_ms_)
      .bind(3, layout())
      .run();
}

void Store::save_checkpoint(Listing& listing, bool done) {
  touch_pass(listing.project_id);
  listing.unsaved_pages = 0;
  statement(
      "INSERT INTO checkpoints(project_id, entity, cursor, done, inserted) VALUES(?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET cursor = excluded.cursor, done = excluded.done, "
      "inserted = excluded.inserted")
      .bind(1, std::string_view(listing.project_id))
      .bind(2, listing.table->name)
      .bind(3, std::string_view(listing.cursor))
      .bind(4, std::int64_t{done})
      .bind(5, listing.inserted)
      .run();
  if (done) {
    statement("DELETE FROM checkpoint_rows WHERE project_id = ? AND entity = ?")
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
    return;
  }
  Statement& save = statement(
      "INSERT INTO checkpoint_rows(project_id, entity, chunk, bits) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET bits = excluded.bits");
  listing.seen.save_marked([&](std::int64_t chunk, std::string_view bits) {
    save.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    save.bind(3, chunk).bind_blob(4, bits).run();
  });
}

void Store::restart(Listing& listing) {
  listing.cursor.clear();
  listing.seen.clear();
  if (access_ == Access::dry_run) return;
  Statement& select = statement("SELECT 1 FROM checkpoints WHERE project_id = ? AND entity = ?");
  {
    ResetGuard guard(select);
    select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    if (!select.step()) return;
  }
  Transaction transaction(*this);
  for (const char* sql : {"DELETE FROM checkpoint_rows WHERE project_id = ? AND entity = ?",
                          "UPDATE checkpoints SET cursor = '' "
                          "WHERE project_id = ? AND entity = ?"}) {
    statement(sql).bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name).run();
  }
  transaction.commit();
}

void Store::keep(Listing& listing, const std::string& id) {
  if (listing.table->column("id") < 0) return;
  Statement select(database_->getHandle(), per_table("SELECT rowid FROM ", *listing.table,
                                                     " WHERE id = ? AND project_id = ?"));
  select.bind(1, std::string_view(id)).bind(2, std::string_view(listing.project_id));
  while (select.step()) listing.seen.mark(select.integer(0));
}

void Store::for_each_row_of(const Listing& listing, const std::function<void(std::int64_t)>& row) {
  const bool some = !listing.asset_ids.empty();
  Statement select(
      database_->getHandle(),
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

Missing Store::missing(const Listing& listing, std::size_t most,
                       const std::function<double()>& random) {
  if (layout() != listing.layout) {
    throw Error(ErrorCode::mirror, "deciding what is gone from", "mirror " + path_,
                "VACUUM or another program changed the mirror during the sync",
                "run nexus-mirror sync again");
  }
  Missing missing;
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
  if (!listing.asset_ids.empty()) missing.before = count(*listing.table, listing.project_id);
  missing.before = std::max(missing.before - listing.inserted, std::int64_t{0});
  if (listing.table->column("id") >= 0) {
    Statement select(database_->getHandle(),
                     per_table("SELECT id FROM ", *listing.table, " WHERE rowid = ?"));
    for (Missing::Row& row : missing.sample) {
      ResetGuard guard(select);
      if (select.bind(1, row.rowid).step()) row.id = select.text(0);
    }
  }
  return missing;
}

RowCounts Store::remove_rows(const Listing& listing, const std::function<bool()>& go_on) {
  std::vector<std::int64_t> gone;
  for_each_row_of(listing, [&](std::int64_t rowid) {
    if (!listing.seen.contains(rowid)) gone.push_back(rowid);
  });
  TableWriter& table = writer(*listing.table);
  for (const std::int64_t rowid : gone) {
    if (go_on && !go_on()) {
      throw Error(ErrorCode::interrupted, "deleting", std::string(listing.table->name),
                  "asked to stop");
    }
    if (table.load(rowid) == 0) continue;
    changes_->deleted(sync_id_, now_ms_, table.current());
    note_export_change(table.current(), 0);
    if (listing.table == &objects::runs) {
      for (const char* sql : {"DELETE FROM run_logs WHERE project_id = ?1 AND run_id = ?2",
                              "DELETE FROM run_log_reads WHERE project_id = ?1 AND run_id = ?2"}) {
        statement(sql)
            .bind(1, std::string_view(listing.project_id))
            .bind(2, table.current().row(0)[0].text())
            .run();
      }
    }
    table.remove(rowid);
  }
  return {0, 0, static_cast<std::int64_t>(gone.size())};
}

RowCounts Store::finish(Listing& listing, bool remove, const std::function<bool()>& go_on) {
  if (access_ == Access::dry_run) {
    RowCounts counts;
    for_each_row_of(listing, [&](std::int64_t rowid) {
      if (remove && !listing.seen.contains(rowid)) ++counts.deleted;
    });
    return counts;
  }
  bool any = false;
  if (remove) {
    for_each_row_of(listing,
                    [&](std::int64_t rowid) { any = any || !listing.seen.contains(rowid); });
  }
  const bool scoped = !listing.asset_ids.empty();
  const bool first = !listing.loaded && !scoped;
  const bool annotations = listing.table == &objects::annotations;
  Statement& pass = statement("SELECT 1 FROM passes WHERE project_id = ?");
  bool touched = false;
  {
    ResetGuard guard(pass);
    touched = pass.bind(1, std::string_view(listing.project_id)).step();
  }
  if (!any && !first && !touched && !annotations) return {};
  if (any) commit_pages();  // so that undoing deletions takes no page along
  Transaction transaction(*this);
  RowCounts counts;
  if (any) counts = remove_rows(listing, go_on);
  if (first) {
    changes_->loaded(sync_id_, now_ms_, *listing.table, listing.project_id,
                     count(*listing.table, listing.project_id));
    statement("INSERT OR IGNORE INTO loads(project_id, entity) VALUES(?, ?)")
        .bind(1, std::string_view(listing.project_id))
        .bind(2, listing.table->name)
        .run();
  }
  Statement& settle = statement("DELETE FROM pending_assets WHERE project_id = ? AND asset_id = ?");
  for (const std::string& asset : listing.asset_ids) {
    settle.bind(1, std::string_view(listing.project_id)).bind(2, std::string_view(asset)).run();
  }
  if (annotations && !scoped) {
    statement("DELETE FROM pending_assets WHERE project_id = ?")
        .bind(1, std::string_view(listing.project_id))
        .run();
  }
  if (!scoped && (any || first || touched)) save_checkpoint(listing, true);
  transaction.commit();
  return counts;
}

void Store::finish_pass(const std::string& project_id) {
  if (access_ == Access::dry_run) return;
  Statement& select = statement("SELECT 1 FROM passes WHERE project_id = ?");
  {
    ResetGuard guard(select);
    if (!select.bind(1, std::string_view(project_id)).step()) return;
  }
  Transaction transaction(*this);
  for (const char* sql : {"DELETE FROM checkpoints WHERE project_id = ?",
                          "DELETE FROM checkpoint_rows WHERE project_id = ?",
                          "DELETE FROM passes WHERE project_id = ?"}) {
    statement(sql).bind(1, std::string_view(project_id)).run();
  }
  transaction.commit();
}

void Store::forget_progress(const std::string& project_id, bool cursors) {
  if (access_ == Access::dry_run) return;
  Transaction transaction(*this);
  if (cursors) {
    statement("DELETE FROM checkpoint_rows WHERE project_id = ?")
        .bind(1, std::string_view(project_id))
        .run();
  }
  statement("DELETE FROM checkpoints WHERE project_id = ? AND (done OR ?)")
      .bind(1, std::string_view(project_id))
      .bind(2, std::int64_t{cursors})
      .run();
  transaction.commit();
}

bool Store::loaded(const std::string& project_id, const Table& table) {
  Statement& select = statement("SELECT 1 FROM loads WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  return select.bind(1, std::string_view(project_id)).bind(2, table.name).step();
}

bool Store::is_whole(const std::string& project_id) {
  if (!loaded(project_id, objects::assets) || !loaded(project_id, objects::annotations)) {
    return false;
  }
  Statement& select = statement("SELECT 1 FROM passes WHERE project_id = ?");
  ResetGuard guard(select);
  return !select.bind(1, std::string_view(project_id)).step();
}

std::vector<std::string> Store::pending_assets(const std::string& project_id) {
  Statement& select = statement("SELECT asset_id FROM pending_assets WHERE project_id = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<std::string> assets;
  while (select.step()) assets.emplace_back(select.text(0));
  return assets;
}

std::int64_t Store::count(const Table& table, const std::string& project_id) {
  Statement select(database_->getHandle(),
                   per_table("SELECT count(*) FROM ", table, " WHERE project_id = ?"));
  select.bind(1, std::string_view(project_id)).step();
  return select.integer(0);
}

// Remembers, in the asset's own transaction, that its annotations may differ: a quick sync that is
// killed right after has them still to fetch.
void Store::note_pending(const RowBatch& rows, std::size_t index,
                         const std::vector<std::size_t>* changed) {
  if (&rows.table() != &objects::assets) return;
  if (changed != nullptr) {
    static const std::size_t columns[] = {
        static_cast<std::size_t>(objects::assets.column("status")),
        static_cast<std::size_t>(objects::assets.column("tags_count")),
        static_cast<std::size_t>(objects::assets.column("total_annotations"))};
    const auto decides = [&](std::size_t column) {
      return std::find(std::begin(columns), std::end(columns), column) != std::end(columns);
    };
    if (std::none_of(changed->begin(), changed->end(), decides)) return;
  }
  static const int project = objects::assets.column("project_id");
  statement("INSERT OR IGNORE INTO pending_assets(project_id, asset_id) VALUES(?, ?)")
      .bind(1, rows.row(index)[project])
      .bind(2, rows.row(index)[0])
      .run();
}

}  // namespace nexus_mirror::store
