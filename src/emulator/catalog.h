// Everything the emulated workspace holds.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "emulator/kind.h"
#include "emulator/record_list.h"

namespace nexus_mirror::emulator {

struct ProjectRecords {
  std::optional<Record> record;     // nullopt: deleted, or never described; hidden then
  std::vector<std::string> groups;  // as the project lists them
  std::array<RecordList, kKinds.size()> lists;

  RecordList& list(ObjectKind kind) { return lists[static_cast<std::size_t>(kind)]; }
  const RecordList& list(ObjectKind kind) const { return lists[static_cast<std::size_t>(kind)]; }
};

// Callers hold mutex() while they use anything else: shared to read, exclusive to change.
class Catalog {
 public:
  explicit Catalog(Dialect dialect) : dialect_(dialect) {}

  std::shared_mutex& mutex() const { return mutex_; }
  Dialect dialect() const { return dialect_; }

  // Reads workspace.json and the *.ndjson of `folder` (tests/corpus/README.md has the form); a
  // missing .ndjson means that there is none of that kind. Throws Error(config) with file and line.
  void load(const std::filesystem::path& folder);

  const std::optional<Record>& workspace() const { return workspace_; }
  const std::string& workspace_id() const { return workspace_id_; }
  std::map<std::string, ProjectRecords>& projects() { return projects_; }

  // The project when it is to be seen; else nullptr.
  ProjectRecords* visible_project(std::string_view id);

  // Inserts or replaces the v2 object `text`, under `id` as /_emulator/objects names it. The text
  // is served as it is, even when its own id is missing or another. One id in two projects is two
  // objects: `text` or `id` ("<projectId>:<id>") says which. Returns whether it replaced one.
  // Throws Error(config) when it is no object or does not say which project it belongs to.
  bool put(ObjectKind kind, const std::string& id, std::string_view text);

  // Deleting a project hides it with all it holds. Returns whether there was one. Throws
  // Error(config) when several projects have one and `id` does not say whose.
  bool erase(ObjectKind kind, const std::string& id);

 private:
  struct ObjectKey {
    std::string project, key;
  };
  ObjectKey address_of(ObjectKind kind, const std::string& id) const;
  std::string project_of(ObjectKind kind, const ObjectKey& address, std::string_view text) const;
  std::string project_holding(ObjectKind kind, std::string_view key) const;
  void load_line(ObjectKind kind, std::string_view line);

  const Dialect dialect_;
  mutable std::shared_mutex mutex_;
  std::optional<Record> workspace_;
  std::string workspace_id_;
  std::map<std::string, ProjectRecords> projects_;
};

}  // namespace nexus_mirror::emulator
