#include "cli/changes_command.h"

#include <rapidjson/document.h>

#include <map>
#include <optional>

#include "cli/moment.h"
#include "cli/project_filter.h"
#include "cli/text.h"
#include "config/spelling.h"
#include "objects/table.h"
#include "store/change_feed.h"
#include "store/change_stat.h"
#include "store/project_row.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kLongestValue = 24;  // columns of a value in a summary

rapidjson::Document parse_object(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(
      text.data(), text.size());
  if (document.HasParseError() || !document.IsObject()) document.SetObject();
  return document;
}

// A scalar short enough for a summary; empty for lists and objects.
std::string short_value(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || member->value.IsNull()) return "null";
  if (member->value.IsBool()) return member->value.GetBool() ? "true" : "false";
  if (!member->value.IsString()) return {};
  const std::string_view text(member->value.GetString(), member->value.GetStringLength());
  return fit(printable(text), kLongestValue, "...");
}

std::string update_summary(const rapidjson::Value& before, const rapidjson::Value& after) {
  std::string summary;
  for (const auto& member : after.GetObject()) {
    const char* column = member.name.GetString();
    summary += summary.empty() ? " " : ", ";
    summary += column;
    const std::string from = short_value(before, column), to = short_value(after, column);
    if (!from.empty() && !to.empty()) summary += ": " + from + " -> " + to;
  }
  return summary;
}

std::string rows_text(const std::string& count) {
  return count + (count == "1" ? " row" : " rows");
}

void check_entities(const std::vector<std::string>& entities) {
  std::vector<std::string_view> names;
  for (const objects::Table* table : objects::all_tables()) names.push_back(table->name);
  for (const std::string& entity : entities) {
    if (objects::find_table(entity) != nullptr) continue;
    throw Error(ErrorCode::usage, "reading --entity", "'" + entity + "'",
                "the mirror has no such table",
                config::did_you_mean(entity, names, "'nexus-mirror schema' lists them"));
  }
}

store::ChangeFilter filter_of(const ChangesOptions& options, store::Database& mirror,
                              const CommandContext& context) {
  store::ChangeFilter filter;
  if (!options.since.empty()) {
    const Moment since = read_moment("--since", options.since, mirror, context);
    since.sync ? filter.after_sync = since.sync : filter.after_ms = since.ms;
    filter.now_ms = context.env.now_ms();
  }
  check_entities(options.entities);
  filter.entities = options.entities;
  if (!options.projects.empty()) {
    filter.project_ids = matching_projects(mirror, options.projects);
  }
  return filter;
}

// Names of projects, asked for once each.
class ProjectNames {
 public:
  explicit ProjectNames(store::Database& mirror) : mirror_(mirror) {}

  store::Value of(const std::optional<std::string>& id) {
    if (!id) return std::monostate();
    const auto [name, added] = names_.try_emplace(*id);
    if (added) {
      if (auto project = store::find_project(mirror_, *id)) name->second = std::move(project->name);
    }
    return store::value_of(name->second);
  }

 private:
  store::Database& mirror_;
  std::map<std::string, std::optional<std::string>> names_;
};

store::Row whole_row(const store::Change& change, const store::Value& project) {
  return {change.seq,
          change.at,
          store::value_of(change.sync_id),
          change.entity,
          store::value_of(change.entity_id),
          store::value_of(change.project_id),
          project,
          change.op,
          store::value_of(change.before),
          store::value_of(change.after)};
}

store::Row table_row(const store::Change& change, const store::Value& project, text::Zone zone) {
  // To the minute: that leaves room for what changed on a narrow terminal.
  return {text::minute_text(change.at, zone), project, change.entity,
          store::value_of(change.entity_id),
          summarize_change(change.op, change.before.value_or(""), change.after.value_or(""))};
}

ExitCode tell_stat(const ChangesOptions& options, const store::ChangeFilter& filter,
                   store::Database& mirror, CommandContext& context) {
  store::ChangeStat stat;
  store::ChangeFeed(mirror).for_each(filter, options.limit,
                                     [&](const store::Change& change) { stat.add(change); });
  const auto writer = make_row_writer(options.format, context.out);
  writer->begin(
      {"project_id", "project_name", "entity", "op", "column", "before", "after", "count"});
  ProjectNames names(mirror);
  stat.for_each([&](const store::ChangeCount& line) {
    writer->row({store::value_of(line.project_id), names.of(line.project_id), line.entity, line.op,
                 store::value_of(line.column), line.before, line.after, line.count});
  });
  writer->end();
  return ExitCode::done;
}

}  // namespace

std::string summarize_change(std::string_view op, std::string_view before, std::string_view after) {
  std::string summary(op);
  if (op == "update") return summary + update_summary(parse_object(before), parse_object(after));
  const rapidjson::Document row = parse_object(op == "delete" ? before : after);
  if (op == "load") return summary + " " + rows_text(short_value(row, "rows"));
  for (const char* name : {"filename", "name", "title", "display_name", "tag"}) {
    if (row.HasMember(name)) return summary + " " + short_value(row, name);
  }
  return summary;
}

ExitCode run_changes(const ChangesOptions& options, CommandContext& context) {
  store::Database mirror(context.load().mirror, store::Use::query);
  const store::ChangeFilter filter = filter_of(options, mirror, context);
  if (options.stat) return tell_stat(options, filter, mirror, context);
  const bool table = options.format == RowFormat::table;
  const auto writer = make_row_writer(options.format, context.out, {{"before", "after"}, {"at"}});
  writer->begin(table ? std::vector<std::string>{"at", "project", "entity", "entity_id", "change"}
                      : std::vector<std::string>{"seq", "at", "sync_id", "entity", "entity_id",
                                                 "project_id", "project", "op", "before", "after"});
  ProjectNames names(mirror);
  store::ChangeFeed(mirror).for_each(filter, options.limit, [&](const store::Change& change) {
    const store::Value project = names.of(change.project_id);
    writer->row(table ? table_row(change, project, context.zone) : whole_row(change, project));
  });
  writer->end();
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
