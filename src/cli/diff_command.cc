#include "cli/diff_command.h"

#include <utility>

#include "cli/past_moment.h"
#include "cli/project_filter.h"
#include "cli/text.h"
#include "text/counted.h"

namespace nexus_mirror::cli {
namespace {

using store::KindDiff;
using store::ProjectDiff;
using store::TagDiff;

struct DiffMoments {
  store::AsOf since, until;
};

DiffMoments read_moments(const DiffOptions& options, store::Database& mirror,
                         const CommandContext& context) {
  std::int64_t since = 0, until = 0;
  DiffMoments moments{read_as_of("--since", options.since, mirror, context, &since), {}};
  if (options.until.empty()) {
    moments.until = store::as_of_newest(mirror).value_or(moments.since);
    return moments;
  }
  moments.until = read_as_of("--until", options.until, mirror, context, &until);
  // Syncs are in the order of their ids, whatever the clock was.
  const bool same = moments.until.sync_id == moments.since.sync_id;
  if (same ? until >= since : moments.until.sync_id > moments.since.sync_id) return moments;
  throw Error(ErrorCode::usage, "reading --until", "'" + options.until + "'",
              "it is before --since", "exchange the two");
}

void write_tag(const std::optional<std::string>& name, const TagDiff& tag, text::JsonWriter& json) {
  json.begin_object();
  json.member("name", name);
  json.member("annotations_before", tag.before);
  json.member("annotations_after", tag.after);
  json.member("added", tag.added);
  json.member("removed", tag.removed);
  json.member("moved", tag.moved);
  json.member("retagged_from", tag.retagged_from);
  json.member("retagged_to", tag.retagged_to);
  json.member("renamed_from", tag.renamed_from);
  json.end_object();
}

void write_kind(const char* name, const KindDiff& kind, bool with_changed, text::JsonWriter& json) {
  json.begin_object(name);
  json.member("added", kind.added);
  json.member("removed", kind.removed);
  if (with_changed) json.member("changed", kind.changed);
  json.end_object();
}

void print_json(const DiffMoments& moments, const std::vector<ProjectDiff>& projects, Output& out) {
  text::JsonWriter json;
  json.begin_object();
  json.member("since", moments.since.ended);
  json.member("until", moments.until.ended);
  json.begin_array("projects");
  for (const ProjectDiff& project : projects) {
    json.new_line();
    write_diff(project, json);
    out.write(json.take());
  }
  json.end_array();
  json.end_object();
  out.write(json.take() + "\n");
}

void print_tags(const std::vector<ProjectDiff>& projects, RowFormat format, Output& out) {
  const auto writer = make_row_writer(format, out);
  writer->begin({"project_id", "project_name", "tag", "annotations_before", "annotations_after",
                 "added", "removed", "moved", "retagged", "changed"});
  for (const ProjectDiff& project : projects) {
    for (const auto& [name, tag] : project.tags) {
      writer->row({project.id, project.name, store::value_of(name), tag.before, tag.after,
                   tag.added, tag.removed, tag.moved, tag.retagged_from + tag.retagged_to,
                   tag.changed});
    }
  }
  writer->end();
}

// ", 2 images added"; nothing of none.
std::string part(std::int64_t count, const char* one, const char* what) {
  if (count == 0) return {};
  return ", " + text::counted(count, one) + " " + what;
}

// What the table of classes does not say, for people.
void print_rest(const std::vector<ProjectDiff>& projects, Output& out) {
  std::string lines;
  for (const ProjectDiff& project : projects) {
    std::string line = part(project.assets.added, "image", "added") +
                       part(project.assets.removed, "image", "removed") +
                       part(project.assets.status_changed, "image", "of another status") +
                       part(project.assets.changed, "image", "changed") +
                       part(project.runs.added, "run", "added") +
                       part(project.runs.removed, "run", "removed") +
                       part(project.artifacts.added, "artifact", "added") +
                       part(project.artifacts.removed, "artifact", "removed") +
                       part(project.models.added, "model", "added") +
                       part(project.models.removed, "model", "removed") +
                       part(project.models.changed, "model", "changed");
    for (const auto& [name, tag] : project.tags) {
      if (tag.renamed_from) line += ", " + *tag.renamed_from + " is called " + name.value_or("");
    }
    if (!line.empty()) lines += printable(project.name) + ": " + printable(line.substr(2)) + "\n";
  }
  out.write(lines.empty() ? lines : "\n" + lines);
}

}  // namespace

void write_diff(const ProjectDiff& project, text::JsonWriter& json) {
  json.begin_object();
  json.member("id", project.id);
  json.member("name", project.name);
  json.begin_object("assets");
  json.member("added", project.assets.added);
  json.member("removed", project.assets.removed);
  json.member("status_changed", project.assets.status_changed);
  json.member("changed", project.assets.changed);
  json.end_object();
  json.begin_object("annotations");
  json.member("added", project.annotations.added);
  json.member("removed", project.annotations.removed);
  json.member("moved", project.annotations.moved);
  json.member("retagged", project.annotations.retagged);
  json.member("changed", project.annotations.changed);
  json.end_object();
  json.begin_array("tags");
  for (const auto& [name, tag] : project.tags) write_tag(name, tag, json);
  json.end_array();
  write_kind("runs", project.runs, false, json);
  write_kind("artifacts", project.artifacts, false, json);
  write_kind("models", project.models, true, json);
  json.end_object();
}

ExitCode run_diff(const DiffOptions& options, CommandContext& context) {
  store::Database mirror(context.load().mirror, store::Use::query);
  mirror.begin_reading();
  const DiffMoments moments = read_moments(options, mirror, context);
  std::vector<std::string> projects;
  if (!options.projects.empty()) projects = matching_projects(mirror, options.projects);
  if (options.rows) {
    const auto writer = make_row_writer(options.format, context.out);
    writer->begin({"project_id", "entity", "entity_id", "asset_id", "filename", "what",
                   "tag_before", "tag_after", "iou"});
    store::diff(mirror, moments.since, moments.until, projects, [&](const store::ObjectDiff& row) {
      writer->row({row.project_id, row.entity, row.entity_id, row.asset_id, row.filename, row.what,
                   store::value_of(row.tag_before), store::value_of(row.tag_after),
                   store::value_of(row.iou)});
    });
    writer->end();
    return ExitCode::done;
  }
  const auto found = store::diff(mirror, moments.since, moments.until, projects, {});
  switch (options.format) {
    case RowFormat::json:
      print_json(moments, found, context.out);
      break;
    case RowFormat::ndjson:
      for (const ProjectDiff& project : found) {
        text::JsonWriter json;
        write_diff(project, json);
        context.out.write(json.take() + "\n");
      }
      break;
    case RowFormat::csv:
      print_tags(found, options.format, context.out);
      break;
    case RowFormat::table:
      print_tags(found, options.format, context.out);
      print_rest(found, context.out);
      break;
  }
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
