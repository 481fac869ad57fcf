#include "sync/workspace_sync.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "error/current_error.h"
#include "log/log.h"
#include "objects/columns.h"
#include "sync/configured.h"
#include "sync/unmatched.h"
#include "sync/workers.h"
#include "text/counted.h"
#include "text/match.h"

namespace nexus_mirror::sync {
namespace {

using nexus::Decoder;
using nexus::UnreadableRow;
using objects::RowBatch;

// Whatever answers at /workspace like this is not the API: what is no workspace, and a status that
// speaks of the address, as opposed to the key, the plan or the pace.
bool is_elsewhere(const Error& error) {
  constexpr int kOfTheApi[] = {401, 402, 403, 408, 429};
  const int status = error.http_status();
  return error.code() == ErrorCode::bad_response ||
         (status >= 300 && status < 500 &&
          std::find(std::begin(kOfTheApi), std::end(kOfTheApi), status) == std::end(kOfTheApi));
}

// 403 at the workspace means the key as a whole; 5xx there that no server is to be had.
Error of_workspace(const Error& error, const std::string& name) {
  const std::string subject = "workspace " + name + " (" + error.subject() + ")";
  if (error.code() == ErrorCode::key_refused || error.http_status() == 403) {
    return Error(ErrorCode::key_refused, error.doing(), subject, error.reason(),
                 "check the workspace's secret key");
  }
  if (error.http_status() >= 500 || error.http_status() == 429) {
    return Error(ErrorCode::unreachable, error.doing(), subject, error.reason(), error.hint());
  }
  return error;
}

}  // namespace

WorkspaceSync::WorkspaceSync(const Config& config, const WorkspaceConfig& workspace,
                             const SyncRequest& request, Env& env, Observer& observer,
                             const std::stop_token& stop)
    : config_(config),
      workspace_(workspace),
      request_(request),
      stop_(stop),
      transport_(config, workspace, env, observer),
      other_keys_(config, workspace, request, env, observer) {}

TransferCount WorkspaceSync::count() const {
  TransferCount sum = other_keys_.count();
  sum.requests += transport_.count().requests;
  sum.bytes_received += transport_.count().bytes_received;
  return sum;
}

bool WorkspaceSync::configured(const std::string& id, const std::string& name) const {
  return is_configured(workspace_, id, name);
}

bool WorkspaceSync::selected(const std::string& id, const std::string& name) const {
  return configured(id, name) &&
         (request_.projects.empty() || text::matches(request_.projects, id, name));
}

RowBatch WorkspaceSync::read_row(const nexus::Client& client) const {
  try {
    return read_workspace(client, stop_);
  } catch (const Error& error) {
    if (!is_elsewhere(error)) throw;
    throw Error(ErrorCode::unreachable, error.doing(), error.subject(), error.reason(),
                "is the endpoint " + workspace_.endpoint + " right?");
  }
}

SelectedProjects WorkspaceSync::select(WriterThread* writer, store::RowCounts& rows) {
  SelectedProjects selected_projects;
  try {
    const nexus::Client client(transport_.get());
    const RowBatch workspace = read_row(client);
    std::vector<UnreadableRow> unreadable;
    const std::string workspace_id = objects::text_of(workspace, 0, "id");
    if (writer != nullptr) {
      rows += writer->run([&](store::Store& store) { return store.tables.put(workspace); });
    }
    const nexus::Document document = client.projects(stop_);
    std::vector<store::KnownProject> listed;
    const auto take = [&](const simdjson::dom::element& value) {
      RowBatch project(objects::projects);
      if (!Decoder::of(objects::projects).decode(value, {}, project, unreadable)) return;
      const std::string id = objects::text_of(project, 0, "id");
      selected_projects.ids.insert(id);
      listed.push_back({id, objects::text_of(project, 0, "name")});
      if (selected(id, listed.back().name)) {
        selected_projects.projects.push_back(std::move(project));
      }
    };
    document.for_each_row(take, unreadable);
    bool complete = true;
    for (const UnreadableRow& row : unreadable) {
      complete = complete && !row.id.empty();
      selected_projects.ids.insert(row.id);
      selected_projects.unreadable.push_back({row.id,
                                              row.id,
                                              Outcome::partial,
                                              "reading project " +
                                                  (row.id.empty() ? "row without an id" : row.id) +
                                                  ": " + row.reason + "; the row was kept out",
                                              {}});
    }
    if (writer != nullptr) {
      selected_projects.all_readable = unreadable.empty();
      take_stock(*writer, workspace_id, std::move(listed), selected_projects);
    } else {
      std::erase_if(listed, [&](const auto& each) { return !configured(each.id, each.name); });
      selected_projects.configured = std::move(listed);
    }
    if (writer != nullptr && complete) find_removed(*writer, workspace_id, selected_projects);
  } catch (const Error& error) {
    throw of_workspace(error, workspace_.name);
  }
  return selected_projects;
}

// What went from the workspace was no mistyped name, and whoever asks for some projects alone has
// not asked whether the others are still there.
void WorkspaceSync::take_stock(WriterThread& writer, const std::string& workspace_id,
                               std::vector<store::KnownProject> listed,
                               SelectedProjects& projects) {
  std::vector<store::KnownProject> known =
      writer.run([&](store::Store& store) { return store.tables.all_projects(workspace_id); });
  std::erase_if(known, [&](const store::KnownProject& project) {
    return projects.ids.contains(project.id);  // by the name that it has
  });
  known.insert(known.end(), std::make_move_iterator(listed.begin()),
               std::make_move_iterator(listed.end()));
  // One that cannot be read may be the one that is meant.
  projects.whole =
      !projects.all_readable ||
      !warn_of_unmatched("workspace " + workspace_.name + " is to mirror", workspace_.projects,
                         known, "until one has, the mirror is not whole and status is not fresh");
  for (store::KnownProject& project : known) {
    if (!configured(project.id, project.name)) continue;
    projects.whole = projects.whole && selected(project.id, project.name);
    projects.configured.push_back(std::move(project));
  }
}

// Projects that the mirror has and the listing has not: asked for by id, like any other row.
void WorkspaceSync::find_removed(WriterThread& writer, const std::string& workspace_id,
                                 SelectedProjects& projects) {
  const auto known =
      writer.run([&](store::Store& store) { return store.tables.live_projects(workspace_id); });
  for (const auto& [id, name] : known) {
    if (projects.ids.contains(id) || !selected(id, name)) continue;
    try {
      const auto document = nexus::Client(transport_.get()).find_project(id, stop_);
      if (!document) {
        // Another key may see it: then it is that one's business.
        if (other_keys_.look_for(id, workspace_id, stop_) != Sight::unseen) continue;
        projects.removed.push_back(id);
        log::warning("the workspace no longer has project " + name + "; its rows are kept",
                     {{"project", name}});
        continue;
      }
      RowBatch project(objects::projects);
      std::vector<UnreadableRow> unreadable;
      if (Decoder::of(objects::projects).decode_object(*document, {}, project, unreadable)) {
        projects.projects.push_back(std::move(project));
      } else {
        projects.unreadable.push_back(
            {id,
             name,
             Outcome::partial,
             "reading project " + name + ": " + unreadable.front().reason + "; it was kept",
             {}});
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::key_refused) throw;
      if (other_keys_.look_for(id, workspace_id, stop_) == Sight::seen) continue;
      projects.unreadable.push_back(
          {id,
           name,
           Outcome::partial,
           "asking whether project " + name + " is gone: " + error.reason() + "; it was kept",
           {}});
    }
  }
}

void WorkspaceSync::run_passes(PassContext& context, std::vector<RowBatch> projects,
                               std::vector<ProjectResult>& results) {
  std::stop_source abort;
  const std::stop_callback forward(stop_, [&abort] { abort.request_stop(); });
  context.stop = abort.get_token();
  std::deque<ProjectPass> passes;
  std::vector<ExpectedProject> expected;
  for (RowBatch& project : projects) {
    passes.emplace_back(context, std::move(project));
    expected.push_back(passes.back().expected());
  }
  context.observer.projects_expected(expected);
  for (const nexus::Endpoint& endpoint : nexus::project_endpoints()) {
    for (std::size_t i = 0; context.ahead != nullptr && i < passes.size(); ++i) {
      context.ahead->expect(*endpoint.table);
    }
  }
  const std::string subject = "workspace " + workspace_.name;
  std::optional<Error> fatal;
  try {
    Workers workers(abort);
    std::int64_t resumed = 0, rows = 0;
    for (ProjectPass& pass : passes) {
      const std::int64_t here = pass.prepare();
      rows += here;
      resumed += here > 0 ? 1 : 0;
      for (auto& task : pass.tasks()) workers.add(std::move(task));
    }
    if (resumed > 0) {
      log::info("goes on at " + text::counted(rows, "row") + " of " +
                text::counted(resumed, "project") + ", where a sync was cut short");
      context.observer.resumed(resumed, rows);
    }
    const auto most = static_cast<std::size_t>(config_.http.concurrency);
    if (const std::exception_ptr thrown = workers.run(most)) std::rethrow_exception(thrown);
  } catch (...) {
    fatal = current_error(ErrorCode::machine, "syncing", subject);
  }
  if (!fatal && stop_.stop_requested()) {
    fatal = Error(ErrorCode::interrupted, "syncing", subject, "asked to stop",
                  "the next sync goes on where this one ended");
  }
  for (ProjectPass& pass : passes) {
    results.push_back(pass.finish(fatal.has_value()));
    ProjectResult& result = results.back();
    result.incomplete = result.incomplete || fatal;
    if (fatal && result.outcome == Outcome::ok) {
      result.outcome = Outcome::failed;
      result.error = fatal->what();
    }
  }
  if (fatal) throw *fatal;
}

}  // namespace nexus_mirror::sync
