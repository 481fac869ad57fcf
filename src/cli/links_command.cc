#include "cli/links_command.h"

#include "cli/links_request.h"
#include "cli/project_filter.h"
#include "env/signals.h"
#include "store/live_links.h"
#include "text/counted.h"
#include "update/run_update.h"

namespace nexus_mirror::cli {
namespace {

// In the order of link_columns().
store::Row whole_row(const store::LiveLink& link) {
  return {store::value_of(link.project_id),    store::value_of(link.project_name),
          store::value_of(link.run_id),        store::value_of(link.artifact_id),
          store::value_of(link.artifact_name), store::value_of(link.model_id),
          store::value_of(link.format),        store::value_of(link.quantization),
          store::value_of(link.status),        store::value_of(link.url),
          store::value_of(link.expiry)};
}

// In the order of link_table_columns().
store::Row table_row(const store::LiveLink& link, text::Zone zone) {
  return {store::value_of(link.project_name),
          store::value_of(link.artifact_name),
          store::value_of(link.format),
          store::value_of(link.quantization),
          link.expiry ? store::Value(text::moment_text(*link.expiry, zone)) : store::Value(),
          store::value_of(link.url)};
}

void tell_dead_links(store::Database& mirror, const std::vector<std::string>& project_ids,
                     const CommandContext& context) {
  const std::int64_t count = store::models_without_link(mirror, project_ids);
  if (count == 0) return;
  context.notice(text::counted(count, "model has", "models have") +
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

ExitCode run_links(const LinksOptions& options, CommandContext& context) {
  if (!options.request.empty()) return run_links_request(options, context);
  const Config config = context.load(options.refresh ? Keep::secrets : Keep::nothing);
  ExitCode result = ExitCode::done;
  if (options.refresh) {
    env::Signals signals;
    signals.listen();
    sync::Observer nobody;
    result =
        update::refresh_links(config, options.projects, context.env, nobody, signals.stop_token())
            .exit;
  }
  store::Database mirror(config.mirror, store::Use::query);
  std::vector<std::string> project_ids;
  if (!options.projects.empty()) project_ids = matching_projects(mirror, options.projects);
  const bool table = options.format == RowFormat::table;
  const auto writer = make_row_writer(options.format, context.out, {{}, {"url", "expiry"}});
  writer->begin(table ? link_table_columns() : link_columns());
  store::for_each_live_link(mirror, project_ids, [&](const store::LiveLink& link) {
    writer->row(table ? table_row(link, context.zone) : whole_row(link));
  });
  writer->end();
  if (!options.refresh) tell_dead_links(mirror, project_ids, context);
  return result;
}

}  // namespace nexus_mirror::cli
