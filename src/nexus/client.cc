#include "nexus/client.h"

#include <algorithm>
#include <iterator>

#include "nexus/export_answers.h"
#include "nexus_mirror/error.h"
#include "text/json_writer.h"
#include "text/percent.h"
#include "text/signed_link.h"

namespace nexus_mirror::nexus {
namespace {

constexpr const char* kListing = "listing";
constexpr int kNotModified = 304;

constexpr Endpoint kEndpoints[] = {
    {.table = &objects::tags, .path = "/tags", .essential = true, .classes = true},
    {.table = &objects::project_users, .path = "/users"},
    {.table = &objects::ontologies, .path = "/ontologies"},
    {.table = &objects::workflows, .path = "/workflows", .by_id = true},
    {.table = &objects::runs, .path = "/runs", .by_id = true, .has_logs = true},
    {.table = &objects::insights, .path = "/insights"},
    {.table = &objects::artifacts,
     .path = "/artifacts",
     .by_id = true,
     .query = "includeExports=true",
     .has_models = true},
    {.table = &objects::deployments, .path = "/deployments", .by_id = true},
    {.table = &objects::sequences, .path = "/sequences", .paged = true, .by_id = true},
    {.table = &objects::assets, .path = "/assets", .paged = true, .by_id = true, .essential = true},
    {.table = &objects::annotations,
     .path = "/annotations",
     .paged = true,
     .by_id = true,
     .query = "includeAttributes=true",
     .essential = true,
     .quick_by = &objects::assets},
};

std::string project_path(std::string_view project_id) {
  return "/projects/" + text::percent_encoded(project_id);
}

std::string target_of(const Endpoint& endpoint, std::string_view project_id,
                      const ListQuery& query) {
  std::string target = project_path(project_id) + std::string(endpoint.path);
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    target += separator;
    target.append(text::percent_encoded(name)).append("=").append(text::percent_encoded(value));
    separator = '&';
  };
  if (endpoint.paged) {
    add("limit", std::to_string(query.limit));
    if (!query.cursor.empty()) add("page", query.cursor);
  }
  for (const std::string& id : query.asset_ids) add("assetId[]", id);
  if (!endpoint.query.empty()) {
    target += separator;
    target += endpoint.query;
  }
  return target;
}

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

// "ForbiddenError: no access" from an error's body, else the status alone.
std::string explain(const HttpResponse& response) {
  std::string text = "the server answered " + std::to_string(response.status);
  try {
    const Document body = Document::parse(response.body, "", "");
    const auto code = body.text_at("code"), message = body.text_at("message");
    if (code) text += " " + *code;
    if (message) text += ", " + *message;
  } catch (const Error&) {
    // A proxy answers HTML or nothing: the status has to do.
  }
  text = text::without_link_queries(std::move(text));
  constexpr std::size_t kEnough = 300;
  return text.size() <= kEnough ? text : text.substr(0, kEnough) + "...";
}

[[noreturn]] void fail(const HttpResponse& response, const std::string& doing,
                       const std::string& subject) {
  if (response.status == 401) {
    throw Error(ErrorCode::key_refused, doing, subject, explain(response),
                "check the workspace's secret key");
  }
  std::string hint;
  if (response.status == 403) hint = "the key may not see this; check its permissions in Nexus";
  if (response.status == 429) hint = "lower http.requests_per_second or http.concurrency";
  if (response.status >= 500) hint = "the server's trouble: the next sync tries again";
  throw Error::from_status(response.status, doing, subject, explain(response), hint);
}

}  // namespace

std::span<const Endpoint> project_endpoints() { return kEndpoints; }

const Endpoint& endpoint_of(const objects::Table& table) {
  for (const Endpoint& endpoint : kEndpoints) {
    if (endpoint.table == &table) return endpoint;
  }
  throw Error(ErrorCode::usage, "listing", std::string(table.name), "it has no endpoint");
}

bool is_not_given(const Error& error) {
  constexpr int kStatuses[] = {402, 403, 404, 405};
  return error.code() == ErrorCode::http_status &&
         std::find(std::begin(kStatuses), std::end(kStatuses), error.http_status()) !=
             std::end(kStatuses);
}

HttpResponse Client::send(const HttpRequest& request, const std::string& doing,
                          const std::stop_token& stop, bool unchanged) const {
  HttpResponse response = transport_.send(request, stop);
  const bool success = response.status >= 200 && response.status <= 299;
  if (!success && !(unchanged && response.status == kNotModified)) {
    fail(response, doing, path_of(request.target));
  }
  return response;
}

Document Client::ask(const HttpRequest& request, const std::string& doing,
                     const std::stop_token& stop) const {
  return Document::parse(send(request, doing, stop).body, doing, path_of(request.target));
}

Document Client::get(const std::string& target, const std::string& doing,
                     const std::stop_token& stop) const {
  return ask({"GET", target, {}}, doing, stop);
}

std::optional<Document> Client::get_or_nothing(const std::string& target, const std::string& doing,
                                               const std::stop_token& stop) const {
  try {
    return get(target, doing, stop);
  } catch (const Error& error) {
    if (error.http_status() == 404) return std::nullopt;
    throw;
  }
}

Document Client::workspace(const std::stop_token& stop) const {
  return get("/workspace", "reading the workspace at", stop);
}

Document Client::projects(const std::stop_token& stop) const {
  return get("/workspace/projects", "listing projects at", stop);
}

Document Client::project(std::string_view project_id, const std::stop_token& stop) const {
  return get(project_path(project_id), "reading project", stop);
}

Document Client::asset_groups(std::string_view project_id, const std::stop_token& stop) const {
  return get(project_path(project_id) + "/assetgroups", "listing asset groups at", stop);
}

Document Client::list(const Endpoint& endpoint, std::string_view project_id, const ListQuery& query,
                      const std::stop_token& stop) const {
  return get(target_of(endpoint, project_id, query), kListing, stop);
}

ListingPage Client::page(const Endpoint& endpoint, std::string_view project_id,
                         const ListQuery& query, const std::stop_token& stop) const {
  const std::string target = target_of(endpoint, project_id, query);
  HttpResponse response =
      send({"GET", target, {}, query.etag}, kListing, stop, !query.etag.empty());
  const bool unchanged = response.status == kNotModified;
  return {std::move(response.body), std::move(response.etag), unchanged, kListing, path_of(target)};
}

std::optional<Document> Client::find(const Endpoint& endpoint, std::string_view project_id,
                                     std::string_view id, const std::stop_token& stop) const {
  std::string target =
      project_path(project_id) + std::string(endpoint.path) + "/" + text::percent_encoded(id);
  if (!endpoint.query.empty()) target.append("?").append(endpoint.query);
  return get_or_nothing(target, "asking for", stop);
}

std::optional<Document> Client::find_project(std::string_view project_id,
                                             const std::stop_token& stop) const {
  return get_or_nothing(project_path(project_id), "asking for", stop);
}

std::optional<Document> Client::run_log(std::string_view project_id, std::string_view log_id,
                                        const std::stop_token& stop) const {
  return get_or_nothing(project_path(project_id) + "/runs/logs/" + text::percent_encoded(log_id),
                        "reading the run log at", stop);
}

std::optional<Document> Client::run_matrix(std::string_view project_id, std::string_view run_id,
                                           const std::stop_token& stop) const {
  return get_or_nothing(
      project_path(project_id) + "/runs/" + text::percent_encoded(run_id) + "/confusionMatrix",
      "reading the confusion matrix at", stop);
}

std::optional<Document> Client::artifact_exports(std::string_view project_id,
                                                 std::string_view artifact_id,
                                                 const std::stop_token& stop) const {
  return get_or_nothing(
      project_path(project_id) + "/artifacts/" + text::percent_encoded(artifact_id) + "/exports",
      "listing exported models at", stop);
}

std::optional<Document> Client::operation(std::string_view project_id,
                                          std::string_view operation_id,
                                          const std::stop_token& stop) const {
  return get_or_nothing(
      project_path(project_id) + "/operations/" + text::percent_encoded(operation_id),
      "following the operation at", stop);
}

Document Client::start_annotation_export(std::string_view project_id, std::string_view format,
                                         const AnnotationExportOptions& options,
                                         const std::stop_token& stop) const {
  text::JsonWriter body;
  body.begin_object();
  body.member("format", format);
  body.begin_object("options");
  body.member("splitRatio", options.split_ratio);
  body.member("seed", options.seed);
  body.member("normalized", options.normalized);
  body.end_object();
  body.end_object();
  return ask({"POST", project_path(project_id) + "/annotationexports", body.take()},
             "starting an annotation export at", stop);
}

Document Client::start_model_export(std::string_view project_id, std::string_view artifact_id,
                                    std::string_view format, std::string_view quantization,
                                    const std::stop_token& stop) const {
  text::JsonWriter body;
  body.begin_object();
  body.member("format", format);
  if (!quantization.empty()) body.member("quantization", quantization);
  body.end_object();
  return ask(
      {"POST",
       project_path(project_id) + "/artifacts/" + text::percent_encoded(artifact_id) + "/exports",
       body.take()},
      "starting a model export at", stop);
}

Document Client::annotation_export(std::string_view project_id, std::string_view operation_id,
                                   const std::stop_token& stop) const {
  return get(project_path(project_id) + "/annotationexports/" + text::percent_encoded(operation_id),
             "asking for the archive at", stop);
}

}  // namespace nexus_mirror::nexus
