#include "store/export_state.h"

#include "store/change_feed.h"
#include "store/consumers.h"

namespace nexus_mirror::store {

ExportState read_export_state(Snapshot& snapshot, std::string_view project_id,
                              std::string_view folder) {
  ExportState state;
  const std::string id(project_id);
  ChangeFeed feed(snapshot.database());
  const auto positions = feed.positions(kExports);
  const auto exported = positions.find(id);
  state.everything = exported == positions.end() || !feed.reaches_back_to(exported->second.seq);
  if (!state.everything) state.tables = feed.tables_changed(exported->second.seq, id);
  state.position = {feed.newest(), snapshot.database().number("SELECT max(id) FROM syncs")};
  Statement marks = snapshot.prepare("SELECT mark FROM export_marks WHERE project_id = ?");
  marks.bind(1, project_id);
  while (marks.step()) state.marks.insert(export_mark_of(marks.text(0)));
  state.formats = exported_formats(snapshot, project_id);
  state.misfits = export_misfits(snapshot, project_id);
  Statement project =
      snapshot.prepare("SELECT 1 FROM export_projects WHERE project_id = ? AND folder = ?");
  state.exported_before = project.bind(1, project_id).bind(2, folder).step();
  return state;
}

std::vector<ExportedFormat> exported_formats(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT format, requested, settings, images, annotations, skipped, left_out, classes, "
      "classes_before, approximated, rules, places, placing, encoded, encoded_bytes "
      "FROM export_formats WHERE project_id = ? ORDER BY format");
  query.bind(1, project_id);
  std::vector<ExportedFormat> formats;
  while (query.step()) {
    ExportedFormat& format = formats.emplace_back();
    format.format = query.text(0);
    format.requested = query.integer(1) != 0;
    format.settings = query.text(2);
    format.images = query.integer(3);
    format.annotations = query.integer(4);
    format.skipped = query.text(5);
    format.left_out = query.text(6);
    format.classes = query.text(7);
    format.classes_before = query.optional_text(8);
    format.approximated = query.text(9);
    format.rules = query.integer(10);
    format.places = query.optional_integer(11);
    format.placing = query.integer(12) != 0;
    format.encoded = query.integer(13);
    format.encoded_bytes = query.integer(14);
  }
  return formats;
}

std::vector<ExportMisfit> export_misfits(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT format, reason FROM export_misfits WHERE project_id = ? ORDER BY format");
  query.bind(1, project_id);
  std::vector<ExportMisfit> misfits;
  while (query.step()) {
    misfits.push_back({std::string(query.text(0)), std::string(query.text(1))});
  }
  return misfits;
}

Rows<ExportedFileRow> exported_files(Snapshot& snapshot, std::string_view project_id,
                                     std::string_view format) {
  Statement query = snapshot.prepare(
      "SELECT path, sha256 FROM exports WHERE project_id = ? AND format = ? ORDER BY path");
  query.bind(1, project_id).bind(2, format);
  return {std::move(query), [](const Statement& columns, ExportedFileRow& row) {
            row = {columns.text(0), columns.text(1)};
          }};
}

}  // namespace nexus_mirror::store
