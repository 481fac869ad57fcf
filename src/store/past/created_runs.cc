#include "store/past/created_runs.h"

namespace nexus_mirror::store {

std::vector<CreatedRun> created_runs(Database& database, const std::string& run_id) {
  Statement select = database.prepare(
      "SELECT project_id, create_date FROM runs WHERE id = ?1 "
      "UNION ALL "
      "SELECT project_id, before ->> '$.create_date' FROM changes c WHERE entity = 'runs' "
      "AND entity_id = ?1 AND op = 'delete' "
      "AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = ?1 AND r.project_id = c.project_id) "
      "AND NOT EXISTS (SELECT 1 FROM changes l WHERE l.entity = 'runs' AND l.entity_id = ?1 "
      "AND l.project_id = c.project_id AND l.op = 'delete' AND l.seq > c.seq) ORDER BY 1");
  select.bind(1, std::string_view(run_id));
  std::vector<CreatedRun> runs;
  while (select.step()) runs.push_back({std::string(select.text(0)), select.optional_integer(1)});
  return runs;
}

}  // namespace nexus_mirror::store
