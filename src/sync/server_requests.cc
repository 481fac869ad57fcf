#include "sync/server_requests.h"
#include "sync/unmatched.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "env/backoff.h"
#include "log/log.h"
#include "nexus/artifact_listing.h"
#include "nexus/export_answers.h"
#include "objects/columns.h"
#include "text/joined.h"
#include "text/signed_link.h"

namespace nexus_mirror::sync {
namespace {

using nexus::Decoder;
using nexus::UnreadableRow;
using objects::integer_of;
using objects::RowBatch;
using objects::Table;
using objects::text_of;

RowBatch decoded(const Table& table, const nexus::Document& document,
                 const RequestedProject& project, const std::string& doing) {
  RowBatch rows(table);
  std::vector<UnreadableRow> unreadable;
  if (!Decoder::of(table).decode_object(document, {project.id, nullptr}, rows, unreadable)) {
    throw Error(ErrorCode::bad_response, doing, "project " + project.name,
                "the server's answer cannot be read: " + unreadable.front().reason);
  }
  return rows;
}

JobState state_of(const RowBatch& operation, const RequestedProject& project) {
  JobState state;
  state.job = "annotation export " + text_of(operation, 0, "id");
  state.project_name = project.name;
  state.status = text_of(operation, 0, "status_overview");
  state.message = text::without_link_queries(text_of(operation, 0, "status_message"));
  state.queued = integer_of(operation, 0, "queued").value_or(0);
  state.running = integer_of(operation, 0, "running").value_or(0);
  state.finished = integer_of(operation, 0, "finished").value_or(0);
  return state;
}

// Throws when the job has come to an end that is none of success.
void check_not_ended(const JobState& state) {
  if (state.status != "Errored" && state.status != "Cancelled") return;
  throw Error(ErrorCode::bad_response, "waiting for " + state.job + " of",
              "project " + state.project_name,
              "the server reports " + state.status +
                  (state.message.empty() ? "" : ": " + state.message.substr(0, 300)),
              "look at the project in Nexus, then ask again");
}

// Runs what follows `job`; a stop is told as what it means for the job.
void follow(const std::string& job, const RequestedProject& project,
            const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    throw Error(ErrorCode::interrupted, "waiting for " + job + " of", "project " + project.name,
                "asked to stop", "the server goes on with it, and the next sync follows it");
  }
}

// Sends a request that starts a job; an answer that never came leaves open whether it did.
nexus::Document started(const std::function<nexus::Document()>& send) {
  try {
    return send();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::timeout && error.code() != ErrorCode::interrupted) throw;
    throw Error(error.code(), error.doing(), error.subject(), error.reason(),
                "the server may have begun it all the same; look in Nexus before asking again");
  }
}

}  // namespace

// The pauses between two looks at a job: short at first, for many a job is, then longer.
class ServerRequests::Waits {
 public:
  Waits(Env& env, const std::stop_token& stop) : env_(env), stop_(stop) {}

  void wait() {
    const std::chrono::milliseconds next(kBackoff.wait_ms(++looks_, env_.random()));
    if (!env_.sleep(next, stop_)) {
      throw Error(ErrorCode::interrupted, "waiting for", "the server", "asked to stop");
    }
  }

 private:
  static constexpr env::Backoff kBackoff{.first_ms = 100, .most_ms = 30'000};

  Env& env_;
  const std::stop_token& stop_;
  int looks_ = 0;
};

ServerRequests::ServerRequests(const Config& config, const std::vector<std::string>& patterns,
                               Env& env, JobObserver& observer, const std::stop_token& stop)
    : config_(config), env_(env), observer_(observer), stop_(stop) {
  request_.projects = patterns;
  std::vector<store::KnownProject> known;
  for (std::size_t i = 0; i < config.workspaces.size(); ++i) {
    WorkspaceSync& workspace =
        workspaces_.emplace_back(config_, config.workspaces[i], request_, env_, nobody_, stop_);
    store::RowCounts none;
    const SelectedProjects selected = workspace.select(nullptr, none);
    known.insert(known.end(), selected.configured.begin(), selected.configured.end());
    for (const RowBatch& row : selected.projects) {
      RequestedProject project{text_of(row, 0, "id"), text_of(row, 0, "name"),
                               text_of(row, 0, "type"), i};
      // Several keys may see one project: it is asked for with the first.
      const bool again = std::any_of(projects_.begin(), projects_.end(),
                                     [&](const auto& each) { return each.id == project.id; });
      if (!again) projects_.push_back(std::move(project));
    }
  }
  if (projects_.empty()) {
    throw Error(ErrorCode::usage, "looking for",
                "--project " + (patterns.empty() ? "" : patterns.front()),
                "no project of the configured workspaces has this name or id",
                did_you_mean_project(patterns.empty() ? "" : patterns.front(), known,
                                     "nexus-mirror status lists those that the mirror has"));
  }
}

void ServerRequests::keep(const RowBatch& rows) {
  store::Store store(config_.mirror, store::Access::write);
  store.set_now(env_.now_ms());
  store.renew_links_before(std::numeric_limits<std::int64_t>::max());
  store.tables.put(rows);
}

// A sync that runs meanwhile asks for the job itself, sooner or later.
void ServerRequests::keep_if_free(const RowBatch& rows) {
  try {
    const auto lock = lock_mirror(config_);
    keep(rows);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::busy) throw;
    log::debug("the mirror is busy; the next sync brings the job's state into it");
  }
}

std::string ServerRequests::start_annotation_export(const RequestedProject& project,
                                                    const std::string& format,
                                                    const nexus::AnnotationExportOptions& options) {
  // Taken first: a job that cannot be written down is not started.
  const auto lock = lock_mirror(config_);
  const nexus::Document answer = started(
      [&] { return client(project).start_annotation_export(project.id, format, options, stop_); });
  const RowBatch operation =
      decoded(objects::operations, answer, project, "starting an annotation export of");
  std::string id = text_of(operation, 0, "id");
  log::debug("started an annotation export on the server",
             {{"project", project.name}, {"format", format}, {"operation", id}});
  keep(operation);
  observer_.job(state_of(operation, project));
  return id;
}

std::string ServerRequests::follow_annotation_export(const RequestedProject& project,
                                                     const std::string& id) {
  const std::string job = "annotation export " + id;
  std::string stored_status;
  nexus::AnnotationExport made;
  follow(job, project, [&] {
    for (Waits waits(env_, stop_);; waits.wait()) {
      const auto answer = client(project).operation(project.id, id, stop_);
      if (!answer) {
        throw Error(ErrorCode::bad_response, "waiting for " + job + " of",
                    "project " + project.name, "the server no longer knows it", "ask again");
      }
      const RowBatch operation =
          decoded(objects::operations, *answer, project, "following " + job + " of");
      const JobState state = state_of(operation, project);
      observer_.job(state);
      if (state.status != stored_status) keep_if_free(operation);
      stored_status = state.status;
      check_not_ended(state);
      if (state.status != "Finished") continue;
      made = nexus::annotation_export(client(project).annotation_export(project.id, id, stop_));
      if (made.status == "Errored" || made.status == "Cancelled") {
        throw Error(ErrorCode::bad_response, "waiting for " + job + " of",
                    "project " + project.name,
                    "the server reports " + made.status +
                        " of the export itself, though its operation is finished",
                    "look at the project in Nexus, then ask again");
      }
      const bool under_way = made.status == "Queued" || made.status == "Running";
      if (!made.link.empty() || !under_way) return;
    }
  });
  if (!made.link.empty()) return made.link;
  throw Error(ErrorCode::bad_response, "asking for the archive of " + job + " of",
              "project " + project.name,
              "its operation is finished, but the server gives no link" +
                  (made.status.empty() || made.status == "Finished"
                       ? ""
                       : " and calls the export " + one_line(made.status.substr(0, 100))),
              "ask again");
}

std::optional<RequestedArtifact> ServerRequests::find_artifact(const RequestedProject& project,
                                                               const std::string& artifact_id,
                                                               const std::string& format,
                                                               const std::string& quantization) {
  const nexus::Endpoint& endpoint = nexus::endpoint_of(objects::artifacts);
  RowBatch rows(objects::artifacts);
  std::vector<UnreadableRow> unreadable;
  const nexus::Context context{project.id, nullptr};
  if (artifact_id.empty()) {
    const auto list = client(project).list(endpoint, project.id, {}, stop_);
    Decoder::of(objects::artifacts).decode_list(list, context, rows, unreadable);
  } else if (const auto found = client(project).find(endpoint, project.id, artifact_id, stop_)) {
    Decoder::of(objects::artifacts).decode_object(*found, context, rows, unreadable);
  }
  std::optional<std::size_t> newest;
  const auto age = [&](std::size_t row) {
    return std::pair(integer_of(rows, row, "create_date").value_or(-1), text_of(rows, row, "id"));
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (artifact_id.empty() && integer_of(rows, i, "is_training").value_or(0) != 0) continue;
    if (!newest || age(i) > age(*newest)) newest = i;
  }
  if (!newest) return std::nullopt;
  RequestedArtifact artifact{text_of(rows, *newest, "id"), text_of(rows, *newest, "run_id"),
                             text_of(rows, *newest, "artifact_name"), format};

  const auto options = nexus::export_options(text_of(rows, *newest, "export_options"));
  if (options.empty()) return artifact;  // the server does not say: it will
  const std::string subject = "artifact " + artifact.id + " of project " + project.name;
  for (const nexus::ExportOption& option : options) {
    if (!nexus::same_format(option.format, format)) continue;
    artifact.format = option.format;
    const auto& known = option.quantizations;
    if (quantization.empty() || known.empty() ||
        std::find(known.begin(), known.end(), quantization) != known.end()) {
      return artifact;
    }
    throw Error(ErrorCode::usage, "exporting", subject,
                option.format + " cannot be had with quantization " + quantization,
                "it can with " + text::joined(known, ", "));
  }
  throw Error(ErrorCode::usage, "exporting", subject, "it cannot be exported to " + format,
              "it can to " + text::joined(options, ", ", &nexus::ExportOption::format));
}

namespace {

JobState state_of(const RequestedModel& model) {
  JobState state;
  state.job = "model export " + model.id;
  state.project_name = model.project.name;
  state.status = model.status;
  return state;
}

// Row `index` alone; its text stays that of `rows`.
RowBatch only(RowBatch& rows, std::size_t index) {
  RowBatch one(rows.table());
  one.add_row();
  for (std::size_t i = 0; i < rows.columns(); ++i) one.last(i) = rows.row(index)[i];
  return one;
}

// What row `index` of `models` says, into `model`.
void take(const RowBatch& models, std::size_t index, RequestedModel& model) {
  model.id = text_of(models, index, "id");
  model.status = text_of(models, index, "status");
  model.format = text_of(models, index, "format");
  model.quantization = text_of(models, index, "quantization");
  model.url = text_of(models, index, "download_url");
  model.expiry = integer_of(models, index, "download_expiry");
}

}  // namespace

RequestedModel ServerRequests::start_model_export(const RequestedProject& project,
                                                  const RequestedArtifact& artifact,
                                                  const std::string& quantization) {
  static const std::size_t artifact_column = objects::models.at("artifact_id");
  const auto lock = lock_mirror(config_);
  const nexus::Document answer = started([&] {
    return client(project).start_model_export(project.id, artifact.id, artifact.format,
                                              quantization, stop_);
  });
  RowBatch rows = decoded(objects::models, answer, project, "starting a model export of");
  if (rows.last(artifact_column).null()) rows.last(artifact_column) = rows.text(artifact.id);
  RequestedModel model{project, artifact, {}, {}, {}, {}, {}, {}};
  take(rows, 0, model);
  log::debug("started a model export on the server", {{"project", project.name},
                                                      {"artifact", artifact.id},
                                                      {"format", artifact.format},
                                                      {"model", model.id}});
  keep(rows);
  observer_.job(state_of(model));
  return model;
}

void ServerRequests::follow_model_export(RequestedModel& model) {
  std::string stored_status;
  follow("model export " + model.id, model.project, [&] {
    for (Waits waits(env_, stop_); !poll_model_export(model, stored_status);) waits.wait();
  });
}

// True when it is finished and has a link.
bool ServerRequests::poll_model_export(RequestedModel& model, std::string& stored_status) {
  RowBatch models(objects::models);
  std::vector<UnreadableRow> unreadable;
  nexus::list_models(client(model.project), {model.project.id, nullptr}, model.artifact.id, stop_,
                     models, unreadable);
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (text_of(models, i, "id") != model.id) continue;
    take(models, i, model);
    const JobState state = state_of(model);
    observer_.job(state);
    if (model.status != stored_status) keep_if_free(only(models, i));
    stored_status = model.status;
    check_not_ended(state);
    if (model.status == "Finished" && model.url.empty()) {
      throw Error(ErrorCode::bad_response, "waiting for " + state.job + " of",
                  "project " + model.project.name, "it is finished, but the server gives no link",
                  "ask again");
    }
    return model.status == "Finished";
  }
  throw Error(ErrorCode::bad_response, "waiting for model export " + model.id + " of",
              "project " + model.project.name, "the server does not list it with its artifact",
              "look at the artifact in Nexus");
}

}  // namespace nexus_mirror::sync
