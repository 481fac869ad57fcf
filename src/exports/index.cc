#include "exports/index.h"

#include <system_error>
#include <tuple>

#include "env/file.h"
#include "exports/json_file.h"
#include "exports/manifest.h"
#include "exports/staging.h"
#include "store/export_index.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::Snapshot;

constexpr const char* kIndex = "index.json";

struct IndexEntry {
  store::IndexedProject project;
  std::int64_t written_at = 0;
};

std::vector<IndexEntry> read_entries(Snapshot& snapshot, const fs::path& export_dir) {
  std::vector<IndexEntry> entries;
  for (store::IndexedProject& project : store::read_export_index(snapshot)) {
    const auto head = read_head(export_dir / project.exported.folder / kManifest);
    entries.push_back({std::move(project), head ? head->written_at : 0});
  }
  return entries;
}

std::string index_json(const std::vector<IndexEntry>& entries, std::int64_t written_at) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_object();
  json.member("written_at", written_at);
  json.begin_array("projects");
  for (const IndexEntry& entry : entries) {
    const auto& [exported, name, files, formats] = entry.project;
    json.new_line();
    json.begin_object();
    json.member("id", exported.project_id);
    json.member("name", name);
    json.member("path", exported.folder);
    json.member("formats", formats);
    json.member("files", files);
    json.member("images", exported.images);
    json.member("annotations", exported.annotations);
    json.member("written_at", entry.written_at);
    json.end_object();
  }
  json.new_line();
  json.end_array();
  json.end_object();
  return json.take() + "\n";
}

}  // namespace

std::vector<std::string> write_index(Snapshot& snapshot, const fs::path& export_dir,
                                     std::int64_t now_ms, bool also_empty) {
  const std::vector<IndexEntry> entries = read_entries(snapshot, export_dir);
  const fs::path file = export_dir / kIndex;
  std::error_code error;
  if (entries.empty() && !(also_empty && fs::exists(file, error))) return {};
  const std::string before = read_file(file).value_or("");
  const auto written_before = number_of(read_json(before), "written_at");
  if (before == index_json(entries, written_before.value_or(0))) {
    // Of a kill right after it was put in place.
    std::ignore = env::remove_tree(export_dir / kStaging);
    return {};
  }
  Staging staging(fs::canonical(export_dir), false, {});
  staging.write_file(kIndex, index_json(entries, now_ms));
  return {file.string()};
}

}  // namespace nexus_mirror::exports
