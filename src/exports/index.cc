#include "exports/index.h"

#include <map>
#include <tuple>

#include "env/file.h"
#include "env/replace_file.h"
#include "exports/file_names.h"
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

// Link name to the folder that it leads to. Older projects come first: a new one of the same name
// never takes their link.
std::map<std::string, std::string> links_of(const std::vector<IndexEntry>& entries) {
  std::map<std::string, std::string> links;
  for (const IndexEntry& entry : entries) {
    std::string name = slug(entry.project.name);
    if (name.empty()) name = slug(entry.project.exported.project_id);
    std::string free = name;
    for (int i = 2; links.contains(free); ++i) free = name + "-" + std::to_string(i);
    links[free] = "../" + entry.project.exported.folder;
  }
  return links;
}

std::string target_of(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  return error ? std::string() : target.string();
}

void update_links(const fs::path& folder, const std::map<std::string, std::string>& links) {
  if (links.empty()) return;
  make_folder(folder);
  for (const auto& [name, target] : links) {
    const fs::path link = folder / name;
    if (target_of(link) == target) continue;
    const int error = env::replace_link(link, folder / ("." + name + ".new"), target);
    if (error != 0) throw_io(error, "linking", link);
  }
  // Names that projects had before. What is no link of ours stays.
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_symlink() || links.contains(entry.path().filename().string())) continue;
    if (target_of(entry.path()).starts_with("../")) old.push_back(entry.path());
  }
  for (const fs::path& link : old) std::ignore = env::remove_file(link);
}

}  // namespace

std::vector<std::string> write_index(Snapshot& snapshot, const fs::path& export_dir,
                                     std::int64_t now_ms) {
  const std::vector<IndexEntry> entries = read_entries(snapshot, export_dir);
  if (entries.empty()) return {};
  update_links(export_dir / "by-name", links_of(entries));
  const fs::path file = export_dir / kIndex;
  const std::string before = read_file(file).value_or("");
  const auto written_before = number_of(read_json(before), "written_at");
  if (before == index_json(entries, written_before.value_or(0))) {
    // Of a kill right after it was put in place.
    std::ignore = env::remove_tree(export_dir / ".staging");
    return {};
  }
  Staging staging(fs::canonical(export_dir), false, {});
  staging.write_file(kIndex, index_json(entries, now_ms));
  return {file.string()};
}

}  // namespace nexus_mirror::exports
