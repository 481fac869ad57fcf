#include "emulator/catalog.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "emulator/json_members.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

std::ifstream open_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw Error(ErrorCode::config, "reading", file.string(), "the file cannot be opened",
                "give --data a folder with workspace.json and *.ndjson that you may read");
  }
  return stream;
}

std::vector<std::string> groups_of_project(std::string_view text) {
  const JsonMembers members(text);
  const JsonMember* groups = members.find("groups");
  if (groups == nullptr || groups->type != JsonMember::JsonType::array) return {};
  return strings_of_array(text.substr(groups->begin, groups->end - groups->begin));
}

bool has_compound_id(ObjectKind kind) {
  return kind == ObjectKind::tags || kind == ObjectKind::users;
}

}  // namespace

void Catalog::load(const std::filesystem::path& folder) {
  {
    std::ifstream stream = open_file(folder / "workspace.json");
    std::ostringstream text;
    text << stream.rdbuf();
    try {
      put(ObjectKind::workspace, {}, text.str());
    } catch (const Error& error) {
      throw Error(ErrorCode::config, "reading", (folder / "workspace.json").string(),
                  error.reason(), "correct the file");
    }
  }
  for (const KindName& entry : kKinds) {
    if (entry.kind == ObjectKind::workspace) continue;
    const std::filesystem::path file = folder / (std::string(entry.name) + ".ndjson");
    if (!std::filesystem::exists(file)) continue;
    std::ifstream stream = open_file(file);
    std::string line;
    for (std::size_t number = 1; std::getline(stream, line); ++number) {
      if (line.empty()) continue;
      try {
        load_line(entry.kind, line);
      } catch (const Error& error) {
        throw Error(ErrorCode::config, "reading", file.string() + ":" + std::to_string(number),
                    error.reason(), "correct the line");
      }
    }
    if (stream.bad()) {
      throw Error(ErrorCode::config, "reading", file.string(), "the file cannot be read",
                  "check the disk");
    }
    for (auto& [id, project] : projects_) project.list(entry.kind).sort();
  }
}

void Catalog::load_line(ObjectKind kind, std::string_view line) {
  const JsonMembers members(line);
  std::string key = record_key(kind, line, members);
  if (key.empty()) {
    throw Error(ErrorCode::config, "reading", "record", "the record has no id", "correct the line");
  }
  if (kind == ObjectKind::projects) {
    put(kind, key, line);
    return;
  }
  const std::string project = members.scalar("projectId");
  if (project.empty()) {
    throw Error(ErrorCode::config, "reading", "record", "the record has no projectId",
                "correct the line");
  }
  projects_[project].list(kind).append(
      make_record(kind, dialect_, project, std::move(key), line, members));
}

ProjectRecords* Catalog::visible_project(std::string_view id) {
  const auto found = projects_.find(std::string(id));
  return found == projects_.end() || !found->second.record ? nullptr : &found->second;
}

Catalog::ObjectKey Catalog::address_of(ObjectKind kind, const std::string& id) const {
  const std::size_t colon = id.find(':');
  const bool names_project =
      colon != std::string::npos && projects_.find(id.substr(0, colon)) != projects_.end();
  if (!has_compound_id(kind) && !names_project) return {{}, key_of_id(kind, id)};
  if (colon == std::string::npos) {
    throw Error(ErrorCode::config, "addressing", std::string(name_of(kind).name) + "/" + id,
                "the id lacks its project", "write <projectId>:<id>");
  }
  return {id.substr(0, colon), key_of_id(kind, id.substr(colon + 1))};
}

std::string Catalog::project_holding(ObjectKind kind, std::string_view key) const {
  std::string holder;
  for (const auto& [id, project] : projects_) {
    if (!project.list(kind).find(key)) continue;
    if (!holder.empty()) {
      throw Error(ErrorCode::config, "addressing",
                  std::string(name_of(kind).name) + "/" + std::string(key),
                  "several projects have an object of that id", "write <projectId>:<id>");
    }
    holder = id;
  }
  return holder;
}

std::string Catalog::project_of(ObjectKind kind, const ObjectKey& address,
                                std::string_view text) const {
  if (!address.project.empty()) return address.project;
  const JsonMembers members(text);
  std::string project = members.scalar("projectId");
  if (project.empty()) project = project_holding(kind, address.key);
  if (project.empty() && (kind == ObjectKind::insights || kind == ObjectKind::runmatrices)) {
    project = project_holding(ObjectKind::runs, members.scalar("runId"));
  }
  if (project.empty() && kind == ObjectKind::models) {
    project = project_holding(ObjectKind::artifacts, members.scalar("artifactId"));
  }
  if (project.empty()) {
    throw Error(ErrorCode::config, "placing", std::string(name_of(kind).name) + "/" + address.key,
                "the object does not say which project it belongs to", "add the key projectId");
  }
  return project;
}

bool Catalog::put(ObjectKind kind, const std::string& id, std::string_view text) {
  if (kind == ObjectKind::workspace) {
    Record record = make_record(kind, dialect_, id, id, text);
    workspace_id_ = JsonMembers(text).scalar("id");
    const bool replaced = workspace_.has_value();
    workspace_ = std::move(record);
    return replaced;
  }
  if (kind == ObjectKind::projects) {
    Record record = make_record(kind, dialect_, id, id, text);
    ProjectRecords& project = projects_[id];
    const bool replaced = project.record.has_value();
    project.groups = groups_of_project(text);
    project.record = std::move(record);
    return replaced;
  }
  const ObjectKey address = address_of(kind, id);
  const std::string project = project_of(kind, address, text);
  Record record = make_record(kind, dialect_, project, address.key, text);
  return projects_[project].list(kind).put(std::move(record));
}

bool Catalog::erase(ObjectKind kind, const std::string& id) {
  if (kind == ObjectKind::workspace) return std::exchange(workspace_, std::nullopt).has_value();
  if (kind == ObjectKind::projects) {
    const auto found = projects_.find(id);
    return found != projects_.end() &&
           std::exchange(found->second.record, std::nullopt).has_value();
  }
  const ObjectKey address = address_of(kind, id);
  const std::string project =
      address.project.empty() ? project_holding(kind, address.key) : address.project;
  const auto found = projects_.find(project);
  return found != projects_.end() && found->second.list(kind).erase(address.key);
}

}  // namespace nexus_mirror::emulator
