#include "cli/verify_command.h"

#include <algorithm>
#include <array>

#include "cli/online.h"
#include "cli/row_writer.h"
#include "cli/signals.h"
#include "cli/text.h"

namespace nexus_mirror::cli {
namespace {

using Kind = Finding::Kind;

struct Reference {
  const char* child;
  const char* key;
  const char* parent;
};

constexpr std::array<Reference, 5> kReferences = {
    Reference{"asset_groups", "asset_id", "assets"},
    Reference{"project_tags", "project_id", "projects"},
    Reference{"project_groups", "project_id", "projects"},
    Reference{"artifact_files", "artifact_id", "artifacts"},
    Reference{"deployment_versions", "deployment_id", "deployments"}};

// Columns that hold JSON in whichever table has them; a list by table and name follows.
constexpr const char* kJsonColumns =
    "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c"
    " WHERE t.type = 'table' AND t.schema = 'main' AND (c.name = 'extra' OR"
    " t.name || '.' || c.name IN ('ontologies.attributes', 'assets.custom_metadata',"
    " 'assets.tags_count', 'annotations.bound', 'annotations.attributes', 'sequences.items',"
    " 'sequences.item_count_with_role', 'sequences.attributes', 'runs.conditions', 'runs.log_ids',"
    " 'run_logs.pl', 'artifacts.export_options', 'deployments.options', 'deployments.resources',"
    " 'changes.before', 'changes.after')) ORDER BY t.name, c.cid";

std::int64_t count(store::Reader& reader, const std::string& sql) {
  return std::get<std::int64_t>(reader.rows(sql).at(0).at(0));
}

std::string quoted(const std::string& identifier) {
  std::string text = "\"";
  for (const char c : identifier) text.append(c == '"' ? 2 : 1, c);
  return text + "\"";
}

void check_integrity(store::Reader& reader, std::vector<Finding>& findings) {
  const auto rows = reader.rows("PRAGMA integrity_check(100)");
  if (rows.size() == 1 && format_value(rows[0].at(0)) == "ok") {
    findings.push_back({Kind::ok, "integrity", ""});
    return;
  }
  for (const store::Row& row : rows) {
    findings.push_back({Kind::damage, "integrity", format_value(row.at(0))});
  }
}

void check_references(store::Reader& reader, std::vector<Finding>& findings) {
  for (const Reference& each : kReferences) {
    const std::int64_t orphans =
        count(reader, std::string("SELECT count(*) FROM ") + each.child + " WHERE " + each.key +
                          " NOT IN (SELECT id FROM " + each.parent + ")");
    const std::string check = std::string(each.child) + " belong to " + each.parent;
    if (orphans == 0) {
      findings.push_back({Kind::ok, check, ""});
    } else {
      findings.push_back({Kind::difference, check, std::to_string(orphans) + " belong to none"});
    }
  }
  const auto broken = reader.rows("PRAGMA foreign_key_check");
  if (!broken.empty()) {
    findings.push_back({Kind::difference, "foreign keys",
                        std::to_string(broken.size()) + " rows refer to none, the first in " +
                            format_value(broken[0].at(0))});
  }
}

void check_json(store::Reader& reader, std::vector<Finding>& findings) {
  bool fine = true;
  for (const store::Row& column : reader.rows(kJsonColumns)) {
    const std::string table = format_value(column.at(0)), name = format_value(column.at(1));
    const std::int64_t wrong =
        count(reader, "SELECT count(*) FROM " + quoted(table) + " WHERE " + quoted(name) +
                          " IS NOT NULL AND NOT json_valid(" + quoted(name) + ")");
    if (wrong == 0) continue;
    fine = false;
    findings.push_back({Kind::difference, "JSON columns",
                        table + "." + name + ": " + std::to_string(wrong) + " are no JSON"});
  }
  if (fine) findings.push_back({Kind::ok, "JSON columns", ""});
}

void check_syncs(store::Reader& reader, std::vector<Finding>& findings) {
  const std::int64_t running = count(reader, "SELECT count(*) FROM syncs WHERE result = 'running'");
  if (running == 0) return;
  findings.push_back({Kind::note, "syncs",
                      std::to_string(running) +
                          " without an end: running now, or cut short (the next sync goes on)"});
}

void compare_remote(const Config& config, Session& session, std::vector<Finding>& findings) {
  const SignalWatcher signals;
  const auto differences = compare_with_server(config, session.env, signals.stop_token());
  for (const CountDifference& each : differences) {
    findings.push_back({Kind::difference, "counts of the server",
                        each.project_name + " (" + each.project_id + ") " + each.kind +
                            ": mirror " + std::to_string(each.mirror) + ", server " +
                            std::to_string(each.server)});
  }
  if (differences.empty()) findings.push_back({Kind::ok, "counts of the server", ""});
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::ok:
      return "ok";
    case Kind::note:
      return "note";
    case Kind::difference:
      return "DIFFERENCE";
    case Kind::damage:
      break;
  }
  return "DAMAGED";
}

}  // namespace

std::vector<Finding> verify_mirror(store::Reader& reader) {
  std::vector<Finding> findings;
  check_integrity(reader, findings);
  if (findings.front().kind == Kind::damage) return findings;
  check_references(reader, findings);
  check_json(reader, findings);
  check_syncs(reader, findings);
  return findings;
}

ExitCode run_verify(const VerifyOptions& options, Session& session) {
  const Config config = session.load();
  std::vector<Finding> findings;
  {
    store::Reader reader(config.mirror.database);
    findings = verify_mirror(reader);
  }
  const auto found = [&](Kind kind) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& each) { return each.kind == kind; });
  };
  if (options.remote && !found(Kind::damage)) compare_remote(config, session, findings);
  const auto writer = make_row_writer(RowFormat::table, session.out, {{}, {"result"}});
  writer->begin({"result", "check", "detail"});
  for (const Finding& each : findings) {
    writer->row({std::string(name_of(each.kind)), each.check, each.detail});
  }
  writer->end();
  if (found(Kind::damage)) {
    session.notice("verifying mirror " + config.mirror.database.string() +
                   ": it is damaged; move it and its -wal and -shm away and run 'nexus-mirror "
                   "sync' to fetch everything anew");
    return ExitCode::mirror;
  }
  return found(Kind::difference) ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
