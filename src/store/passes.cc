// Passes: what was begun for a project and is not finished, and what of it holds.
#include <cstdlib>

#include "store/listings.h"

namespace nexus_mirror::store {

bool Listings::unfinished_pass(const std::string& project_id, std::int64_t now_ms,
                               std::int64_t within_ms) {
  Statement& select =
      session_.statement("SELECT touched_at, layout FROM passes WHERE project_id = ?");
  bool usable = false;
  {
    ResetGuard guard(select);
    if (!select.bind(1, std::string_view(project_id)).step()) return false;
    // VACUUM numbers rows anew (and changes schema_version): bits by rowid mean nothing then.
    usable = std::abs(now_ms - select.integer(0)) <= within_ms &&
             select.integer(1) == session_.indexes().layout();
  }
  if (!usable && !session_.dry_run()) {
    Session::Transaction transaction(session_);
    for (const char* sql : {"DELETE FROM checkpoints WHERE project_id = ?",
                            "DELETE FROM checkpoint_rows WHERE project_id = ?",
                            "DELETE FROM incoming WHERE project_id = ?"}) {
      session_.statement(sql).bind(1, std::string_view(project_id)).run();
    }
    session_.statement("UPDATE passes SET touched_at = ?, layout = ? WHERE project_id = ?")
        .bind(1, session_.now_ms)
        .bind(2, session_.indexes().layout())
        .bind(3, std::string_view(project_id))
        .run();
    transaction.commit();
  }
  return true;
}

void Listings::touch_pass(const std::string& project_id) {
  session_
      .statement(
          "INSERT INTO passes(project_id, touched_at, layout) VALUES(?, ?, ?) "
          "ON CONFLICT DO UPDATE SET touched_at = excluded.touched_at")
      .bind(1, std::string_view(project_id))
      .bind(2, session_.now_ms)
      .bind(3, session_.indexes().layout())
      .run();
}

// Annotations of these assets, or of all, have been fetched; what is not `settled` a quick sync has
// still to look for.
void Listings::settle_pending(const Listing& listing, bool settled) {
  if (!listing.table->answers_hints) return;
  if (!settled) {
    session_.statement("INSERT OR IGNORE INTO pending_assets(project_id, asset_id) VALUES(?, ?)")
        .bind(1, std::string_view(listing.project_id))
        .bind(2, kAnyAsset)
        .run();
    return;
  }
  Statement& one =
      session_.statement("DELETE FROM pending_assets WHERE project_id = ? AND asset_id = ?");
  for (const std::string& asset : listing.asset_ids) {
    one.bind(1, std::string_view(listing.project_id)).bind(2, std::string_view(asset)).run();
  }
  if (!listing.asset_ids.empty()) return;
  session_.statement("DELETE FROM pending_assets WHERE project_id = ?")
      .bind(1, std::string_view(listing.project_id))
      .run();
}

bool Listings::pass_under_way(const std::string& project_id) {
  return session_.any("SELECT 1 FROM passes WHERE project_id = ?", project_id);
}

void Listings::finish_pass(const std::string& project_id) {
  if (session_.dry_run()) return;
  if (!pass_under_way(project_id)) return;
  Session::Transaction transaction(session_);
  for (const char* sql :
       {"DELETE FROM checkpoints WHERE project_id = ?",
        "DELETE FROM checkpoint_rows WHERE project_id = ?",
        "DELETE FROM incoming WHERE project_id = ?", "DELETE FROM passes WHERE project_id = ?"}) {
    session_.statement(sql).bind(1, std::string_view(project_id)).run();
  }
  transaction.commit();
}

void Listings::forget_progress(const std::string& project_id, bool cursors) {
  if (session_.dry_run()) return;
  Session::Transaction transaction(session_);
  // By their parents (3) listings are under way, too.
  session_.statement("DELETE FROM checkpoints WHERE project_id = ? AND (done IN (1, 2) OR ?)")
      .bind(1, std::string_view(project_id))
      .bind(2, std::int64_t{cursors})
      .run();
  for (const char* sql : {"DELETE FROM checkpoint_rows WHERE project_id = ?1 AND entity NOT IN "
                          "(SELECT entity FROM checkpoints WHERE project_id = ?1)",
                          "DELETE FROM incoming WHERE project_id = ?1 AND entity NOT IN "
                          "(SELECT entity FROM checkpoints WHERE project_id = ?1)"}) {
    session_.statement(sql).bind(1, std::string_view(project_id)).run();
  }
  transaction.commit();
}

bool Listings::is_whole(const std::string& project_id) {
  return tables_.loaded(project_id, objects::assets) &&
         tables_.loaded(project_id, objects::annotations) && !pass_under_way(project_id);
}

std::vector<std::string> Listings::pending_assets(const std::string& project_id) {
  Statement& select =
      session_.statement("SELECT asset_id FROM pending_assets WHERE project_id = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<std::string> assets;
  while (select.step()) assets.emplace_back(select.text(0));
  return assets;
}

}  // namespace nexus_mirror::store
