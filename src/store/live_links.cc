#include "store/live_links.h"

#include "text/json.h"

namespace nexus_mirror::store {
namespace {

// ?1 is a JSON list of ids, [] for all.
constexpr const char* kOfProjects =
    " (?1 = '[]' OR project_id IN (SELECT value FROM json_each(?1)))";

// ?1 is the moment.
constexpr const char* kRenewable =
    " FROM models m JOIN projects p ON p.id = m.project_id WHERE p.removed_at IS NULL"
    " AND m.download_url <> '' AND m.download_expiry > ?1";

}  // namespace

void for_each_live_link(Database& database, const std::vector<std::string>& project_ids,
                        const std::function<void(const LiveLink&)>& take) {
  const std::string ids = text::json_array(project_ids);
  Statement select = database.prepare(
      std::string("SELECT project_id, project_name, run_id, artifact_id, artifact_name, model_id, "
                  "format, quantization, status, url, expiry FROM model_links WHERE") +
      kOfProjects +
      " ORDER BY project_name, project_id, artifact_name, artifact_id, format, quantization, "
      "model_id");
  select.bind(1, std::string_view(ids));
  while (select.step()) {
    take({select.optional_text(0), select.optional_text(1), select.optional_text(2),
          select.optional_text(3), select.optional_text(4), select.optional_text(5),
          select.optional_text(6), select.optional_text(7), select.optional_text(8),
          select.optional_text(9), select.optional_integer(10)});
  }
}

std::int64_t models_without_link(Database& database, const std::vector<std::string>& project_ids) {
  const std::string ids = text::json_array(project_ids);
  Statement select =
      database.prepare(std::string("SELECT count(*) FROM models WHERE status = 'Finished' "
                                   "AND (project_id, id) NOT IN "
                                   "(SELECT project_id, model_id FROM model_links) AND") +
                       kOfProjects);
  select.bind(1, std::string_view(ids)).step();
  return select.integer(0);
}

std::optional<std::int64_t> earliest_expiry(Database& database, std::int64_t now) {
  Statement select = database.prepare(std::string("SELECT min(m.download_expiry)") + kRenewable);
  return select.bind(1, now).step() ? select.optional_integer(0) : std::nullopt;
}

std::vector<std::string> projects_with_dying_links(Database& database, std::int64_t now,
                                                   std::int64_t before) {
  Statement select = database.prepare(std::string("SELECT DISTINCT m.project_id") + kRenewable +
                                      " AND m.download_expiry <= ?2 ORDER BY 1");
  select.bind(1, now).bind(2, before);
  std::vector<std::string> ids;
  while (select.step()) ids.emplace_back(select.text(0));
  return ids;
}

}  // namespace nexus_mirror::store
