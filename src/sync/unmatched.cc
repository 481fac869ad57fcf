#include "sync/unmatched.h"

#include <algorithm>
#include <string_view>

#include "config/spelling.h"
#include "log/log.h"
#include "nexus_mirror/error.h"
#include "text/match.h"

namespace nexus_mirror::sync {

using store::KnownProject;

std::string nearest_project(const std::string& pattern, const std::vector<KnownProject>& projects) {
  const std::size_t wildcard = pattern.find_first_of("*?[");
  const std::string_view stem = std::string_view(pattern).substr(0, wildcard);
  std::vector<std::string_view> names;
  for (const KnownProject& project : projects) {
    const std::string_view name = project.name;
    names.push_back(wildcard == std::string::npos ? name : name.substr(0, stem.size()));
  }
  const auto nearest = config::nearest_word(stem, names);
  if (!nearest) return {};
  const auto place = std::find_if(names.begin(), names.end(), [&](std::string_view name) {
    return name.data() == nearest->data();
  });
  return projects[static_cast<std::size_t>(place - names.begin())].name;
}

std::string did_you_mean_project(const std::string& pattern,
                                 const std::vector<KnownProject>& projects,
                                 std::string_view otherwise) {
  const std::string nearest = nearest_project(pattern, projects);
  if (nearest.empty()) return std::string(otherwise);
  return "did you mean '" + one_line(nearest) + "'?";
}

bool warn_of_unmatched(const std::string& of, const std::vector<std::string>& patterns,
                       const std::vector<KnownProject>& projects, const std::string& so) {
  bool any = false;
  for (const std::string& pattern : patterns) {
    const bool meant =
        pattern == "*" ||
        std::any_of(projects.begin(), projects.end(), [&](const KnownProject& project) {
          return text::matches({pattern}, project.id, project.name);
        });
    if (meant) continue;
    any = true;
    const std::string nearest = nearest_project(pattern, projects);
    std::string message = of + " " + config::in_quotes(pattern) + ", which no project has";
    message += " as its name or id";
    if (!nearest.empty()) message += " (did you mean " + config::in_quotes(nearest) + "?)";
    log::warning(message + "; " + so);
  }
  return any;
}

}  // namespace nexus_mirror::sync
