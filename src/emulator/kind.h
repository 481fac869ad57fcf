// The kinds of objects that a workspace holds, named as their files, and the two spellings in
// which a Nexus server is known to send them.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace nexus_mirror::emulator {

enum class ObjectKind {
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
  runmatrices,
  insights,
  artifacts,
  models,
  deployments,
  sequences,
  operations,
};

struct KindName {
  ObjectKind kind;
  std::string_view name;    // of the file, without ".ndjson", and in /_emulator/objects/
  std::string_view object;  // the value of the key "object"
  bool sends_project_id;    // false: "projectId" is in the file only, never in an answer
};

inline constexpr std::array<KindName, 17> kKinds = {{
    {ObjectKind::workspace, "workspace", "workspace", true},
    {ObjectKind::projects, "projects", "project", true},
    {ObjectKind::assets, "assets", "asset", true},
    {ObjectKind::annotations, "annotations", "annotation", true},
    {ObjectKind::tags, "tags", "tag", false},
    {ObjectKind::ontologies, "ontologies", "ontology", true},
    {ObjectKind::users, "users", "user", false},
    {ObjectKind::workflows, "workflows", "workflow", true},
    {ObjectKind::runs, "runs", "run", true},
    {ObjectKind::runlogs, "runlogs", "log", false},
    {ObjectKind::runmatrices, "runmatrices", "matrix", false},
    {ObjectKind::insights, "insights", "insight", false},
    {ObjectKind::artifacts, "artifacts", "artifact", true},
    {ObjectKind::models, "models", "model", false},
    {ObjectKind::deployments, "deployments", "deployment", true},
    {ObjectKind::sequences, "sequences", "sequence", true},
    {ObjectKind::operations, "operations", "operation", false},
}};

// Entries of kKinds stand in the order of the enumeration.
constexpr const KindName& name_of(ObjectKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

constexpr std::optional<ObjectKind> kind_named(std::string_view name) {
  for (const KindName& entry : kKinds) {
    if (entry.name == name) return entry.kind;
  }
  return std::nullopt;
}

enum class Dialect {
  v2,     // the spelling of the data files
  v1,     // the older names, camelCase too, as a 1.x server sent them
  snake,  // the older names in snake_case, as the documentation shows them
};

}  // namespace nexus_mirror::emulator
