#include "store/model_links.h"

#include "store/rows.h"

namespace nexus_mirror::store {

std::vector<ModelLink> model_links_of(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT m.id, m.artifact_id, a.artifact_name, a.run_id, a.flow_title, m.format, "
      "m.quantization, m.status, m.download_url, m.download_expiry, m.create_date "
      "FROM models m LEFT JOIN artifacts a ON a.id = m.artifact_id "
      "WHERE m.project_id = ? ORDER BY m.create_date, m.id");
  query.bind(1, project_id);
  std::vector<ModelLink> links;
  while (query.step()) {
    ModelLink& link = links.emplace_back();
    link.model_id = optional_text(query, 0);
    link.artifact_id = optional_text(query, 1);
    link.artifact_name = optional_text(query, 2);
    link.run_id = optional_text(query, 3);
    link.flow_title = optional_text(query, 4);
    link.format = optional_text(query, 5);
    link.quantization = optional_text(query, 6);
    link.status = optional_text(query, 7);
    link.url = optional_text(query, 8);
    link.expiry = optional_integer(query, 9);
    link.create_date = optional_integer(query, 10);
  }
  return links;
}

}  // namespace nexus_mirror::store
