#include "store/past/past_files.h"

namespace nexus_mirror::store {
namespace {

// The earliest change since says what an asset had before it.
void take_back(Snapshot& snapshot, const AsOf& as_of, const std::string& project_id,
               const ContentSize& size_of) {
  Statement changed = snapshot.prepare(
      "SELECT entity_id, before ->> '$.sha256', min(seq) FROM main.changes WHERE project_id = ?1 "
      "AND seq > ?2 AND +entity = 'files' GROUP BY entity_id");
  Statement remove = snapshot.prepare("DELETE FROM temp.files WHERE entity_id = ?");
  Statement put = snapshot.prepare(
      "INSERT INTO temp.files(entity, entity_id, project_id, status, sha256, bytes) "
      "VALUES('assets', ?, ?, 'ok', ?, ?)");
  changed.bind(1, std::string_view(project_id)).bind(2, as_of.seq);
  while (changed.step()) {
    const std::string id(changed.text(0)), sha256(changed.text(1));
    remove.bind(1, std::string_view(id)).run();
    const auto bytes = sha256.empty() ? std::nullopt : size_of(sha256);
    if (!bytes) continue;
    put.bind(1, std::string_view(id)).bind(2, std::string_view(project_id));
    put.bind(3, std::string_view(sha256)).bind(4, *bytes).run();
  }
}

}  // namespace

void make_records(const MirrorFile& file, const std::string& mirror_id) {
  Database records(file, Use::write);
  records.prepare("UPDATE identity SET mirror_id = ?").bind(1, std::string_view(mirror_id)).run();
}

void show_past_files(Snapshot& snapshot, const AsOf& as_of, const std::string& project_id,
                     Database& records, const ContentSize& size_of) {
  snapshot.execute("DELETE FROM temp.files");
  snapshot
      .prepare(
          "INSERT INTO temp.files SELECT * FROM main.files WHERE project_id = ?1 "
          "AND entity = 'assets' AND status = 'ok'")
      .bind(1, std::string_view(project_id))
      .run();
  snapshot.execute("CREATE INDEX temp.files_by_id ON files(entity_id)");
  take_back(snapshot, as_of, project_id, size_of);
  records.execute("BEGIN");
  Statement put = records.prepare(
      "INSERT INTO files(entity, entity_id, project_id, status, sha256, bytes) "
      "VALUES('assets', ?, ?, 'ok', ?, ?)");
  Statement note = records.prepare("INSERT OR IGNORE INTO jpeg_endings VALUES(?, ?)");
  Statement files = snapshot.prepare(
      "SELECT f.entity_id, f.sha256, f.bytes, e.sha256 IS NOT NULL, e.cut FROM temp.files f "
      "LEFT JOIN main.jpeg_endings e ON e.sha256 = f.sha256");
  while (files.step()) {
    put.bind(1, files.text(0)).bind(2, std::string_view(project_id));
    put.bind(3, files.text(1)).bind(4, files.integer(2)).run();
    if (files.integer(3) == 0) continue;
    note.bind(1, files.text(1)).bind(2, files.optional_integer(4)).run();
  }
  records.execute("COMMIT");
}

}  // namespace nexus_mirror::store
