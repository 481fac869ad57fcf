#include "cli/changes_command.h"

#include <rapidjson/document.h>

#include "cli/json_text.h"
#include "cli/moment.h"
#include "cli/project_filter.h"
#include "cli/text.h"
#include "store/reader.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kLongestValue = 24;  // columns of a value in a summary

// Columns of the query below, by place.
enum Place { kSeq, kAt, kSyncId, kEntity, kEntityId, kProjectId, kProject, kOp, kBefore, kAfter };

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

void check_entities(store::Reader& reader, const std::vector<std::string>& entities) {
  for (const std::string& entity : entities) {
    const auto found = reader.rows(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = :name", {{"name", entity}});
    if (!found.empty()) continue;
    throw Error(ErrorCode::usage, "reading --entity", "'" + entity + "'",
                "the mirror has no such table", "'nexus-mirror schema' lists them");
  }
}

// What no sync found (jobs that the server was asked for) has its place by time.
constexpr const char* kAfterSync =
    "(c.sync_id > :since OR (c.sync_id IS NULL AND c.at >"
    " (SELECT started_at FROM syncs WHERE id >= :since ORDER BY id LIMIT 1)))";

struct Selection {
  std::string sql;
  store::Parameters parameters;
};

Selection select_changes(const ChangesOptions& options, store::Reader& reader, Env& env) {
  std::string where;
  store::Parameters parameters;
  const auto restrict_to = [&](const std::string& condition, const char* name, store::Value value) {
    where += (where.empty() ? " WHERE " : " AND ") + condition;
    parameters.emplace_back(name, std::move(value));
  };
  if (!options.since.empty()) {
    const auto since = parse_since(options.since, env.now_ms());
    if (!since) {
      throw Error(ErrorCode::usage, "reading --since", "'" + options.since + "'",
                  "it is neither a time nor a sync",
                  "write 2026-01-31, 2026-01-31T10:00:00Z, 2h, 7d, UNIX milliseconds or the id of "
                  "a sync");
    }
    restrict_to(since->kind == Since::Kind::sync ? kAfterSync : "c.at > :since", "since",
                since->value);
  }
  if (!options.entities.empty()) {
    check_entities(reader, options.entities);
    restrict_to("c.entity IN (SELECT value FROM json_each(:entities))", "entities",
                json_array(options.entities));
  }
  if (!options.projects.empty()) {
    restrict_to("c.project_id IN (SELECT value FROM json_each(:projects))", "projects",
                json_array(matching_projects(reader, options.projects)));
  }
  std::string sql =
      "SELECT c.seq, c.at, c.sync_id, c.entity, c.entity_id, c.project_id,"
      " (SELECT name FROM projects WHERE id = c.project_id) AS project, c.op, c.before, c.after"
      " FROM changes AS c" +
      where;
  if (options.limit > 0) {
    sql = "SELECT * FROM (" + sql + " ORDER BY c.seq DESC LIMIT :limit) ORDER BY seq";
    parameters.emplace_back("limit", options.limit);
  } else {
    sql += " ORDER BY c.seq";
  }
  return {std::move(sql), std::move(parameters)};
}

store::Row table_row(const store::Row& change) {
  const auto* at = std::get_if<std::int64_t>(&change[kAt]);
  // To the minute: that leaves room for what changed on a narrow terminal.
  constexpr std::size_t kToTheMinute = 16;
  std::string moment = at == nullptr ? std::string() : format_moment(*at);
  if (moment.find(':') != std::string::npos) moment.resize(kToTheMinute);
  return {std::move(moment), change[kProject], change[kEntity], change[kEntityId],
          summarize_change(format_value(change[kOp]), format_value(change[kBefore]),
                           format_value(change[kAfter]))};
}

}  // namespace

std::string summarize_change(std::string_view op, std::string_view before, std::string_view after) {
  std::string summary(op);
  if (op == "update") return summary + update_summary(parse_object(before), parse_object(after));
  const rapidjson::Document row = parse_object(op == "delete" ? before : after);
  if (op == "load") return summary + " " + short_value(row, "rows") + " rows";
  for (const char* name : {"filename", "name", "title", "display_name", "tag"}) {
    if (row.HasMember(name)) return summary + " " + short_value(row, name);
  }
  return summary;
}

ExitCode run_changes(const ChangesOptions& options, Session& session) {
  store::Reader reader(session.load().mirror.database);
  const Selection selection = select_changes(options, reader, session.env);
  const bool table = options.format == RowFormat::table;
  const auto writer = make_row_writer(options.format, session.out, {{"before", "after"}, {"at"}});
  reader.query(
      selection.sql, selection.parameters,
      [&](const std::vector<std::string>& columns) {
        const std::vector<std::string> shown = {"at", "project", "entity", "entity_id", "change"};
        writer->begin(table ? shown : columns);
      },
      [&](const store::Row& row) {
        writer->row(table ? table_row(row) : row);
        return true;
      });
  writer->end();
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
