#include "cli/lineage_command.h"

#include <algorithm>
#include <optional>

#include "cli/diff_command.h"
#include "cli/past_export_command.h"
#include "cli/project_filter.h"
#include "cli/text.h"
#include "store/past/as_of.h"
#include "store/past/lineage.h"
#include "store/past/past.h"
#include "text/counted.h"
#include "text/joined.h"
#include "text/moment.h"

namespace nexus_mirror::cli {
namespace {

// The labels of the project when the run was created.
struct DataSet {
  store::AsOf as_of;
  bool exact = false;
  store::DataSetCounts counts;
};

struct Traced {
  store::Lineage lineage;
  std::optional<DataSet> data_set;               // none for a run older than the mirror
  std::optional<store::ProjectDiff> since_then;  // with data_set
};

store::Lineage find_lineage(const LineageOptions& options, store::Database& mirror) {
  std::vector<std::string> projects;
  if (!options.projects.empty()) projects = matching_projects(mirror, options.projects);
  auto found = store::lineages(mirror, options.id, projects);
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    throw Error(ErrorCode::usage, "tracing", "'" + options.id + "'",
                "the mirror has, and had, no model, artifact, run or deployment of that id",
                "tables models, artifacts, runs and deployments hold them");
  }
  throw Error(ErrorCode::usage, "tracing", "'" + options.id + "'",
              "projects " +
                  text::joined(found, " and ",
                               [](const store::Lineage& each) {
                                 return each.project_name + " (" + each.project_id + ")";
                               }) +
                  " have one of that id",
              "name one with --project");
}

std::optional<store::AsOf> moment_of(const store::Lineage& lineage, store::Database& mirror) {
  if (!lineage.run || !lineage.run->create_date) return std::nullopt;
  const auto as_of = store::as_of_moment(mirror, *lineage.run->create_date);
  return as_of && store::can_be_answered(mirror, *as_of) ? as_of : std::nullopt;
}

// A connection can go back once; what is read of then has its own.
store::DataSetCounts counts_at(const Config& config, const store::AsOf& as_of,
                               const std::string& project) {
  store::Database mirror(config.mirror, store::Use::query);
  mirror.begin_reading();
  store::Past past(mirror, as_of, project);
  past.fill({"tags", "asset_counts", "annotation_counts", "tag_counts"});
  return store::count_data_set(mirror, project);
}

Traced trace(const LineageOptions& options, const Config& config) {
  store::Database mirror(config.mirror, store::Use::query);
  mirror.begin_reading();
  Traced traced{find_lineage(options, mirror), {}, {}};
  const auto as_of = moment_of(traced.lineage, mirror);
  if (!as_of) return traced;
  const std::string& project = traced.lineage.project_id;
  const std::int64_t created = *traced.lineage.run->create_date;
  traced.data_set = DataSet{
      *as_of, store::was_up_to_date(mirror, created - config.sync.stale_after.count(), created),
      counts_at(config, *as_of, project)};
  const auto now = store::as_of_newest(mirror);
  auto changed = store::diff(mirror, *as_of, now.value_or(*as_of), {project}, {});
  if (changed.empty()) changed.emplace_back();
  traced.since_then = std::move(changed.front());
  traced.since_then->id = project;
  traced.since_then->name = traced.lineage.project_name;
  return traced;
}

void write_artifact(const store::LineageArtifact& artifact, text::JsonWriter& json) {
  json.begin_object();
  json.member("id", artifact.id);
  json.member("artifact_name", artifact.artifact_name);
  json.member("step", artifact.step);
  json.raw_member("metric", artifact.metric.value_or("null"));
  json.end_object();
}

void write_uses(const store::Lineage& lineage, text::JsonWriter& json) {
  json.begin_array("deployments");
  for (const store::LineageDeployment& deployment : lineage.deployments) {
    json.begin_object();
    json.member("id", deployment.id);
    json.member("name", deployment.name);
    json.end_object();
  }
  json.end_array();
  json.begin_array("models");
  for (const store::LineageModel& model : lineage.models) {
    json.begin_object();
    json.member("id", model.id);
    json.member("format", model.format);
    json.member("status", model.status);
    json.end_object();
  }
  json.end_array();
}

void write_data_set(const Traced& traced, text::JsonWriter& json) {
  json.key("data_set");
  if (!traced.data_set) return json.value(nullptr);
  const DataSet& data = *traced.data_set;
  json.begin_object();
  json.member("sync_id", data.as_of.sync_id);
  json.member("as_of", data.as_of.ended);
  json.member("exact", data.exact);
  json.member("assets", data.counts.assets);
  json.member("annotations", data.counts.annotations);
  json.begin_array("tags");
  for (const store::TagAnnotations& tag : data.counts.tags) {
    json.begin_object();
    json.member("name", tag.name);
    json.member("annotations", tag.annotations);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

std::string as_json(const Traced& traced) {
  const store::Lineage& lineage = traced.lineage;
  text::JsonWriter json;
  json.begin_object();
  write_uses(lineage, json);
  json.key("artifact");
  lineage.artifact ? write_artifact(*lineage.artifact, json) : json.value(nullptr);
  if (lineage.of_run) {
    json.begin_array("artifacts");
    for (const store::LineageArtifact& artifact : lineage.artifacts) write_artifact(artifact, json);
    json.end_array();
  }
  json.key("run");
  if (lineage.run) {
    json.begin_object();
    json.member("id", lineage.run->id);
    json.member("flow_title", lineage.run->flow_title);
    json.member("create_date", lineage.run->create_date);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.begin_object("project");
  json.member("id", lineage.project_id);
  json.member("name", lineage.project_name);
  json.end_object();
  write_data_set(traced, json);
  json.key("since_then");
  traced.since_then ? write_diff(*traced.since_then, json) : json.value(nullptr);
  json.end_object();
  return json.take() + "\n";
}

std::string since_text(const store::ProjectDiff& diff) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, std::string_view one, std::string_view many) {
    if (count > 0) parts.push_back(text::counted(count, one, many));
  };
  const auto all = [&](std::int64_t count, std::string_view what) { add(count, what, what); };
  add(diff.assets.added, "image added", "images added");
  add(diff.assets.removed, "image removed", "images removed");
  all(diff.assets.status_changed, "of another status");
  add(diff.annotations.added, "annotation added", "annotations added");
  all(diff.annotations.removed, "removed");
  all(diff.annotations.moved, "moved");
  all(diff.annotations.retagged, "retagged");
  all(diff.annotations.changed, "changed otherwise");
  return parts.empty() ? "nothing" : text::joined(parts, ", ");
}

// Each line is what the one above it came from.
class Tree {
 public:
  explicit Tree(Output& out) : out_(out), utf8_(out.terminal().utf8) {}

  void line(const std::string& kind, const std::string& text) {
    const std::string branch = depth_ == 0 ? "" : utf8_ ? "└─ " : "`- ";
    write(std::string(depth_ == 0 ? 0 : (depth_ - 1) * 3, ' ') + branch + kind, text);
  }
  void below(const std::string& kind, const std::string& text) {
    write(std::string(depth_ * 3, ' ') + kind, text);
  }
  void deeper() { ++depth_; }

 private:
  void write(const std::string& label, const std::string& text) {
    out_.write(label + "  " + printable(text) + "\n");
  }

  Output& out_;
  const bool utf8_;
  std::size_t depth_ = 0;
};

std::string artifact_text(const store::LineageArtifact& artifact) {
  return artifact.id + "  " + artifact.artifact_name.value_or("") +
         (artifact.step ? ", step " + std::to_string(*artifact.step) : "");
}

void print_data_set(const Traced& traced, Tree& tree, text::Zone zone) {
  if (!traced.data_set) {
    tree.line("data set", "unknown: the history does not reach back to when the run was created");
    return;
  }
  const DataSet& data = *traced.data_set;
  tree.line("data set", text::counted(data.counts.assets, "image") + ", " +
                            text::counted(data.counts.annotations, "annotation") + ", as of sync " +
                            std::to_string(data.as_of.sync_id) + " (" +
                            text::moment_text(data.as_of.ended, zone) + ")");
  for (const store::TagAnnotations& tag : data.counts.tags) {
    tree.below("  " + std::to_string(tag.annotations), tag.name.value_or(""));
  }
  if (!data.exact) {
    tree.below("not exact:",
               "no sync had brought the project up to date within [sync] stale_after before");
  }
  tree.below("since then:", since_text(*traced.since_then));
}

void print_tree(const Traced& traced, CommandContext& context) {
  const store::Lineage& lineage = traced.lineage;
  Tree tree(context.out);
  for (const store::LineageDeployment& deployment : lineage.deployments) {
    tree.line("deployment", deployment.id + "  " + deployment.name.value_or(""));
  }
  for (const store::LineageModel& model : lineage.models) {
    tree.line("model", model.id + "  " + model.format.value_or("") + ", " +
                           model.status.value_or("of unknown status"));
  }
  const bool uses = !lineage.deployments.empty() || !lineage.models.empty();
  if (uses) tree.deeper();
  if (lineage.artifact) tree.line("artifact", artifact_text(*lineage.artifact));
  for (const store::LineageArtifact& artifact : lineage.artifacts) {
    tree.line("artifact", artifact_text(artifact));
  }
  if (lineage.artifact || !lineage.artifacts.empty()) tree.deeper();
  if (lineage.run) {
    const auto& created = lineage.run->create_date;
    tree.line("run", lineage.run->id + "  " + lineage.run->flow_title.value_or("") +
                         (created ? ", created " + text::moment_text(*created, context.zone) : ""));
    tree.deeper();
  }
  tree.line("project", lineage.project_id + "  " + lineage.project_name);
  tree.deeper();
  print_data_set(traced, tree, context.zone);
}

}  // namespace

ExitCode run_lineage(const LineageOptions& options, CommandContext& context) {
  const Config config = context.load();
  const Traced traced = trace(options, config);
  options.json ? context.out.write(as_json(traced)) : print_tree(traced, context);
  if (options.export_to.empty()) return ExitCode::done;
  if (!traced.data_set) {
    throw Error(ErrorCode::usage, "exporting", "the data set of '" + options.id + "'",
                "the history does not reach back to when its run was created",
                "'nexus-mirror export' writes that of now");
  }
  return run_past_export(config, traced.data_set->as_of,
                         {options.export_to, {traced.lineage.project_id}, {}}, context);
}

}  // namespace nexus_mirror::cli
