#include "cli/links_request.h"

#include "cli/job_line.h"
#include "env/signals.h"
#include "sync/server_requests.h"

namespace nexus_mirror::cli {
namespace {

using sync::RequestedModel;
using sync::ServerRequests;

// The exports to start: all artifacts are found before any job is, so that a format which one of
// them lacks leaves nothing half asked for.
std::vector<RequestedModel> start(ServerRequests& server, const LinksOptions& options) {
  struct WantedModel {
    const sync::RequestedProject* project;
    sync::RequestedArtifact artifact;
  };
  std::vector<WantedModel> wanted;
  for (const auto& project : server.projects()) {
    auto artifact =
        server.find_artifact(project, options.artifact, options.request, options.quantization);
    if (artifact) wanted.push_back({&project, *artifact});
    if (!artifact && options.artifact.empty()) {
      throw Error(ErrorCode::usage, "exporting a model of", "project " + project.name,
                  "it has no artifact whose training is over", "train a model first");
    }
  }
  if (wanted.empty()) {
    throw Error(ErrorCode::usage, "exporting", "--artifact " + options.artifact,
                "no project that --project means has it", "'nexus-mirror query' finds artifacts");
  }
  std::vector<RequestedModel> models;
  for (const WantedModel& each : wanted) {
    models.push_back(server.start_model_export(*each.project, each.artifact, options.quantization));
  }
  return models;
}

store::Value text_or_null(const std::string& text) {
  if (text.empty()) return std::monostate();
  return text;
}

store::Row row_of(const RequestedModel& model, bool table, text::Zone zone) {
  store::Value expiry;
  if (model.expiry && table) expiry = text::moment_text(*model.expiry, zone);
  if (model.expiry && !table) expiry = *model.expiry;
  if (table) {
    return {model.project.name,
            text_or_null(model.artifact.name),
            text_or_null(model.format),
            text_or_null(model.quantization),
            expiry,
            text_or_null(model.url)};
  }
  return {model.project.id,
          model.project.name,
          text_or_null(model.artifact.run_id),
          model.artifact.id,
          text_or_null(model.artifact.name),
          model.id,
          text_or_null(model.format),
          text_or_null(model.quantization),
          text_or_null(model.status),
          text_or_null(model.url),
          expiry};
}

}  // namespace

ExitCode run_links_request(const LinksOptions& options, CommandContext& context) {
  if (options.projects.empty()) {
    throw Error(ErrorCode::usage, "exporting a model", "--request " + options.request,
                "--project is missing", "name the project; each export is a job on the server");
  }
  env::Signals signals;
  const Config config = context.load(Keep::secrets);
  signals.listen();
  JobLine line(context.console.err_fd, detect_terminal(context.console.err_fd));
  ServerRequests server(config, options.projects, context.env, line, signals.stop_token());
  std::vector<RequestedModel> models = start(server, options);
  ExitCode result = ExitCode::done;
  std::vector<RequestedModel> finished;
  for (RequestedModel& model : models) {
    try {
      server.follow_model_export(model);
      finished.push_back(model);
    } catch (const Error& error) {
      if (models.size() == 1 || error.code() != ErrorCode::bad_response) throw;
      line.clear();
      context.notice(error.what());
      result = ExitCode::partial;
    }
  }
  line.clear();
  const bool table = options.format == RowFormat::table;
  const auto writer = make_row_writer(options.format, context.out, {{}, {"url", "expiry"}});
  writer->begin(table ? link_table_columns() : link_columns());
  for (const RequestedModel& model : finished) writer->row(row_of(model, table, context.zone));
  writer->end();
  return result;
}

}  // namespace nexus_mirror::cli
