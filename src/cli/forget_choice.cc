#include "cli/forget_choice.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "config/spelling.h"
#include "text/joined.h"

namespace nexus_mirror::cli {
namespace {

using store::ForgettableProject;
using Projects = std::vector<ForgettableProject>;

constexpr const char* kLooking = "looking for what to forget:";

std::string called(const ForgettableProject& project) {
  return project.name.empty() ? project.id : project.name + " (" + project.id + ")";
}

Projects in_workspace(const std::string& workspace, Projects projects) {
  std::vector<std::string_view> known;
  std::set<std::string> ids;
  for (const ForgettableProject& project : projects) {
    known.insert(known.end(), {project.workspace_name, project.workspace_id});
    if (workspace == project.workspace_id || workspace == project.workspace_name) {
      ids.insert(project.workspace_id);
    }
  }
  if (ids.empty()) {
    throw Error(ErrorCode::usage, kLooking, "workspace '" + workspace + "'",
                "no project of the mirror is of a workspace of that name or id",
                config::did_you_mean(workspace, known, "table workspaces lists them"));
  }
  if (ids.size() > 1) {
    throw Error(ErrorCode::usage, kLooking, "workspace '" + workspace + "'",
                "workspaces " + text::joined(ids, " and ") + " have that name", "give the id");
  }
  std::erase_if(projects, [&](const auto& one) { return one.workspace_id != *ids.begin(); });
  return projects;
}

// An id is nobody else's name: it comes first.
ForgettableProject project_called(const std::string& name, const Projects& projects) {
  Projects found;
  for (const ForgettableProject& project : projects) {
    if (project.id == name) return project;
    if (project.name == name) found.push_back(project);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    throw Error(
        ErrorCode::usage, kLooking, "project '" + name + "'",
        "projects " + text::joined(found, " and ", &ForgettableProject::id) + " have that name",
        "give the id");
  }
  std::vector<std::string_view> known;
  for (const ForgettableProject& project : projects) {
    known.insert(known.end(), {project.name, project.id});
  }
  throw Error(ErrorCode::usage, kLooking, "project '" + name + "'",
              "the mirror has no project of that name or id",
              config::did_you_mean(name, known, "'nexus-mirror status' lists them"));
}

ForgetChoice choose_asset(const std::string& asset, Projects projects, store::Database& mirror) {
  const std::vector<std::string> having = store::projects_of_asset(mirror, asset);
  std::erase_if(projects, [&](const ForgettableProject& project) {
    return std::find(having.begin(), having.end(), project.id) == having.end();
  });
  if (projects.empty()) {
    throw Error(ErrorCode::usage, kLooking, "asset '" + asset + "'",
                "the mirror has no asset of that id there, and its history knows of none",
                "table assets lists those that there are");
  }
  if (projects.size() > 1) {
    throw Error(ErrorCode::usage, kLooking, "asset '" + asset + "'",
                "projects " + text::joined(projects, " and ", called) + " have an asset of this id",
                "name one with --project");
  }
  return {{projects.front().id, asset}, projects.front()};
}

}  // namespace

std::string text_of(const ForgetChoice& choice) {
  const std::string project = "project " + called(choice.project);
  return choice.what.asset_id.empty() ? project
                                      : "asset " + choice.what.asset_id + " of " + project;
}

std::vector<ForgetChoice> choose_to_forget(const ForgetOptions& options, store::Database& mirror) {
  if (options.project.empty() && options.workspace.empty() && options.asset.empty()) {
    throw Error(ErrorCode::usage, "reading", "the command line", "nothing is named to forget",
                "give --project, --workspace or --asset");
  }
  Projects projects = store::forgettable_projects(mirror);
  if (!options.workspace.empty()) projects = in_workspace(options.workspace, std::move(projects));
  if (!options.project.empty()) projects = {project_called(options.project, projects)};
  if (!options.asset.empty()) return {choose_asset(options.asset, std::move(projects), mirror)};
  std::vector<ForgetChoice> choices;
  for (ForgettableProject& project : projects) {
    choices.push_back({{project.id}, std::move(project)});
  }
  return choices;
}

}  // namespace nexus_mirror::cli
