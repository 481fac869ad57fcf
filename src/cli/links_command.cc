#include "cli/links_command.h"

#include "cli/json_text.h"
#include "cli/links_request.h"
#include "cli/moment.h"
#include "cli/online.h"
#include "cli/project_filter.h"
#include "cli/signals.h"
#include "store/reader.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kTableExpiry = 4;  // its place among link_table_columns()

std::string joined(const std::vector<std::string>& columns) {
  std::string list;
  for (const std::string& column : columns) list += (list.empty() ? "" : ", ") + column;
  return list;
}

void tell_dead_links(store::Reader& reader, const std::string& where,
                     const store::Parameters& parameters, const Session& session) {
  const auto dead = reader.rows(
      "SELECT count(*) FROM models WHERE status = 'Finished'"
      " AND id NOT IN (SELECT model_id FROM model_links)" +
          where,
      parameters);
  const auto count = std::get<std::int64_t>(dead.at(0).at(0));
  if (count == 0) return;
  session.notice(std::to_string(count) + (count == 1 ? " model has" : " models have") +
                 " no live link here; 'nexus-mirror links --refresh' fetches new ones");
}

}  // namespace

std::vector<std::string> link_columns() {
  return {"project_id", "project_name", "run_id", "artifact_id", "artifact_name", "model_id",
          "format",     "quantization", "status", "url",         "expiry"};
}

std::vector<std::string> link_table_columns() {
  return {"project_name", "artifact_name", "format", "quantization", "expiry", "url"};
}

ExitCode run_links(const LinksOptions& options, Session& session) {
  if (!options.request.empty()) return run_links_request(options, session);
  const Config config = session.load();
  ExitCode result = ExitCode::done;
  if (options.refresh) {
    const SignalWatcher signals;
    result = refresh_links(config, options.projects, session.env, signals.stop_token());
  }
  store::Reader reader(config.mirror.database);
  std::string where;
  store::Parameters parameters;
  if (!options.projects.empty()) {
    where = " AND project_id IN (SELECT value FROM json_each(:projects))";
    parameters.emplace_back("projects", json_array(matching_projects(reader, options.projects)));
  }
  const bool table = options.format == RowFormat::table;
  const auto writer = make_row_writer(options.format, session.out, {{}, {"url", "expiry"}});
  reader.query(
      std::string("SELECT ") + joined(table ? link_table_columns() : link_columns()) +
          " FROM model_links WHERE true" + where +
          " ORDER BY project_name, project_id, artifact_name, artifact_id, format, quantization,"
          " model_id",
      parameters, [&](const std::vector<std::string>& columns) { writer->begin(columns); },
      [&](const store::Row& row) {
        store::Row shown = row;
        if (table) {
          const auto* expiry = std::get_if<std::int64_t>(&row[kTableExpiry]);
          if (expiry != nullptr) shown[kTableExpiry] = format_moment(*expiry);
        }
        writer->row(shown);
        return true;
      });
  writer->end();
  if (!options.refresh) tell_dead_links(reader, where, parameters, session);
  return result;
}

}  // namespace nexus_mirror::cli
