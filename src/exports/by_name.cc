#include "exports/by_name.h"

#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "env/file.h"
#include "env/replace_file.h"
#include "exports/file_names.h"
#include "exports/staging.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::IndexedProject;
using store::ProjectLink;

std::string leads_to(const std::string& folder) { return "../" + folder; }

// Where the link at `path` leads; empty where there is none.
std::string target_of(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  return error ? std::string() : target.string();
}

// Which links the program made: those that it has written down and that lead where one of its
// links would. A mirror that has written none down for a project (it is older, or was made anew in
// place of one that was lost) counts every link to the project's folder.
class OwnLinks {
 public:
  OwnLinks(fs::path folder, std::span<const ProjectLink> before) : folder_(std::move(folder)) {
    for (const ProjectLink& project : before) {
      targets_[leads_to(project.folder)] = !project.link;
      if (project.link && !project.link->empty()) names_.insert(*project.link);
    }
  }

  bool has(const std::string& name) const {
    const auto target = targets_.find(target_of(folder_ / name));
    return target != targets_.end() && (target->second || names_.contains(name));
  }

  bool is_free(const std::string& name) const {
    std::error_code error;
    return fs::symlink_status(folder_ / name, error).type() == fs::file_type::not_found ||
           has(name);
  }

 private:
  const fs::path folder_;
  std::map<std::string, bool> targets_;  // true: none is written down
  std::set<std::string> names_;
};

using Links = std::map<std::string, const IndexedProject*>;  // by name

Links choose(std::span<const IndexedProject> projects, const OwnLinks& own) {
  Links links;
  for (const IndexedProject& project : projects) {
    std::string name = slug(project.name);
    if (name.empty()) name = slug(project.exported.project_id);
    if (name.empty()) name = "project";
    std::string free = name;
    for (int i = 2; links.contains(free) || !own.is_free(free); ++i) {
      free = name + "-" + std::to_string(i);
    }
    links[free] = &project;
  }
  return links;
}

// Names that projects had before.
void remove_old(const fs::path& folder, const Links& links, const OwnLinks& own) {
  std::vector<fs::path> old;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!links.contains(name) && own.has(name)) old.push_back(entry->path());
  }
  for (const fs::path& link : old) std::ignore = env::remove_file(link);
}

void write_down(const Links& links, std::span<const ProjectLink> before,
                store::ExportRecords& records) {
  std::map<std::string, std::string> names;
  for (const auto& [name, project] : links) names[project->exported.project_id] = name;
  for (const ProjectLink& project : before) {
    const std::string& name = names[project.project_id];
    if (project.link != name) records.put_link(project.project_id, name);
  }
}

void make(const fs::path& folder, const std::string& name, const std::string& target) {
  const fs::path link = folder / name;
  if (target_of(link) == target) return;
  const int error = env::replace_link(link, folder / ("." + name + ".new"), target);
  if (error != 0) throw_io(error, "linking", link);
}

}  // namespace

void remove_by_name(const fs::path& folder, const ProjectLink& project) {
  const OwnLinks own(folder, {&project, 1});
  std::vector<fs::path> links;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; entry != end; entry.increment(error)) {
    if (own.has(entry->path().filename().string())) links.push_back(entry->path());
  }
  for (const fs::path& link : links) {
    if (const int failure = env::remove_file(link); failure != 0) {
      throw_io(failure, "removing", link);
    }
  }
}

std::optional<Error> update_by_name(const fs::path& folder,
                                    std::span<const IndexedProject> projects,
                                    std::span<const ProjectLink> before,
                                    store::ExportRecords& records) {
  try {
    make_folder(folder);
  } catch (const Error& error) {
    return error;
  }
  const OwnLinks own(folder, before);
  const Links links = choose(projects, own);
  remove_old(folder, links, own);
  write_down(links, before, records);
  std::optional<Error> first;
  for (const auto& [name, project] : links) {
    try {
      make(folder, name, leads_to(project->exported.folder));
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  return first;
}

}  // namespace nexus_mirror::exports
