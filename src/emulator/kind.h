// The kinds of objects that a workspace holds, named as their files, and the two spellings in
// which a Nexus server is known to send them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace nexus_mirror::emulator {

enum class Kind {
  workspace,
  projects,
  assets,
  annotations,
  tags,
  ontologies,
  users,
  workflows,
  runs,
  runlogs,
  insights,
  artifacts,
  models,
  deployments,
  sequences,
  operations,
};

struct KindName {
  Kind kind;
  std::string_view name;    // of the file, without ".ndjson", and in /_emulator/objects/
  std::string_view object;  // the value of the key "object"
  bool sends_project_id;    // false: "projectId" is in the file only, never in an answer
};

inline constexpr std::array<KindName, 16> kKinds = {{
    {Kind::workspace, "workspace", "workspace", true},
    {Kind::projects, "projects", "project", true},
    {Kind::assets, "assets", "asset", true},
    {Kind::annotations, "annotations", "annotation", true},
    {Kind::tags, "tags", "tag", false},
    {Kind::ontologies, "ontologies", "ontology", true},
    {Kind::users, "users", "user", false},
    {Kind::workflows, "workflows", "workflow", true},
    {Kind::runs, "runs", "run", true},
    {Kind::runlogs, "runlogs", "log", false},
    {Kind::insights, "insights", "insight", false},
    {Kind::artifacts, "artifacts", "artifact", true},
    {Kind::models, "models", "model", false},
    {Kind::deployments, "deployments", "deployment", true},
    {Kind::sequences, "sequences", "sequence", true},
    {Kind::operations, "operations", "operation", false},
}};

// Entries of kKinds stand in the order of the enumeration.
constexpr const KindName& name_of(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

constexpr std::optional<Kind> kind_named(std::string_view name) {
  for (const KindName& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

enum class Dialect {
  v2,  // camelCase keys, the spelling of the data files
  v1,  // snake_case keys and the older names
};

}  // namespace nexus_mirror::emulator
