#include "store/hook_troubles.h"

namespace nexus_mirror::store {

void HookTroubles::failed(const HookTrouble& trouble) {
  Session::Transaction transaction(session_);
  session_
      .statement(
          "INSERT INTO hook_troubles(consumer, project_id, sync_id, at, problem) "
          "VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET sync_id = excluded.sync_id, "
          "at = excluded.at, problem = excluded.problem")
      .bind(1, std::string_view(trouble.consumer))
      .bind(2, std::string_view(trouble.project_id))
      .bind(3, trouble.sync_id)
      .bind(4, trouble.at)
      .bind(5, std::string_view(trouble.problem))
      .run();
  transaction.commit();
}

void HookTroubles::ended_well(std::string_view consumer, const std::string& project_id) {
  Session::Transaction transaction(session_);
  session_.statement("DELETE FROM hook_troubles WHERE consumer = ? AND project_id = ?")
      .bind(1, consumer)
      .bind(2, std::string_view(project_id))
      .run();
  transaction.commit();
}

std::vector<HookTrouble> hook_troubles(Database& database) {
  std::vector<HookTrouble> troubles;
  if (database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'hook_troubles'") == 0) {
    return troubles;
  }
  Statement select = database.prepare(
      "SELECT t.consumer, t.project_id, ifnull(nullif(p.name, ''), t.project_id), t.sync_id, t.at, "
      "t.problem FROM hook_troubles t LEFT JOIN projects p ON p.id = t.project_id "
      "ORDER BY t.at DESC, t.project_id, t.consumer");
  while (select.step()) {
    troubles.push_back({std::string(select.text(0)), std::string(select.text(1)),
                        std::string(select.text(2)), select.integer(3), select.integer(4),
                        std::string(select.text(5))});
  }
  return troubles;
}

}  // namespace nexus_mirror::store
