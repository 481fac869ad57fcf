#include "emulator/api.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "emulator/asset_filter.h"
#include "emulator/dialect.h"
#include "emulator/json_members.h"
#include "emulator/paging.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"
#include "text/json_writer.h"
#include "text/percent.h"

namespace nexus_mirror::emulator {
namespace {

Error not_found(const ApiRequest& request, const std::string& what) {
  return Error::from_status(404, "answering", request.path, what + " was not found");
}

std::string overview_of(std::string_view operation) {
  const JsonMembers members(operation);
  const JsonMember* status = members.find("status");
  if (status == nullptr || status->type != JsonMember::JsonType::object) return {};
  return JsonMembers(operation.substr(status->begin, status->end - status->begin))
      .scalar("overview");
}

}  // namespace

// The part of a path behind /projects/{p}; "*" stands for any segment.
struct Api::Route {
  std::string_view method;
  std::vector<std::string_view> pattern;
  Handler endpoint;
};

Api::Api(Catalog& catalog, ExportJobs& jobs, const ArchivePlan& archives, LinkSigner& signer,
         std::size_t max_page)
    : catalog_(catalog), jobs_(jobs), archives_(archives), signer_(signer), max_page_(max_page) {}

const std::vector<Api::Route>& Api::routes() {
  static const std::vector<Route> kRoutes = {
      {"GET", {}, &Api::project},
      {"GET", {"users"}, &Api::list_all<ObjectKind::users>},
      {"GET", {"insights"}, &Api::list_all<ObjectKind::insights>},
      {"GET", {"tags"}, &Api::list_all<ObjectKind::tags>},
      {"GET", {"ontologies"}, &Api::list_all<ObjectKind::ontologies>},
      {"GET", {"assetgroups"}, &Api::asset_groups},
      {"GET", {"assets"}, &Api::page<ObjectKind::assets>},
      {"GET", {"assets", "*"}, &Api::asset},
      {"GET", {"assets", "*", "customMetadatas"}, &Api::custom_metadatas},
      {"GET", {"annotations"}, &Api::page<ObjectKind::annotations>},
      {"GET", {"annotations", "*"}, &Api::one<ObjectKind::annotations>},
      {"GET", {"sequences"}, &Api::page<ObjectKind::sequences>},
      {"GET", {"sequences", "*"}, &Api::one<ObjectKind::sequences>},
      {"GET", {"workflows"}, &Api::list_all<ObjectKind::workflows>},
      {"GET", {"workflows", "*"}, &Api::one<ObjectKind::workflows>},
      {"GET", {"runs"}, &Api::list_all<ObjectKind::runs>},
      {"GET", {"runs", "*"}, &Api::one<ObjectKind::runs>},
      {"GET", {"runs", "logs", "*"}, &Api::run_log},
      {"GET", {"runs", "*", "confusionMatrix"}, &Api::confusion_matrix},
      {"GET", {"artifacts"}, &Api::artifacts},
      {"GET", {"artifacts", "*"}, &Api::artifact},
      {"GET", {"artifacts", "*", "exports"}, &Api::models},
      {"POST", {"artifacts", "*", "exports"}, &Api::start_model},
      {"GET", {"artifacts", "*", "availableInstances", "regions", "*"}, &Api::instances},
      {"GET", {"objects"}, &Api::empty_page},
      {"GET", {"predictions"}, &Api::empty_page},
      {"GET", {"batch", "jobs"}, &Api::empty_page},
      {"GET", {"batch", "datasets"}, &Api::empty_page},
      {"GET", {"batch", "webhooks"}, &Api::empty_page},
      {"GET", {"batch", "*", "*"}, &Api::nothing_there},
      {"GET", {"batch", "jobs", "*", "logs"}, &Api::nothing_there},
      {"GET", {"deployments"}, &Api::list_all<ObjectKind::deployments>},
      {"GET", {"deployments", "*"}, &Api::one<ObjectKind::deployments>},
      {"POST", {"annotationexports"}, &Api::start_annotation_export},
      {"GET", {"annotationexports", "*"}, &Api::annotation_export},
      {"GET", {"operations", "*"}, &Api::operation},
  };
  return kRoutes;
}

Reply Api::answer(const ApiRequest& request, bool repeat_cursor) {
  Call call{request, nullptr, RecordWriter(catalog_.dialect(), signer_, request.now_ms),
            repeat_cursor};
  try {
    if (request.method != "GET" || jobs_.active()) {
      const std::unique_lock lock(catalog_.mutex());
      return route(call);
    }
    const std::shared_lock lock(catalog_.mutex());
    return route(call);
  } catch (const Error& error) {
    if (error.http_status() == 0) throw;
    return json_error(error.http_status(), error.reason());
  }
}

Reply Api::route(Call& call) {
  const std::vector<std::string>& path = call.request.segments;
  if (path.size() == 1 && path[0] == "workspace") {
    if (call.request.method != "GET") return json_error(405, "only GET is possible here");
    if (!catalog_.workspace()) throw not_found(call.request, "the workspace");
    Reply reply;
    reply.body = catalog_.workspace()->text;
    return reply;
  }
  if (path.size() == 2 && path[0] == "workspace" && path[1] == "projects") {
    if (call.request.method != "GET") return json_error(405, "only GET is possible here");
    return list_projects(call);
  }
  if (path.size() == 3 && path[0] == "workspaces") {
    if (call.request.method != "GET") return json_error(405, "only GET is possible here");
    if (path[1] != catalog_.workspace_id()) throw not_found(call.request, "the workspace");
    if (path[2] == "artifacts") return workspace_artifacts(call);
    if (path[2] == "runners") return empty_list();
  }
  if (path.size() >= 2 && path[0] == "projects") return call_project(call);
  throw not_found(call.request, "the path");
}

Reply Api::call_project(Call& call) {
  const std::vector<std::string>& path = call.request.segments;
  bool known_path = false;
  for (const Route& route : routes()) {
    if (route.pattern.size() != path.size() - 2) continue;
    bool matches = true;
    for (std::size_t i = 0; i < route.pattern.size(); ++i) {
      matches = matches && (route.pattern[i] == "*" || route.pattern[i] == path[i + 2]);
    }
    if (!matches) continue;
    known_path = true;
    if (route.method != call.request.method) continue;
    call.project = catalog_.visible_project(path[1]);
    if (call.project == nullptr) throw not_found(call.request, "the project");
    return (this->*route.endpoint)(call);
  }
  if (known_path) return json_error(405, "the path does not answer this method");
  throw not_found(call.request, "the path");
}

Reply Api::list_projects(Call&) {
  Reply reply;
  reply.body += '[';
  for (const auto& [id, project] : catalog_.projects()) {
    if (!project.record) continue;
    if (reply.body.size() > 1) reply.body += ',';
    reply.body += project.record->text;
  }
  reply.body += "]";
  return reply;
}

Reply Api::project(Call& call) {
  Reply reply;
  reply.body = call.project->record->text;
  return reply;
}

template <ObjectKind kind>
Reply Api::list_all(Call& call) {
  const RecordList& list = call.project->list(kind);
  Reply reply;
  reply.body += '[';
  Record scratch;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) reply.body += ',';
    call.writer.append(kind, *call.project, list.at(i, scratch), reply.body);
  }
  reply.body += "]";
  return reply;
}

// Positions of the sequences of the name that is asked for; nullopt when none is.
std::optional<std::vector<std::size_t>> Api::named_sequences(const Call& call) {
  const std::optional<std::string> name = call.request.query.first("name");
  if (!name) return std::nullopt;
  const RecordList& list = call.project->list(ObjectKind::sequences);
  std::vector<std::size_t> positions;
  Record scratch;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (JsonMembers(list.at(i, scratch).text).scalar("name") == *name) positions.push_back(i);
  }
  return positions;
}

template <ObjectKind kind>
Reply Api::page(Call& call) {
  const PageRequest wanted = PageRequest::read(call.request, max_page_);
  const RecordList& list = call.project->list(kind);
  std::optional<std::vector<std::size_t>> chosen;
  if constexpr (kind == ObjectKind::assets) {
    chosen = filtered_assets(*call.project, call.request.query);
  }
  if constexpr (kind == ObjectKind::sequences) chosen = named_sequences(call);
  if constexpr (kind == ObjectKind::annotations) {
    call.writer.include_attributes = call.request.query.flag("includeAttributes");
    const std::vector<std::string> assets = call.request.query.all("assetId");
    if (!assets.empty()) {
      chosen.emplace();
      for (const std::string& asset : assets) {
        const std::vector<std::size_t> found = list.children(asset);
        chosen->insert(chosen->end(), found.begin(), found.end());
      }
      std::sort(chosen->begin(), chosen->end());
      chosen->erase(std::unique(chosen->begin(), chosen->end()), chosen->end());
    }
  }
  const std::size_t size = chosen ? chosen->size() : list.size();
  const std::size_t begin = std::min(wanted.offset, size);
  const std::size_t end = std::min(begin + wanted.limit, size);
  std::string next = end < size ? wanted.cursor(end) : "";
  if (call.repeat_cursor) next = wanted.cursor(wanted.offset);
  const std::string previous =
      begin > 0 ? wanted.cursor(begin - std::min(begin, wanted.limit)) : "";

  Reply reply;
  reply.body = page_head(catalog_.dialect(), next, previous);
  Record scratch;
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin) reply.body += ',';
    const std::size_t position = chosen ? (*chosen)[i] : i;
    call.writer.append(kind, *call.project, list.at(position, scratch), reply.body);
  }
  reply.body += "]}";
  return reply;
}

Reply Api::record_reply(Call& call, ObjectKind kind, std::string_view key) {
  const RecordList& list = call.project->list(kind);
  const std::optional<std::size_t> position = list.find(key);
  if (!position) throw not_found(call.request, "the " + std::string(name_of(kind).object));
  Reply reply;
  Record scratch;
  call.writer.append(kind, *call.project, list.at(*position, scratch), reply.body);
  return reply;
}

template <ObjectKind kind>
Reply Api::one(Call& call) {
  call.writer.include_attributes = call.request.query.flag("includeAttributes");
  return record_reply(call, kind, call.request.segments[3]);
}

Reply Api::asset(Call& call) {
  const std::string& name = call.request.segments[3];
  const RecordList& list = call.project->list(ObjectKind::assets);
  if (list.find(name)) return record_reply(call, ObjectKind::assets, name);
  const std::optional<std::size_t> position = asset_with_filename(*call.project, name);
  if (!position) throw not_found(call.request, "the asset");
  Reply reply;
  Record scratch;
  call.writer.append(ObjectKind::assets, *call.project, list.at(*position, scratch), reply.body);
  return reply;
}

Reply Api::asset_groups(Call& call) {
  Reply reply;
  reply.body =
      asset_groups_text(*call.project, call.request.query.all("group"), catalog_.dialect());
  return reply;
}

Reply Api::run_log(Call& call) {
  return record_reply(call, ObjectKind::runlogs, call.request.segments[4]);
}

Reply Api::confusion_matrix(Call& call) {
  return record_reply(call, ObjectKind::runmatrices, call.request.segments[3]);
}

void Api::append_artifacts(Call& call, std::string& out) {
  const std::vector<std::string> runs = call.request.query.all("runId");
  const RecordList& list = call.project->list(ObjectKind::artifacts);
  Record scratch;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Record& record = list.at(i, scratch);
    const bool wanted =
        runs.empty() || std::find(runs.begin(), runs.end(), record.parent) != runs.end();
    if (!wanted) continue;
    if (out.size() > 1) out += ',';
    call.writer.append(ObjectKind::artifacts, *call.project, record, out);
  }
}

Reply Api::artifacts(Call& call) {
  call.writer.include_exports = call.request.query.flag("includeExports");
  if (call.writer.include_exports) {
    jobs_.advance_models(call.request.segments[1], call.request.now_ms);
  }
  Reply reply;
  reply.body = "[";
  append_artifacts(call, reply.body);
  reply.body += "]";
  return reply;
}

// Nothing in the data says which artifacts were raised to the workspace: all were.
Reply Api::workspace_artifacts(Call& call) {
  call.writer.include_exports = call.request.query.flag("includeExports");
  Reply reply;
  reply.body = "[";
  for (auto& [id, project] : catalog_.projects()) {
    if (!project.record) continue;
    call.project = &project;
    append_artifacts(call, reply.body);
  }
  reply.body += "]";
  return reply;
}

Reply Api::artifact(Call& call) {
  const std::string& id = call.request.segments[3];
  call.writer.include_exports = call.request.query.flag("includeExports");
  if (call.writer.include_exports) jobs_.advance(id, call.request.now_ms);
  return record_reply(call, ObjectKind::artifacts, id);
}

Reply Api::models(Call& call) {
  const std::string& id = call.request.segments[3];
  record_reply(call, ObjectKind::artifacts, id);
  jobs_.advance(id, call.request.now_ms);
  Reply reply;
  call.writer.append_children(ObjectKind::models, *call.project, id, reply.body);
  return reply;
}

Reply Api::start_model(Call& call) {
  const std::string& artifact = call.request.segments[3];
  record_reply(call, ObjectKind::artifacts, artifact);
  const std::string id =
      jobs_.start_model(call.request.segments[1], artifact, call.request.body, call.request.now_ms);
  return record_reply(call, ObjectKind::models, id);
}

Reply Api::start_annotation_export(Call& call) {
  const std::string id = jobs_.start_annotation_export(call.request.segments[1], call.request.body,
                                                       call.request.now_ms);
  return record_reply(call, ObjectKind::operations, id);
}

Reply Api::operation(Call& call) {
  jobs_.advance(call.request.segments[3], call.request.now_ms);
  return record_reply(call, ObjectKind::operations, call.request.segments[3]);
}

Reply Api::annotation_export(Call& call) {
  const std::string& id = call.request.segments[3];
  jobs_.advance(id, call.request.now_ms);
  const std::string overview = overview_of(record_reply(call, ObjectKind::operations, id).body);
  Reply reply;
  text::JsonWriter json;
  json.begin_object();
  json.member(spell(catalog_.dialect(), "opId"), id);
  const bool finished = text::folded(overview) == "finished";
  const std::string planned = archives_.status();
  json.member("status", finished && !planned.empty() ? planned : overview);
  if (finished && planned.empty()) {
    json.key("download");
    call.writer.write_download(std::string(kBucket) +
                                   text::percent_encoded(call.request.segments[1]) + "/exports/" +
                                   text::percent_encoded(id) + ".zip",
                               json);
  }
  json.end_object();
  reply.body = json.take();
  return reply;
}

}  // namespace nexus_mirror::emulator
