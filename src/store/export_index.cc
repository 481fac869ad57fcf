#include "store/export_index.h"

namespace nexus_mirror::store {

std::vector<IndexedProject> read_export_index(Snapshot& snapshot) {
  Statement projects = snapshot.prepare(
      "SELECT e.project_id, e.folder, e.images, e.annotations, p.name, "
      "(SELECT count(*) FROM exports f WHERE f.project_id = e.project_id) "
      "FROM export_projects e JOIN projects p ON p.id = e.project_id "
      "ORDER BY p.create_date, e.project_id");
  Statement formats =
      snapshot.prepare("SELECT format FROM export_formats WHERE project_id = ? ORDER BY format");
  std::vector<IndexedProject> index;
  while (projects.step()) {
    IndexedProject& project = index.emplace_back();
    project.exported = {std::string(projects.text(0)), std::string(projects.text(1)),
                        projects.integer(2), projects.integer(3)};
    project.name = projects.text(4);
    project.files = projects.integer(5);
    const ResetGuard guard(formats);
    formats.bind(1, projects.text(0));
    while (formats.step()) project.formats.emplace_back(formats.text(0));
  }
  return index;
}

std::vector<ProjectLink> project_links(Snapshot& snapshot) {
  Statement projects =
      snapshot.prepare("SELECT project_id, folder, link FROM export_projects ORDER BY project_id");
  std::vector<ProjectLink> links;
  while (projects.step()) {
    links.push_back(
        {std::string(projects.text(0)), std::string(projects.text(1)), projects.optional_text(2)});
  }
  return links;
}

}  // namespace nexus_mirror::store
