#include "sync/project_pass.h"

#include <algorithm>

#include "env/build_id.h"
#include "error/current_error.h"
#include "log/log.h"
#include "nexus/artifact_listing.h"
#include "objects/columns.h"
#include "text/digest.h"

namespace nexus_mirror::sync {

using nexus::Decoder;
using nexus::Endpoint;
using nexus::UnreadableRow;
using objects::RowBatch;
using objects::Table;

namespace {

// A pass that was cut short longer ago is begun anew.
constexpr std::int64_t kResumeWithinMs = 24LL * 3600 * 1000;

std::optional<std::int64_t> sum(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a && !b) return std::nullopt;
  return a.value_or(0) + b.value_or(0);
}

std::string name_of_project(const RowBatch& project) {
  const std::string name = objects::text_of(project, 0, "name");
  return name.empty() ? objects::text_of(project, 0, "id") : name;
}

// A row may be another one's that the mirror knows; and another program may read it another way.
// Two servers may have pages of the same ETag.
std::string rules_of(const PassContext& context) {
  if (build_id().empty()) return {};
  text::Sha256 rules;
  rules.update_field(build_id());
  rules.update_field(context.server);
  for (const std::string& id : context.project_ids) rules.update_field(id);
  return rules.bytes();
}

}  // namespace

ProjectPass::ProjectPass(const PassContext& context, RowBatch project)
    : context_(context),
      project_(std::move(project)),
      id_(objects::text_of(project_, 0, "id")),
      name_(name_of_project(project_)),
      annotations_(objects::integer_of(project_, 0, "total_annotations")),
      total_(sum(objects::integer_of(project_, 0, "total_assets"), annotations_)),
      rules_(rules_of(context)),
      expected_(counts_in(project_)) {
  for (const Endpoint& endpoint : nexus::project_endpoints()) progress_[endpoint.table];
  result_.id = id_;
  result_.name = name_;
}

ProjectPass::Counts ProjectPass::counts_in(const RowBatch& project) {
  Counts counts;
  for (const Table* table : objects::all_tables()) {
    const std::string column = "total_" + std::string(table->name);
    if (project.table().column(column) < 0) continue;
    counts[table] = objects::integer_of(project, 0, column).value_or(0);
  }
  return counts;
}

std::int64_t ProjectPass::prepare() {
  std::int64_t rows = 0;
  list_all_ = context_.writer.run([&](store::Store& store) {
    const bool unfinished =
        store.listings.unfinished_pass(id_, context_.env.now_ms(), kResumeWithinMs);
    for (const auto& [table, count] : expected_) {
      if (unfinished) rows += store.listings.rows_met(id_, *table);
    }
    return !context_.quick || unfinished || !store.tables.loaded(id_, objects::annotations);
  });
  rows_seen_ = rows;
  if (rows > 0) context_.observer.project_resumed(id_, name_, rows);
  return rows;
}

// What takes longest, and what others wait for, goes first; but the project's own row before all.
std::vector<std::function<void()>> ProjectPass::tasks() {
  std::vector<std::function<void()>> long_ones, short_ones;
  if (!context_.quick) long_ones.push_back([this] { run([this] { update_project(); }); });
  const auto endpoints = nexus::project_endpoints();
  const auto decides_another = [&](const Endpoint& endpoint) {
    return std::any_of(endpoints.begin(), endpoints.end(),
                       [&](const Endpoint& other) { return other.quick_by == endpoint.table; });
  };
  for (const Endpoint& endpoint : endpoints) {
    const bool decides = decides_another(endpoint), by_another = endpoint.quick_by != nullptr;
    if (context_.quick && by_another) {
      long_ones.push_back([this, &endpoint] { list_quickly(endpoint); });
    } else if (!context_.quick || !decides) {
      (decides || by_another ? long_ones : short_ones).push_back([this, &endpoint] {
        list_and_tell(endpoint);
      });
    }
  }
  short_ones.push_back([this] {
    run([this] { if_given({&objects::operations}, [this] { follow_operations(); }); });
  });
  long_ones.insert(long_ones.end(), short_ones.begin(), short_ones.end());
  tasks_left_ = long_ones.size();
  for (auto& task : long_ones) task = counted(std::move(task));
  return long_ones;
}

// After the last one nothing more of the project comes, though others go on.
std::function<void()> ProjectPass::counted(std::function<void()> task) {
  return [this, task = std::move(task)] {
    task();
    if (--tasks_left_ == 0) context_.observer.project_finished(id_);
  };
}

// Whoever asks by its rows learns how it ended, whatever happens.
void ProjectPass::list_and_tell(const Endpoint& endpoint) {
  struct End {
    ListingProgress& progress;
    bool whole = false;
    ~End() { progress.end(whole); }
  };
  {
    End end{progress_of(*endpoint.table)};
    run([&] {
      if (endpoint.essential) {
        list(endpoint);
        end.whole = true;
      } else {
        if_given(kinds_of(endpoint), [&] { list(endpoint); });
      }
    });
  }
  if (context_.ahead != nullptr) context_.ahead->ended(*endpoint.table);
}

// Whether no listing of this sync is to fill the table but `ours`.
bool ProjectPass::fills_no_more(const Table& table, int ours) const {
  return context_.ahead != nullptr && context_.ahead->left(table) == ours;
}

// As soon as no more rows come. Of a table whose rows others ask by it would keep these waiting.
void ProjectPass::make_indexes(const Endpoint& endpoint, const store::Listing& listing) {
  if (endpoint.quick_by == nullptr || listing.place != store::LoadPlace::table) return;
  if (!fills_no_more(*endpoint.table, 1)) return;
  context_.writer.run([&](store::Store& store) { store.make_indexes(*endpoint.table); });
}

void ProjectPass::run(const std::function<void()>& task) {
  if (abandoned_) return;
  try {
    task();
  } catch (const Error& error) {
    fail(error);
  } catch (...) {
    fail(current_error(ErrorCode::bad_response, "syncing", "project " + name_));
  }
}

// Notes what is wrong with this project alone; throws the rest.
void ProjectPass::fail(const Error& error) {
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
      throw error;
  }
}

void ProjectPass::note(Outcome outcome, const std::string& error) {
  log::warning(error, {{"project", name_}});
  context_.observer.trouble(name_, error);
  std::lock_guard lock(mutex_);
  result_.incomplete = result_.incomplete || outcome == Outcome::failed;
  const Outcome worse = objects::worse_of(result_.outcome, outcome);
  if (worse == result_.outcome) return;
  result_.outcome = worse;
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
    const bool complete = !result_.incomplete, keep_cursors = transient_;
    context_.writer.run([&](store::Store& store) {
      if (complete) {
        store.left_out.settle(id_, left_out_);
        store.listings.finish_pass(id_);
      } else {
        store.listings.forget_progress(id_, !keep_cursors);
      }
    });
  }
  context_.observer.project_finished(id_);
  return result_;
}

void ProjectPass::merge_group_statistics() {
  std::vector<UnreadableRow> unreadable;
  nexus::merge_groups(context_.client.asset_groups(id_, context_.stop), project_, unreadable);
  for (const UnreadableRow& item : unreadable) {
    log::warning("reading the asset groups of project " + name_ + ": " + item.reason +
                     "; the statistics of this one were left out",
                 {{"project", name_}});
  }
}

// The project's own row. Returns whether it, and so the server's counts, changed.
bool ProjectPass::update_project() {
  context_.observer.project_rows(id_, name_, rows_seen_, total_);
  std::optional<Error> problem;
  bool given = false;
  if_given({&objects::project_groups}, [&] {
    try {
      merge_group_statistics();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || nexus::is_not_given(error)) throw;
      problem = error;
    }
    given = true;
  });
  const store::RowCounts counts = context_.writer.run([&](store::Store& store) {
    // Without the groups' statistics a known project keeps the row it has, and where they are not
    // given at all, its groups.
    if (problem && store.tables.has_project(id_)) return store::RowCounts{};
    const std::size_t groups = objects::list_at(objects::projects, "groups");
    return store.tables.put(project_, given ? std::nullopt : std::optional(groups));
  });
  count(counts, 0);
  if (problem) fail(*problem);
  return counts.updated > 0 || counts.inserted > 0;
}

void ProjectPass::list(const Endpoint& endpoint) {
  if (endpoint.has_logs) {
    list_runs(endpoint);
  } else if (endpoint.has_models) {
    list_artifacts(endpoint);
  } else if (endpoint.paged) {
    list_pages(endpoint);
  } else {
    list_at_once(endpoint);
  }
}

void ProjectPass::list_at_once(const Endpoint& endpoint) {
  auto listing = open_listing(*endpoint.table);
  if (listing.done) return;
  if (listing.read) return static_cast<void>(end_listing(endpoint, listing));
  RowBatch rows(*endpoint.table);
  std::vector<UnreadableRow> unreadable;
  const nexus::Document document = context_.client.list(endpoint, id_, {}, context_.stop);
  Decoder::of(*endpoint.table).decode_list(document, decode_context(), rows, unreadable);
  const store::KeptOut kept_out = report(unreadable, *endpoint.table);
  count(context_.writer.run(
            [&](store::Store& store) { return store.listings.apply(listing, rows, "", kept_out); }),
        0);
  end_listing(endpoint, listing);
}

// What an earlier sync kept out of a listing that goes on here is as much this one's trouble.
store::Listing ProjectPass::open_listing(const Table& table, std::vector<std::string> asset_ids) {
  auto listing = context_.writer.run(
      [&](store::Store& store) { return store.listings.open(id_, table, std::move(asset_ids)); });
  if (const auto count = expected_.find(&table); count != expected_.end()) {
    listing.expected = count->second;
  }
  note_problem(listing);
  return listing;
}

void ProjectPass::note_problem(const store::Listing& listing) {
  if (!listing.problem.empty()) note(Outcome::partial, listing.problem);
}

void ProjectPass::list_runs(const Endpoint& endpoint) {
  list_at_once(endpoint);
  if (context_.config.sync.run_logs) if_given({&objects::run_logs}, [this] { read_run_logs(); });
  if_given({&objects::run_matrices}, [this] { read_run_matrices(); });
}

void ProjectPass::read_run_matrices() {
  const auto runs =
      context_.writer.run([&](store::Store& store) { return store.run_matrices.unread(id_); });
  for (const auto& run : runs) {
    const auto document = context_.client.run_matrix(id_, run.run_id, context_.stop);
    RowBatch rows(objects::run_matrices);
    std::vector<UnreadableRow> unreadable;
    if (document) {
      nexus::decode_run_matrix(*document, decode_context(), run.run_id, rows, unreadable);
      report(unreadable, objects::run_matrices);
      if (!unreadable.empty()) continue;
    }
    count(context_.writer.run(
              [&](store::Store& store) { return store.run_matrices.put(rows, run, id_); }),
          0);
  }
}

void ProjectPass::read_run_logs() {
  const auto logs =
      context_.writer.run([&](store::Store& store) { return store.run_logs.unread(id_); });
  for (const auto& log : logs) {
    const auto document = context_.client.run_log(id_, log.log_id, context_.stop);
    if (!document) continue;  // a run that just began has an id for it before it has a log
    RowBatch rows(objects::run_logs);
    std::vector<UnreadableRow> unreadable;
    nexus::decode_run_log(*document, decode_context(), log.run_id, log.log_id, rows, unreadable);
    const bool whole = report(unreadable, objects::run_logs).problem.empty();
    count(context_.writer.run(
              [&](store::Store& store) { return store.run_logs.put(rows, log, id_, whole); }),
          0);
  }
}

// Models come with their artifacts: of what was cut short both go on where they were, or neither.
void ProjectPass::list_artifacts(const Endpoint& endpoint) {
  const Endpoint models_endpoint{.table = &objects::models, .path = {}};
  const auto open = [&](const Table& table) {
    return context_.writer.run(
        [&](store::Store& store) { return store.listings.open(id_, table); });
  };
  store::Listing listing = open(*endpoint.table), models = open(*models_endpoint.table);
  bool with_models = !skips(objects::models);
  if (!with_models) leave_out({&objects::models}, kSkipped);
  const bool read = (listing.done || listing.read) && (models.done || models.read || !with_models);
  if (read) {
    for (const store::Listing* const each : {&listing, &models}) note_problem(*each);
  } else {
    with_models = read_artifacts(listing, models) && with_models;
  }
  // They cannot be asked for by id.
  if (!listing.done && !end_listing(endpoint, listing)) models.complete = false;
  if (with_models && !models.done) end_listing(models_endpoint, models);
}

// False where the server gives no models.
bool ProjectPass::read_artifacts(store::Listing& listing, store::Listing& models) {
  const nexus::ArtifactListing found =
      nexus::list_artifacts(context_.client, decode_context(), context_.stop);
  const bool given = !found.models_not_given;
  if (!given) refused({&objects::models}, *found.models_not_given);
  store::KeptOut without_models = report(found.unreadable_models, *models.table);
  without_models.nameless = without_models.nameless || found.models_out_of_sight;
  const store::KeptOut kept_out = report(found.unreadable, *listing.table);
  if (!kept_out.problem.empty()) {  // an artifact that cannot be read takes its models out of sight
    without_models.nameless = true;
    if (without_models.problem.empty()) without_models.problem = kept_out.problem;
  }
  const bool apply_models = given && !skips(objects::models);
  count(context_.writer.run([&](store::Store& store) {
    store.listings.restart(listing);
    store::RowCounts counts = store.listings.apply(listing, found.artifacts, "", kept_out);
    if (!apply_models) return counts;
    store.listings.restart(models);
    return counts += store.listings.apply(models, found.models, "", without_models);
  }),
        0);
  return given;
}

void ProjectPass::follow_operations() {
  const auto open =
      context_.writer.run([&](store::Store& store) { return store.tables.open_operations(id_); });
  for (const std::string& operation : open) {
    const auto document = context_.client.operation(id_, operation, context_.stop);
    if (!document) continue;  // the server forgets old ones; what it last said stays
    RowBatch rows(objects::operations);
    std::vector<UnreadableRow> unreadable;
    Decoder::of(objects::operations).decode_object(*document, decode_context(), rows, unreadable);
    report(unreadable, objects::operations);
    count(context_.writer.run([&](store::Store& store) { return store.tables.put(rows); }), 0);
  }
}

// Names each row that was kept out; the row that the mirror has stays, and a row without an id may
// be any, so that nothing can be called gone.
store::KeptOut ProjectPass::report(const std::vector<UnreadableRow>& unreadable,
                                   const Table& table) {
  store::KeptOut kept_out;
  for (const UnreadableRow& row : unreadable) {
    const std::string problem = "reading " + std::string(table.name) + " " +
                                (row.id.empty() ? "row without an id" : row.id) + ": " +
                                row.reason + "; the row was kept out";
    note(Outcome::partial, problem);
    if (kept_out.problem.empty()) kept_out.problem = problem;
    if (row.id.empty() || table.column("id") < 0) {
      kept_out.nameless = true;
    } else {
      kept_out.ids.push_back(row.id);
    }
  }
  return kept_out;
}

}  // namespace nexus_mirror::sync
