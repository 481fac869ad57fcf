#include "store/left_out.h"

#include <map>

#include "store/export_records.h"

namespace nexus_mirror::store {

void LeftOutKinds::settle(const std::string& project_id, const std::vector<LeftOutKind>& found) {
  if (session_.dry_run()) return;
  std::map<std::string, std::string> before, after;
  for (const LeftOutKind& kind : left_out_kinds(session_.database(), project_id)) {
    before[kind.entity] = kind.reason;
  }
  for (const LeftOutKind& kind : found) after[kind.entity] = kind.reason;
  if (before == after) return;
  Session::Transaction transaction(session_);
  session_.statement("DELETE FROM left_out WHERE project_id = ?")
      .bind(1, std::string_view(project_id))
      .run();
  for (const auto& [entity, reason] : after) {
    session_.statement("INSERT INTO left_out(project_id, entity, reason) VALUES(?, ?, ?)")
        .bind(1, std::string_view(project_id))
        .bind(2, std::string_view(entity))
        .bind(3, std::string_view(reason))
        .run();
  }
  // An export that holds every kind says what it lacks.
  ExportRecords(session_).mark(project_id, ExportMark::run_logs);
  transaction.commit();
}

std::vector<LeftOutKind> left_out_kinds(Database& database, std::string_view project_id) {
  std::vector<LeftOutKind> kinds;
  if (database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'left_out'") == 0) {
    return kinds;
  }
  Statement select =
      database.prepare("SELECT entity, reason FROM left_out WHERE project_id = ? ORDER BY entity");
  select.bind(1, project_id);
  while (select.step()) {
    kinds.push_back({std::string(select.text(0)), std::string(select.text(1))});
  }
  return kinds;
}

std::vector<std::string> loaded_kinds(Database& database, std::string_view project_id) {
  Statement select = database.prepare("SELECT entity FROM loads WHERE project_id = ?");
  select.bind(1, project_id);
  std::vector<std::string> kinds;
  while (select.step()) kinds.emplace_back(select.text(0));
  return kinds;
}

}  // namespace nexus_mirror::store
