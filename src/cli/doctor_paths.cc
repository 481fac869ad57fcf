// `doctor`: configuration, disk, rights, mirror, exports, files, replicas and hooks.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "cli/doctor_topics.h"
#include "cli/status_command.h"
#include "config/usable.h"
#include "env/file.h"
#include "env/seen_lock.h"
#include "exports/export_owner.h"
#include "store/file_list.h"
#include "store/hook_troubles.h"
#include "store/kept_files.h"
#include "store/mirror_state.h"
#include "text/counted.h"
#include "text/joined.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLeastFree = 64ULL << 20, kLittleFree = 1ULL << 30;

bool keeps_files(const FilesConfig& files) {
  return !files.images.empty() || !files.models.empty();
}

// What the mirror writes below, and what each is called.
std::vector<std::pair<std::string, fs::path>> folders_of(const Config& config) {
  std::vector<std::pair<std::string, fs::path>> folders = {
      {"database", config.mirror.database.parent_path()}, {"export_dir", config.mirror.export_dir}};
  if (keeps_files(config.files)) folders.emplace_back("[files] dir", config.content_dir());
  return folders;
}

fs::path nearest_existing(fs::path path) {
  std::error_code none;
  while (!fs::exists(path, none) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::string sizes(std::uint64_t bytes) { return text::rough_size(bytes); }

// A path that cannot be written to, and what to do about it.
struct Obstacle {
  std::string message, remedy;
};

std::string chown_remedy(const fs::path& path, const env::User& user) {
  return env::remedy_for(EACCES, path,
                         user.name.empty()
                             ? "give it to " + env::text_of(user)
                             : "as root, run chown -R " + user.name + ": " + path.string());
}

void add_folder(const std::string& name, const fs::path& folder, const DoctorCase& patient,
                std::vector<Obstacle>& found) {
  if (const std::string problem = config::folder_problem(folder); !problem.empty()) {
    const bool of_database = name == "database";
    const std::string what = of_database ? "the database's folder " : name + " ";
    std::string remedy = problem.ends_with("is not a folder")
                             ? "move what is there elsewhere, or name another folder"
                             : chown_remedy(folder, patient.user);
    // Whatever else lies beside the database is somebody's.
    if (const auto all = remedy.find("chown -R "); of_database && all != std::string::npos) {
      remedy.replace(all, 9, "chown ");
    }
    found.push_back({what + folder.string() + problem, std::move(remedy)});
  }
}

// Folders of projects and of their parts: what a run of root's has made there nobody else changes.
void add_foreign(const fs::path& folder, int depth, const DoctorCase& patient,
                 std::vector<Obstacle>& found) {
  constexpr std::size_t kEnough = 20;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (found.size() >= kEnough) return;
    if (entry.is_symlink(none) || !entry.is_directory(none)) continue;
    if (!config::may(entry.path(), R_OK | W_OK | X_OK)) {
      found.push_back({entry.path().string() + " cannot be written to by this user",
                       chown_remedy(entry.path(), patient.user)});
    } else if (depth > 1) {
      add_foreign(entry.path(), depth - 1, patient, found);
    }
  }
}

void add_sandbox(const DoctorCase& patient, std::vector<Obstacle>& found) {
  if (!patient.service.ours) return;
  for (const auto& [name, folder] : folders_of(patient.config)) {
    const std::string problem = sandbox_problem(*patient.service.unit, folder);
    if (problem.empty()) continue;
    found.push_back({name + " " + folder.string() + problem,
                     "sudo systemctl edit " + patient.service.unit->name() +
                         ", and there [Service] ReadWritePaths=" + folder.string()});
  }
}

std::vector<Obstacle> find_obstacles(const DoctorCase& patient) {
  const Config& config = patient.config;
  std::vector<Obstacle> found;
  for (const auto& [name, folder] : folders_of(config)) add_folder(name, folder, patient, found);
  for (const char* suffix : {"", "-wal", "-shm", ".lock", ".daemon.lock", ".hook.lock"}) {
    const fs::path file = config.mirror.database.string() + suffix;
    std::error_code none;
    if (!fs::exists(file, none) || config::may(file, R_OK | W_OK)) continue;
    found.push_back(
        {file.string() + " cannot be written to by this user", chown_remedy(file, patient.user)});
  }
  add_foreign(config.mirror.export_dir, 2, patient, found);
  add_sandbox(patient, found);
  return found;
}

DoctorLine not_readable(std::string topic, const Error& error) {
  const bool busy = error.code() == ErrorCode::busy;
  return {std::move(topic), busy ? Health::warning : Health::fault, error.reason(), error.hint()};
}

bool is_there(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(path, unknown) || unknown;
}

}  // namespace

std::string_view name_of(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::fault:
      break;
  }
  return "fault";
}

DoctorLine look_at_configuration(const Config& config) {
  DoctorLine line{"configuration", Health::ok, config.file.string(), {}};
  const auto overlaps = config::overlaps(config);
  if (!overlaps.empty()) {
    line.health = Health::fault;
    line.message += ": " + overlaps.front().message;
    return line;
  }
  line.message += ", " + text::counted(config.workspaces.size(), "workspace");
  struct stat status {};
  if (::stat(config.file.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
    line.health = Health::warning;  // what it names is run, and trusted with the key
    line.message += "; anybody may write it";
    line.remedy = "run chmod o-w on that file";
  }
  return line;
}

DoctorLine look_at_disk(const DoctorCase& patient) {
  DoctorLine line{"disk", Health::ok, {}, {}};
  std::map<dev_t, bool> seen;
  for (const auto& [name, folder] : folders_of(patient.config)) {
    const fs::path there = nearest_existing(folder);
    struct stat status {};
    if (::stat(there.c_str(), &status) != 0 || !seen.emplace(status.st_dev, true).second) continue;
    if (!line.message.empty()) line.message += "; ";
    std::uint64_t free = 0;
    Health health = Health::ok;
    if (const int error = env::free_space(there, free); error != 0) {
      line.message += "of " + there.string() +
                      " nobody knows what is free: " + std::generic_category().message(error);
      health = Health::warning;
    } else {
      line.message += sizes(free) + " free for " + folder.string();
      const auto min_free = static_cast<std::uint64_t>(patient.config.files.min_free);
      const bool for_files = keeps_files(patient.config.files) && free < min_free;
      if (free < kLittleFree || for_files) health = Health::warning;
      if (free < kLeastFree) health = Health::fault;
      if (for_files) line.message += ", less than [files] min_free " + sizes(min_free);
    }
    if (health <= line.health) continue;
    line.health = health;
    line.remedy = "make room on that disk, or move the mirror to another";
  }
  return line;
}

DoctorLine look_at_rights(const DoctorCase& patient) {
  const std::string user = env::text_of(patient.user);
  const auto found = find_obstacles(patient);
  const std::string& service_user = patient.service.user;
  const bool of_another =
      patient.service.ours && !service_user.empty() && service_user != patient.user.name;
  if (of_another && !env::is_root()) {
    return {"rights", Health::warning,
            "not looked at: the service runs as " + service_user + ", this is " + user,
            "run sudo nexus-mirror doctor"};
  }
  if (of_another) {
    return {"rights", Health::fault,
            "there is no user " + service_user + ", whom the service runs as",
            "run systemd-sysusers, or install the package again"};
  }
  if (found.empty()) {
    std::string names =
        text::joined(folders_of(patient.config), ", ", &std::pair<std::string, fs::path>::first);
    return {"rights", Health::ok, user + " may write " + names, {}};
  }
  std::string message = found.front().message;
  const std::string this_user = "this user";
  if (const auto at = message.rfind(this_user); at != std::string::npos) {
    message.replace(at, this_user.size(), user);
  }
  if (found.size() > 1) message += "; and " + std::to_string(found.size() - 1) + " more";
  return {"rights", Health::fault, message, found.front().remedy};
}

DoctorLine look_at_mirror(const DoctorCase& patient, const std::stop_token& stop) {
  const Config& config = patient.config;
  const std::string path = config.mirror.database.string();
  if (!is_there(config.mirror.database)) {
    return {"mirror", Health::warning, "there is none yet at " + path, "run nexus-mirror sync"};
  }
  std::error_code unknown;
  if (fs::is_directory(config.mirror.database, unknown)) {
    return {"mirror", Health::fault, path + " is a folder", "name a file in [mirror] database"};
  }
  const bool runs = env::sees_lock(path + ".lock");
  const std::string remedy = runs ? "a sync is running: wait for its end" : "run nexus-mirror sync";
  try {
    store::Database mirror(config.mirror, store::Use::compare);
    mirror.watch([&stop] { return !stop.stop_requested(); });
    const std::int64_t now = patient.env.now_ms();
    const auto sync = store::last_sync(mirror);
    const auto success = store::last_success(mirror, now);
    mirror.check_unchanged();
    if (!success.ended) {
      return {"mirror", Health::warning,
              path + ": no sync of all has succeeded" +
                  (sync && !sync->error.empty() ? "; the last one: " + sync->error : std::string()),
              remedy};
    }
    const std::int64_t age = std::max<std::int64_t>(0, now - *success.ended);
    std::string message = path + ", up to date " + text::rough_duration(Milliseconds(age)) + " ago";
    const bool bad = sync && (sync->result == objects::Outcome::failed ||
                              sync->result == objects::Outcome::partial);
    if (bad) message += "; the last sync since: " + sync->error;
    if (age > config.sync.stale_after.count()) {
      return {"mirror", Health::warning, message + "; that is older than stale_after",
              runs ? remedy : remedy + ", or see units"};
    }
    return {"mirror", bad ? Health::warning : Health::ok, message,
            bad ? "nexus-mirror status tells more" : ""};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    return not_readable("mirror", error);
  }
}

DoctorLine look_at_exports(const DoctorCase& patient) {
  const MirrorConfig& mirror = patient.config.mirror;
  const std::string path = mirror.export_dir.string();
  try {
    exports::refuse_foreign(mirror, store::Use::compare);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    // What is wrong with the mirror is said there.
    if (error.code() != ErrorCode::usage && error.subject() != path) {
      return {"exports", Health::warning, "not looked at: the mirror cannot be read", {}};
    }
    return not_readable("exports", error);
  }
  if (!is_there(mirror.export_dir / exports::kOwnerFile)) {
    return {"exports", Health::ok, "none yet; the next sync writes them to " + path, {}};
  }
  return {"exports", Health::ok, path + " is this mirror's", {}};
}

DoctorLine look_at_files(const DoctorCase& patient, const std::stop_token& stop) {
  const Config& config = patient.config;
  if (!keeps_files(config.files)) return {"files", Health::ok, "none are kept ([files])", {}};
  if (!is_there(config.mirror.database)) {
    return {"files", Health::ok, "none yet; the next sync fetches them", {}};
  }
  try {
    store::Database mirror(config.mirror, store::Use::compare);
    mirror.watch([&stop] { return !stop.stop_requested(); });
    const store::FileCounts files = store::count_files(mirror);
    mirror.check_unchanged();
    const std::string message = std::to_string(files.ok) + " here (" +
                                sizes(static_cast<std::uint64_t>(files.bytes)) + "), " +
                                std::to_string(files.missing) + " missing, " +
                                std::to_string(files.failed) + " failed";
    if (files.missing + files.failed == 0) return {"files", Health::ok, message, {}};
    return {"files", Health::warning, message,
            "nexus-mirror files --missing says why; the next sync tries again"};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    return {"files", Health::warning, "not looked at: the mirror cannot be read", {}};
  }
}

DoctorLine look_at_replicas() { return {"replicas", Health::ok, "none configured", {}}; }

namespace {

// Empty where the mirror cannot be read: that is said of the mirror.
std::vector<store::HookTrouble> hook_troubles_of(const Config& config) {
  if (!is_there(config.mirror.database)) return {};
  try {
    store::Database mirror(config.mirror, store::Use::compare);
    std::vector<store::HookTrouble> troubles = store::hook_troubles(mirror);
    mirror.check_unchanged();
    return troubles;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

DoctorLine look_at_hooks(const DoctorCase& patient) {
  const HooksConfig& hooks = patient.config.hooks;
  if (hooks.on_change.empty()) {
    return {"hooks",
            Health::ok,
            hooks.heartbeat_url.empty() ? "none configured" : "a heartbeat, and no program",
            {}};
  }
  const std::string& program = hooks.on_change.front();
  if (const std::string problem = config::program_problem(program); !problem.empty()) {
    return {"hooks", Health::fault, "on_change: " + problem,
            "correct on_change in [hooks], or make the program executable"};
  }
  const std::vector<store::HookTrouble> troubles = hook_troubles_of(patient.config);
  if (!troubles.empty()) {
    const store::HookTrouble& last = troubles.front();
    return {"hooks", Health::warning,
            program + " failed for " + last.project_name + " after sync " +
                std::to_string(last.sync_id) + ": " + last.problem,
            "mend it; nexus-mirror hooks test tries it"};
  }
  return {"hooks", Health::ok, "on_change runs " + program, {}};
}

}  // namespace nexus_mirror::cli
