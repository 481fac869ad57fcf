#include "sync/project_pass.h"

#include <algorithm>

#include "log/log.h"

namespace nexus_mirror::sync {

using nexus::Decoder;
using nexus::Endpoint;
using nexus::Unreadable;
using objects::RowBatch;
using objects::Table;

namespace {

// A pass that was cut short longer ago is begun anew.
constexpr std::int64_t kResumeWithinMs = 24LL * 3600 * 1000;

std::optional<std::int64_t> sum(const objects::Cell& a, const objects::Cell& b) {
  if (a.null() && b.null()) return std::nullopt;
  return (a.null() ? 0 : a.integer) + (b.null() ? 0 : b.integer);
}

std::size_t project_column(const char* name) {
  return static_cast<std::size_t>(objects::projects.column(name));
}

}  // namespace

ProjectPass::ProjectPass(PassContext& context, RowBatch project)
    : context_(context),
      project_(std::move(project)),
      id_(project_.last(0).text()),
      name_(project_.last(project_column("name")).text()) {
  if (name_.empty()) name_ = id_;
  total_ = sum(project_.last(project_column("total_assets")),
               project_.last(project_column("total_annotations")));
  result_.id = id_;
  result_.name = name_;
}

std::vector<std::function<void()>> ProjectPass::tasks() {
  std::vector<std::function<void()>> tasks;
  const auto add = [&](auto task) {
    tasks.push_back([this, task] {
      std::call_once(prepared_, [this] { prepare(); });
      run(task);
    });
  };
  add([this] { update_project(); });
  for (const Endpoint& endpoint : nexus::project_endpoints()) {
    const Table* table = endpoint.table;
    if (table == &objects::runs) {
      add([this] { runs(); });
    } else if (table == &objects::artifacts) {
      add([this] { artifacts(); });
    } else if (table == &objects::assets && context_.quick) {
      add([this, &endpoint] {
        paged_listing(endpoint, {});
        quick_annotations();
      });
    } else if (table == &objects::annotations && context_.quick) {
      continue;
    } else if (endpoint.paged) {
      add([this, &endpoint] { paged_listing(endpoint, {}); });
    } else {
      add([this, &endpoint] { simple_listing(endpoint); });
    }
  }
  add([this] { operations(); });
  return tasks;
}

// Before the first task: what an earlier pass left.
void ProjectPass::prepare() {
  context_.observer.project_rows(id_, name_, 0, total_);
  context_.writer.run([this](store::Store& store) {
    const bool unfinished = store.listings.unfinished_pass(id_, context_.env.now_ms() - kResumeWithinMs);
    full_annotations_ = !context_.quick || unfinished || !store.tables.loaded(id_, objects::annotations);
  });
}

void ProjectPass::run(const std::function<void()>& task) {
  if (abandoned_) return;
  try {
    task();
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::timeout:
      case ErrorCode::http_status:
      case ErrorCode::bad_response: {
        const bool silent = error.code() == ErrorCode::timeout || error.http_status() >= 500;
        note(Outcome::failed, error.what());
        if (silent) abandoned_ = true;
        std::lock_guard lock(mutex_);
        transient_ = transient_ && silent;
        return;
      }
      default:
        throw;
    }
  }
}

void ProjectPass::note(Outcome outcome, const std::string& error) {
  log::warning(error, {{"project", name_}});
  std::lock_guard lock(mutex_);
  const auto rank = [](Outcome of) {
    return of == Outcome::refused ? 3 : of == Outcome::failed ? 2 : of == Outcome::partial ? 1 : 0;
  };
  if (rank(outcome) <= rank(result_.outcome)) return;
  result_.outcome = outcome;
  result_.error = "project " + name_ + ": " + error;
}

void ProjectPass::count(const store::RowCounts& rows, std::int64_t seen) {
  {
    std::lock_guard lock(mutex_);
    result_.rows += rows;
  }
  if (seen == 0) return;
  context_.observer.project_rows(id_, name_, rows_seen_ += seen, total_);
}

ProjectResult ProjectPass::finish(bool interrupted) {
  std::lock_guard lock(mutex_);
  if (!interrupted) {
    const bool complete = result_.outcome != Outcome::failed;
    const bool keep_cursors = transient_;
    context_.writer.run([&](store::Store& store) {
      if (complete) {
        store.listings.finish_pass(id_);
      } else {
        store.listings.forget_progress(id_, !keep_cursors);
      }
    });
  }
  context_.observer.project_finished(id_);
  return result_;
}

void ProjectPass::update_project() {
  std::optional<Error> problem;
  try {
    nexus::merge_groups(context_.client.asset_groups(id_, context_.stop), project_);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    problem = error;
  }
  count(context_.writer.run([&](store::Store& store) {
    // Without the groups' statistics a known project keeps the row it has.
    if (problem && store.tables.has_project(id_)) return store::RowCounts{};
    const store::RowCounts counts = store.tables.put(project_);
    statistic_changed_ = counts.updated > 0 || counts.inserted > 0;
    return counts;
  }),
        0);
  if (problem) throw *problem;
}

void ProjectPass::simple_listing(const Endpoint& endpoint) {
  auto listing = context_.writer.run(
      [&](store::Store& store) { return store.listings.open(id_, *endpoint.table); });
  if (listing.done) return;
  bool complete = true;
  RowBatch rows(*endpoint.table);
  std::vector<Unreadable> unreadable;
  const nexus::Document document = context_.client.list(endpoint, id_, {}, context_.stop);
  Decoder::of(*endpoint.table).decode_list(document, decode_context(), rows, unreadable);
  count(context_.writer.run([&](store::Store& store) { return store.listings.apply(listing, rows, ""); }),
        0);
  report(unreadable, *endpoint.table, &listing, complete);
  end_listing(endpoint, listing, complete);
}

void ProjectPass::runs() {
  simple_listing(nexus::endpoint_of(objects::runs));
  if (!context_.config.sync.run_logs) return;
  const auto logs =
      context_.writer.run([&](store::Store& store) { return store.run_logs.unread(id_); });
  for (const auto& log : logs) {
    const auto document = context_.client.run_log(id_, log.log_id, context_.stop);
    if (!document) continue;  // a run that just began has an id for it before it has a log
    RowBatch rows(objects::run_logs);
    std::vector<Unreadable> unreadable;
    bool complete = true;
    nexus::decode_run_log(*document, decode_context(), log.run_id, log.log_id, rows, unreadable);
    report(unreadable, objects::run_logs, nullptr, complete);
    count(context_.writer.run([&](store::Store& store) { return store.run_logs.put(rows, log, id_); }),
          0);
  }
}

void ProjectPass::artifacts() {
  const Endpoint& endpoint = nexus::endpoint_of(objects::artifacts);
  const Endpoint models_endpoint{&objects::models, ""};
  auto [listing, models] = context_.writer.run([&](store::Store& store) {
    return std::pair(store.listings.open(id_, objects::artifacts),
                     store.listings.open(id_, objects::models));
  });
  if (listing.done && models.done) return;
  RowBatch rows(objects::artifacts);
  nexus::ArtifactExports exports;
  std::vector<Unreadable> unreadable, unreadable_models;
  bool complete = true, models_complete = true;
  const nexus::Document document = context_.client.list(endpoint, id_, {}, context_.stop);
  Decoder::of(objects::artifacts).decode_list(document, decode_context(), rows, unreadable);
  nexus::decode_exports(document, decode_context(), exports, unreadable_models);
  for (const auto& named : exports.named) {
    // This server tells only the formats; the models themselves are at the artifact.
    const auto answer = context_.client.artifact_exports(id_, named.artifact_id, context_.stop);
    const std::size_t before = exports.models.size();
    if (answer) {
      nexus::decode_models(*answer, decode_context(), named.artifact_id, exports.models,
                           unreadable_models);
    }
    nexus::keep_named_formats(rows, named, exports.models, before);
  }
  report(unreadable_models, objects::models, &models, models_complete);
  // An artifact that cannot be read takes its models out of sight.
  models_complete = models_complete && unreadable.empty();
  report(unreadable, objects::artifacts, &listing, complete);
  count(context_.writer.run([&](store::Store& store) {
    store::RowCounts counts = store.listings.apply(listing, rows, "");
    return counts += store.listings.apply(models, exports.models, "");
  }),
        0);
  end_listing(endpoint, listing, complete);
  end_listing(models_endpoint, models, models_complete);
}

void ProjectPass::operations() {
  const auto open =
      context_.writer.run([&](store::Store& store) { return store.tables.open_operations(id_); });
  for (const std::string& operation : open) {
    const auto document = context_.client.operation(id_, operation, context_.stop);
    if (!document) continue;  // the server forgets old ones; what it last said stays
    RowBatch rows(objects::operations);
    std::vector<Unreadable> unreadable;
    bool complete = true;
    Decoder::of(objects::operations).decode_object(*document, decode_context(), rows, unreadable);
    report(unreadable, objects::operations, nullptr, complete);
    count(context_.writer.run([&](store::Store& store) { return store.tables.put(rows); }), 0);
  }
}

// Names each row that was kept out; the row that the mirror has stays, and a row without an id may
// be any, so that nothing can be called gone.
void ProjectPass::report(const std::vector<Unreadable>& unreadable, const Table& table,
                         store::Listing* listing, bool& complete) {
  for (const Unreadable& row : unreadable) {
    note(Outcome::partial, "reading " + std::string(table.name) + " " +
                               (row.id.empty() ? "row without an id" : row.id) + ": " + row.reason +
                               "; the row was kept out");
    if (row.id.empty() || table.column("id") < 0) {
      complete = false;
    } else if (listing != nullptr) {
      context_.writer.run([&](store::Store& store) { store.listings.keep(*listing, row.id); });
    }
  }
}

}  // namespace nexus_mirror::sync
