#include "cli/status_command.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>

#include "cli/json_text.h"
#include "cli/row_writer.h"
#include "cli/text.h"
#include "env/seen_lock.h"
#include "store/consumers.h"
#include "sync/configured.h"
#include "text/ascii.h"
#include "text/counted.h"
#include "text/quantity.h"
#include "text/to_come.h"

namespace nexus_mirror::cli {
namespace {

using store::ProjectCounts;
using store::SyncRow;

// What the mirror has and the configuration no longer names; ids.
struct Unnamed {
  std::set<std::string> projects;
  std::set<std::string> workspaces;  // as a whole
};

Unnamed unnamed(const std::vector<ProjectCounts>& projects, const Config& config) {
  std::vector<sync::MirroredWorkspace> mirrored;
  for (const ProjectCounts& project : projects) {
    mirrored.push_back({project.workspace_id, project.workspace_name});
  }
  Unnamed found;
  for (std::size_t i = 0; i < projects.size(); ++i) {
    bool workspace_named = false, named = false;
    for (const WorkspaceConfig& workspace : config.workspaces) {
      if (!sync::may_be(workspace, mirrored[i], mirrored)) continue;
      workspace_named = true;
      named = named || sync::is_configured(workspace, projects[i].id, projects[i].name);
    }
    if (!workspace_named) found.workspaces.insert(projects[i].workspace_id);
    if (!named) found.projects.insert(projects[i].id);
  }
  return found;
}

// As the configuration has it.
std::string_view name_of_hook(const store::HookTrouble& trouble) {
  return trouble.consumer == store::kHooks ? "on_change" : std::string_view(trouble.consumer);
}

void write_sync(text::JsonWriter& json, const SyncRow& sync) {
  json.begin_object("last_sync");
  json.member("id", sync.id);
  json.member("sync_id", sync.id);  // as in `sync --json`
  json.member("mode", sync.mode);
  json.member("result", name_of(sync.result));
  json.member("started_at", sync.started_at);
  json.member("finished_at", sync.finished_at);
  json.member("requests", sync.requests);
  json.member("bytes_received", sync.bytes_received);
  write_rows(json, sync.rows);
  json.member("error", unless_empty(sync.error));
  json.member("whole", sync.whole);
  json.end_object();
}

void write_projects(text::JsonWriter& json, const std::vector<ProjectCounts>& projects,
                    const Unnamed& unnamed) {
  json.begin_array("projects");
  for (const ProjectCounts& project : projects) {
    json.begin_object();
    json.member("id", project.id);
    json.member("name", project.name);
    json.member("assets", project.assets);
    json.member("annotations", project.annotations);
    json.member("runs", project.runs);
    json.member("artifacts", project.artifacts);
    json.member("models", project.models);
    json.member("removed_at", project.removed_at);
    json.member("configured", !unnamed.projects.contains(project.id));
    json.begin_array("left_out");
    for (const store::LeftOutKind& kind : project.left_out) {
      json.begin_object();
      json.member("entity", kind.entity);
      json.member("reason", kind.reason);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_hooks(text::JsonWriter& json, const std::vector<store::HookTrouble>& hooks) {
  json.begin_array("hooks");
  for (const store::HookTrouble& trouble : hooks) {
    json.begin_object();
    json.member("hook", name_of_hook(trouble));
    json.member("project_id", trouble.project_id);
    json.member("project_name", trouble.project_name);
    json.member("sync_id", trouble.sync_id);
    json.member("at", trouble.at);
    json.member("problem", trouble.problem);
    json.end_object();
  }
  json.end_array();
}

std::string_view name_of(env::Held daemon) {
  switch (daemon) {
    case env::Held::no:
      return "none";
    case env::Held::yes:
      return "runs";
    case env::Held::unknown:
      break;
  }
  return "unknown";
}

std::string status_json(const MirrorStatus& status, const Config& config) {
  text::JsonWriter json;
  json.begin_object();
  json.member("database", config.mirror.database.string());
  json.member("schema_version", status.schema_version);
  json.member("wal_bytes", status.wal.bytes);
  json.key("wal_reader_pid");
  status.wal.reader_pid > 0 ? json.value(status.wal.reader_pid) : json.value(nullptr);
  status.last_sync ? write_sync(json, *status.last_sync) : json.member("last_sync", nullptr);
  json.member("last_success_at", status.last_success_at);
  json.key("age_s");
  status.age_ms ? json.value(*status.age_ms / 1000) : json.value(nullptr);
  json.member("stale", status.stale);
  json.member("daemon", name_of(status.plan.daemon));
  json.member("next_run_at", status.plan.next_sync);
  json.member("doubtful_sync_id", status.doubtful_sync);
  write_projects(json, status.projects, unnamed(status.projects, config));
  write_hooks(json, status.hooks);
  json.begin_object("history");
  const auto& oldest = status.history.oldest;
  json.member("since", oldest ? std::optional(oldest->ended) : std::nullopt);
  json.member("since_sync_id", oldest ? std::optional(oldest->sync_id) : std::nullopt);
  json.member("changes", status.history.changes);
  json.member("bytes", status.history.bytes);
  json.end_object();
  json.begin_object("files");
  json.member("ok", status.files.ok);
  json.member("missing", status.files.missing);
  json.member("failed", status.files.failed);
  json.member("bytes", status.files.bytes);
  json.end_object();
  json.end_object();
  return json.take() + "\n";
}

// "2h 5m", of milliseconds.
std::string duration_text(std::int64_t ms) {
  return text::rough_duration(std::chrono::milliseconds(ms));
}

std::string sync_text(const SyncRow& sync, bool runs, std::int64_t now_ms) {
  std::string text = std::string("#") + std::to_string(sync.id) + " " + sync.mode + ", ";
  text += name_of(sync.result);
  if (sync.result == objects::Outcome::running) text += runs ? " now" : " (or cut short)";
  if (!sync.whole) text += ", of some projects";
  if (text::is_to_come(sync.started_at, now_ms)) return text + ", nobody knows when";
  return text + ", " + duration_text(std::max<std::int64_t>(0, now_ms - sync.started_at)) + " ago";
}

using Line = std::function<void(std::string_view name, const std::string& text)>;

void print_plan(const daemon::Plan& plan, std::int64_t now_ms, text::Zone zone, const Line& line) {
  if (plan.daemon == env::Held::no) return line("daemon", "no daemon runs");
  if (plan.daemon == env::Held::unknown) {
    return line("daemon", "unknown whether one runs: its lock cannot be read");
  }
  if (plan.syncing) return line("next run", "a sync of the daemon is under way");
  if (!plan.next_sync) return line("next run", "unknown; a daemon runs");
  const std::int64_t wait = *plan.next_sync - now_ms;
  line("next run",
       text::moment_text(*plan.next_sync, zone) + ", " +
           (wait >= 0 ? "in " + duration_text(wait) : "due for " + duration_text(-wait)));
}

void print_hooks(const std::vector<store::HookTrouble>& hooks, std::int64_t now_ms,
                 const Line& line) {
  constexpr std::size_t kMost = 5;
  for (std::size_t i = 0; i < hooks.size() && i < kMost; ++i) {
    const store::HookTrouble& trouble = hooks[i];
    const std::string ago = duration_text(std::max<std::int64_t>(0, now_ms - trouble.at)) + " ago";
    line(i == 0 ? "hook" : "",
         "failed for " + trouble.project_name + " " + ago + ": " + trouble.problem);
  }
  if (hooks.size() > kMost) {
    line("",
         "and for " + text::counted(hooks.size() - kMost, "more project") + ": --json names them");
  }
}

// More than a sync leaves in the write-ahead log by itself.
constexpr std::int64_t kLargeWal = std::int64_t{96} << 20;

// Lines of at most 60 columns, long names and errors aside.
void print_summary(const MirrorStatus& status, const Config& config, std::int64_t now_ms,
                   CommandContext& context) {
  const auto line = [&](std::string_view name, const std::string& text) {
    std::string padded(name);
    padded.resize(12, ' ');
    context.out.write(padded + printable(text) + "\n");
  };
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(config.mirror.database, unknown);
  line("mirror", config.mirror.database.string());
  line("", "schema " + std::to_string(status.schema_version) +
               (unknown ? std::string() : ", " + text::rough_size(bytes)));
  if (status.wal.bytes > kLargeWal) {
    line("log", text::rough_size(static_cast<std::uint64_t>(status.wal.bytes)) +
                    (status.wal.reader_pid > 0
                         ? ", held by a reader, process " + std::to_string(status.wal.reader_pid)
                         : std::string()));
  }
  if (const auto& sync = status.last_sync) {
    line("last sync", sync_text(*sync, status.runs, now_ms));
    line("", std::string("+") + std::to_string(sync->rows.inserted) + " ~" +
                 std::to_string(sync->rows.updated) + " -" + std::to_string(sync->rows.deleted) +
                 " rows, " + text::counted(sync->requests, "request") + ", " +
                 text::rough_size(
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, sync->bytes_received))));
    if (!sync->error.empty()) line("error", sync->error);
  } else {
    line("last sync", "none yet");
  }
  line("last ok", status.last_success_at
                      ? text::moment_text(*status.last_success_at, context.zone) + ", " +
                            duration_text(*status.age_ms) + " ago"
                      : std::string(status.doubtful_sync ? "nobody knows when" : "never"));
  if (status.doubtful_sync) {
    line("clock",
         "wrong at #" + std::to_string(*status.doubtful_sync) + ": nobody knows when it was");
  }
  print_plan(status.plan, now_ms, context.zone, line);
  if (const store::FileCounts& files = status.files; files.ok + files.missing + files.failed > 0) {
    line("files", std::to_string(files.ok) + " here (" +
                      text::rough_size(static_cast<std::uint64_t>(files.bytes)) + "), " +
                      std::to_string(files.missing) + " missing, " + std::to_string(files.failed) +
                      " failed");
  }
  if (const auto& oldest = status.history.oldest) {
    line("history", "since " + text::moment_text(oldest->ended, context.zone) + ", about " +
                        text::rough_size(static_cast<std::uint64_t>(status.history.bytes)));
  }
  print_hooks(status.hooks, now_ms, line);
  const std::string allowed = duration_text(config.sync.stale_after.count());
  line("state",
       status.stale ? "STALE: no success within " + allowed : "fresh: a success within " + allowed);
}

void print_unnamed(const MirrorStatus& status, const Unnamed& unnamed, CommandContext& context) {
  constexpr std::size_t kMost = 5;
  std::vector<std::pair<std::string, std::string>>
      named;  // the option of forget, and what it takes
  std::set<std::string> told;
  for (const ProjectCounts& project : status.projects) {
    if (!unnamed.projects.contains(project.id)) continue;
    const bool whole = unnamed.workspaces.contains(project.workspace_id);
    if (whole && !told.insert(project.workspace_id).second) continue;
    const std::string& name = whole ? project.workspace_name : project.name;
    const std::string& id = whole ? project.workspace_id : project.id;
    named.emplace_back(whole ? "workspace" : "project", name.empty() ? id : name);
  }
  const auto tell = [&](const std::string& who, const std::string& how) {
    context.out.write("+ " + printable(who) + ": not in the configuration any more;\n" +
                      "  nexus-mirror forget --" + printable(how) + "\n");
  };
  if (named.size() > kMost) {
    return tell(text::counted(named.size(), "project"), "project NAME, or --workspace NAME");
  }
  for (const auto& [option, name] : named) {
    tell((option == "workspace" ? "workspace " : "") + name, option + " " + shell_word(name));
  }
}

void print_projects(const MirrorStatus& status, const Config& config, CommandContext& context) {
  if (status.projects.empty()) return;
  const Unnamed unnamed_now = unnamed(status.projects, config);
  context.out.write("\n");
  const auto writer = make_row_writer(RowFormat::table, context.out);
  writer->begin({"project", "assets", "annotations", "runs", "artifacts", "models"});
  std::string removed, left_out;
  for (const ProjectCounts& project : status.projects) {
    const std::string marks = std::string(project.removed_at ? " *" : "") +
                              (unnamed_now.projects.contains(project.id) ? " +" : "");
    writer->row({project.name + marks, project.assets, project.annotations, project.runs,
                 project.artifacts, project.models});
    for (const store::LeftOutKind& kind : project.left_out) {
      left_out += printable(project.name) + ": " + kind.entity + " are left out, " +
                  printable(kind.reason) + "\n";
    }
    if (!project.removed_at) continue;
    removed += "* " + printable(project.name) + ": removed from the workspace by " +
               text::minute_text(*project.removed_at, context.zone) + "\n";
  }
  writer->end();
  context.out.write(removed);
  print_unnamed(status, unnamed_now, context);
  if (!left_out.empty()) context.out.write("\n" + left_out);
}

}  // namespace

MirrorStatus read_status(store::Database& mirror, const Config& config, std::int64_t now_ms) {
  MirrorStatus status;
  status.schema_version = mirror.schema_version();
  status.last_sync = store::last_sync(mirror);
  const store::LastSuccess success = store::last_success(mirror, now_ms);
  status.last_success_at = success.ended;
  status.doubtful_sync = success.doubtful;
  if (status.last_success_at) {
    status.age_ms = std::max<std::int64_t>(0, now_ms - *status.last_success_at);
    status.stale = *status.age_ms > config.sync.stale_after.count();
  }
  status.projects = store::count_projects(mirror);
  status.files = store::count_files(mirror);
  status.history = store::history_reach(mirror);
  if (!config.hooks.on_change.empty()) status.hooks = store::hook_troubles(mirror);
  return status;
}

ExitCode run_status(const StatusOptions& options, CommandContext& context) {
  const Config config = context.load();
  const std::int64_t now_ms = context.env.now_ms();
  const store::WalState wal = store::wal_state(config.mirror.database.string());
  store::Database mirror(config.mirror, store::Use::query);
  MirrorStatus status = read_status(mirror, config, now_ms);
  status.plan = daemon::read_plan(config);
  status.wal = wal;
  status.runs = env::sees_lock(config.mirror.database.string() + ".lock");
  if (options.json) {
    context.out.write(status_json(status, config));
  } else {
    print_summary(status, config, now_ms, context);
    print_projects(status, config, context);
  }
  return status.stale ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
