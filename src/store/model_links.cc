#include "store/model_links.h"

#include "store/rows.h"

namespace nexus_mirror::store {

std::vector<ModelLink> model_links_of(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT m.id, m.artifact_id, a.artifact_name, a.run_id, a.flow_title, m.format, "
      "m.quantization, m.status, m.download_url, m.download_expiry, m.create_date "
      "FROM models m LEFT JOIN artifacts a ON a.id = m.artifact_id AND a.project_id = m.project_id "
      "WHERE m.project_id = ? ORDER BY m.create_date, m.id");
  query.bind(1, project_id);
  std::vector<ModelLink> links;
  while (query.step()) {
    ModelLink& link = links.emplace_back();
    link.model_id = query.optional_view(0);
    link.artifact_id = query.optional_view(1);
    link.artifact_name = query.optional_view(2);
    link.run_id = query.optional_view(3);
    link.flow_title = query.optional_view(4);
    link.format = query.optional_view(5);
    link.quantization = query.optional_view(6);
    link.status = query.optional_view(7);
    link.url = query.optional_view(8);
    link.expiry = query.optional_integer(9);
    link.create_date = query.optional_integer(10);
  }
  return links;
}

}  // namespace nexus_mirror::store
