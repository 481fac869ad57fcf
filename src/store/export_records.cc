#include "store/export_records.h"

#include "store/consumers.h"

namespace nexus_mirror::store {

std::string_view name_of(ExportMark mark) {
  switch (mark) {
    case ExportMark::files:
      return "exports";
    case ExportMark::links:
      return "links";
    case ExportMark::tags:
      return "tags";
    case ExportMark::images:
      return "images";
    case ExportMark::models:
      return "models";
    case ExportMark::forgotten:
      return "forgotten";
    case ExportMark::run_logs:
      break;
  }
  return "run_logs";
}

ExportMark export_mark_of(std::string_view name) {
  for (const ExportMark mark : {ExportMark::links, ExportMark::run_logs, ExportMark::tags,
                                ExportMark::images, ExportMark::models, ExportMark::forgotten}) {
    if (name == name_of(mark)) return mark;
  }
  return ExportMark::files;
}

void ExportRecords::put_file(const std::string& project_id, const ExportedFile& file,
                             std::int64_t written_at, std::int64_t sync_id) {
  Statement& put = statement(
      "INSERT INTO exports(project_id, format, path, sha256, annotations, skipped, written_at, "
      "sync_id) VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
      "format = excluded.format, sha256 = excluded.sha256, annotations = excluded.annotations, "
      "skipped = excluded.skipped, written_at = excluded.written_at, sync_id = excluded.sync_id "
      "WHERE (format, sha256, annotations, skipped) IS NOT "
      "(excluded.format, excluded.sha256, excluded.annotations, excluded.skipped)");
  put.bind(1, std::string_view(project_id)).bind(2, std::string_view(file.format));
  put.bind(3, std::string_view(file.path)).bind(4, std::string_view(file.sha256));
  put.bind(5, file.annotations).bind(6, file.skipped).bind(7, written_at);
  put.bind(8, sync_id).run();
}

void ExportRecords::put_format(const std::string& project_id, const ExportedFormat& format) {
  Statement& put = statement(
      "INSERT INTO export_formats(project_id, format, requested, settings, images, annotations, "
      "skipped, left_out, classes, classes_before, approximated, rules, places, placing, encoded, "
      "encoded_bytes) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET requested = excluded.requested, settings = excluded.settings, "
      "images = excluded.images, annotations = excluded.annotations, skipped = excluded.skipped, "
      "left_out = excluded.left_out, classes = excluded.classes, "
      "classes_before = excluded.classes_before, approximated = excluded.approximated, "
      "rules = excluded.rules, places = excluded.places, placing = excluded.placing, "
      "encoded = excluded.encoded, encoded_bytes = excluded.encoded_bytes");
  put.bind(1, std::string_view(project_id)).bind(2, std::string_view(format.format));
  put.bind(3, std::int64_t{format.requested}).bind(4, std::string_view(format.settings));
  put.bind(5, format.images).bind(6, format.annotations).bind(7, std::string_view(format.skipped));
  put.bind(8, std::string_view(format.left_out)).bind(9, std::string_view(format.classes));
  put.bind(10, format.classes_before).bind(11, std::string_view(format.approximated));
  put.bind(12, format.rules).bind(13, format.places).bind(14, std::int64_t{format.placing});
  put.bind(15, format.encoded).bind(16, format.encoded_bytes).run();
}

void ExportRecords::begin(const std::string& project_id, const std::vector<ExportedFormat>& formats,
                          const std::function<bool(ExportedFile&)>& next, std::int64_t written_at,
                          std::int64_t sync_id) {
  Session::Transaction transaction(session_);
  mark(project_id, ExportMark::files);
  for (const ExportedFormat& format : formats) put_format(project_id, format);
  ExportedFile file;
  while (next(file)) put_file(project_id, file, written_at, sync_id);
  transaction.commit();
}

void ExportRecords::mark(const std::string& project_id, ExportMark mark) {
  Session::Transaction transaction(session_);
  statement("INSERT OR IGNORE INTO export_marks(project_id, mark) VALUES(?, ?)")
      .bind(1, std::string_view(project_id))
      .bind(2, name_of(mark))
      .run();
  transaction.commit();
}

void ExportRecords::mark_all(ExportMark mark) {
  Session::Transaction transaction(session_);
  statement(
      "INSERT OR IGNORE INTO export_marks(project_id, mark) SELECT project_id, ? "
      "FROM export_projects")
      .bind(1, name_of(mark))
      .run();
  transaction.commit();
}

std::vector<std::string> ExportRecords::forgotten() {
  Statement& select =
      statement("SELECT project_id FROM export_marks WHERE mark = ? ORDER BY project_id");
  ResetGuard guard(select);
  select.bind(1, name_of(ExportMark::forgotten));
  std::vector<std::string> ids;
  while (select.step()) ids.emplace_back(select.text(0));
  return ids;
}

void ExportRecords::drop_project(const std::string& project_id) {
  Session::Transaction transaction(session_);
  statement("DELETE FROM export_projects WHERE project_id = ?")
      .bind(1, std::string_view(project_id))
      .run();
  transaction.commit();
}

void ExportRecords::settle_forgotten(const std::string& project_id) {
  Session::Transaction transaction(session_);
  statement("DELETE FROM export_marks WHERE project_id = ? AND mark = ?")
      .bind(1, std::string_view(project_id))
      .bind(2, name_of(ExportMark::forgotten))
      .run();
  transaction.commit();
}

void ExportRecords::forget(const std::string& project_id, const std::vector<std::string>& paths,
                           const std::vector<std::string>& formats) {
  if (paths.empty() && formats.empty()) return;
  Session::Transaction transaction(session_);
  Statement& file = statement("DELETE FROM exports WHERE project_id = ? AND path = ?");
  for (const std::string& path : paths) {
    file.bind(1, std::string_view(project_id)).bind(2, std::string_view(path)).run();
  }
  Statement& row = statement("DELETE FROM export_formats WHERE project_id = ? AND format = ?");
  for (const std::string& format : formats) {
    row.bind(1, std::string_view(project_id)).bind(2, std::string_view(format)).run();
  }
  transaction.commit();
}

void ExportRecords::end_placing(const std::string& project_id, const std::string& format) {
  statement("UPDATE export_formats SET placing = 0 WHERE project_id = ? AND format = ?")
      .bind(1, std::string_view(project_id))
      .bind(2, std::string_view(format))
      .run();
}

void ExportRecords::put_misfits(const std::string& project_id,
                                const std::vector<ExportMisfit>& misfits) {
  Session::Transaction transaction(session_);
  statement("DELETE FROM export_misfits WHERE project_id = ?")
      .bind(1, std::string_view(project_id))
      .run();
  Statement& put =
      statement("INSERT INTO export_misfits(project_id, format, reason) VALUES(?, ?, ?)");
  for (const ExportMisfit& misfit : misfits) {
    put.bind(1, std::string_view(project_id)).bind(2, std::string_view(misfit.format));
    put.bind(3, std::string_view(misfit.reason)).run();
  }
  transaction.commit();
}

void ExportRecords::note_tags(const std::string& project_id, bool unread) {
  if (session_.dry_run()) return;
  if (unread) return mark(project_id, ExportMark::tags);
  Session::Transaction transaction(session_);
  statement("DELETE FROM export_marks WHERE project_id = ? AND mark = ?")
      .bind(1, std::string_view(project_id))
      .bind(2, name_of(ExportMark::tags))
      .run();
  transaction.commit();
}

void ExportRecords::settle(const std::string& project_id, const Position& position, bool again) {
  Session::Transaction transaction(session_);
  statement("DELETE FROM export_marks WHERE project_id = ?")
      .bind(1, std::string_view(project_id))
      .run();
  if (again) {
    mark(project_id, ExportMark::images);
    mark(project_id, ExportMark::models);
  }
  Consumers(session_).advance(kExports, project_id, position);
  transaction.commit();
}

void ExportRecords::settle_links(const std::string& project_id) {
  statement("DELETE FROM export_marks WHERE project_id = ? AND mark = ?")
      .bind(1, std::string_view(project_id))
      .bind(2, name_of(ExportMark::links))
      .run();
}

void ExportRecords::put_project(const ExportedProject& project) {
  Session::Transaction transaction(session_);
  Statement& put = statement(
      "INSERT INTO export_projects(project_id, folder, images, annotations) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET folder = excluded.folder, images = excluded.images, "
      "annotations = excluded.annotations WHERE (folder, images, annotations) IS NOT "
      "(excluded.folder, excluded.images, excluded.annotations)");
  put.bind(1, std::string_view(project.project_id)).bind(2, std::string_view(project.folder));
  put.bind(3, project.images).bind(4, project.annotations).run();
  transaction.commit();
}

void ExportRecords::put_link(const std::string& project_id, const std::string& name) {
  Session::Transaction transaction(session_);
  statement("UPDATE export_projects SET link = ?2 WHERE project_id = ?1")
      .bind(1, std::string_view(project_id))
      .bind(2, std::string_view(name))
      .run();
  transaction.commit();
}

}  // namespace nexus_mirror::store
