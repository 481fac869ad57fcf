// The configuration file (TOML; CONTRACT.md 2), as plain values with their defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nexus_mirror {

using Milliseconds = std::chrono::milliseconds;

struct MirrorConfig {
  std::filesystem::path database = "/var/lib/nexus-mirror/mirror.db";
  std::filesystem::path export_dir = "/var/lib/nexus-mirror/exports";
  unsigned mode = 0600;                                // permission bits of the mirror's files
  Milliseconds history = std::chrono::hours(24 * 90);  // of changes and syncs; 0 = for ever
  // No setting: SQLite's name of the VFS through which the mirror is opened; empty = the system's.
  // Tests let the disk fail with it.
  std::string vfs;
};

struct WorkspaceConfig {
  std::string name;
  std::string endpoint = "https://api.datature.io";
  // At most one of these four; none is fine with a client certificate.
  std::string secret_key_env;
  std::filesystem::path secret_key_file;
  std::string secret_credential;  // a name under $CREDENTIALS_DIRECTORY (systemd)
  std::string secret_key;
  std::filesystem::path ca_file;
  std::filesystem::path client_certificate;
  std::filesystem::path client_key;
  std::vector<std::string> projects = {"*"};  // names, ids or globs
  std::vector<std::string> exclude;
};

struct HttpConfig {
  std::int64_t page_size = 1000;   // rows, 1..100000
  std::int64_t concurrency = 4;    // requests in flight, 1..64
  double requests_per_second = 0;  // 0 = no limit of ours
  Milliseconds connect_timeout = std::chrono::seconds(10);
  Milliseconds read_timeout = std::chrono::seconds(120);
  Milliseconds answer_timeout = std::chrono::minutes(15);
  std::int64_t max_retries = 8;             // 0..100
  std::string proxy;                        // "http://host:port"; empty = from the environment
  std::int64_t max_response = 256LL << 20;  // bytes, unpacked
};

enum class SyncMode { full, quick };

struct SyncConfig {
  Milliseconds interval = std::chrono::minutes(15);
  Milliseconds jitter = std::chrono::seconds(30);
  SyncMode mode = SyncMode::full;
  Milliseconds full_interval = std::chrono::hours(24);
  bool run_logs = true;
  std::vector<std::string> skip;     // tables that are not read
  double max_delete_fraction = 0.5;  // 0..1
  Milliseconds link_refresh_margin = std::chrono::hours(2);
  Milliseconds stale_after = std::chrono::hours(1);
};

// Names of asset groups that make up the sets of a split.
struct GroupSets {
  std::vector<std::string> train, validate, test;

  bool empty() const { return train.empty() && validate.empty() && test.empty(); }
  bool operator==(const GroupSets&) const = default;
};

struct ExportConfig {
  std::vector<std::string> projects = {"*"};
  std::vector<std::string> formats;  // names of CONTRACT.md 5
  double split_ratio = 0;            // 0..1, share that goes to `validate`
  double test_ratio = 0;             // 0..1, share that goes to `test`; both together at most 1
  GroupSets sets;
  std::string split_by = "asset";  // or "group", "filename:REGEX", "metadata:KEY"
  std::int64_t seed = 1337;
  bool images = true;  // with the images that are kept
  bool normalized = true;
  std::vector<std::string> statuses;
  std::vector<std::string> groups;
};

struct HooksConfig {
  std::vector<std::string> on_change;  // argv
  Milliseconds timeout = std::chrono::seconds(60);
  std::string heartbeat_url;
};

// Images and models that are kept (CONTRACT.md 8).
struct FilesConfig {
  std::filesystem::path dir;                // empty = "files" beside the mirror
  std::vector<std::string> images, models;  // projects: names, ids or globs
  std::vector<std::string> exclude;         // none of these
  std::int64_t concurrency = 8;             // downloads in flight, 1..64
  std::int64_t bandwidth = 0;               // bytes a second, all together; 0 = no limit
  std::int64_t min_free = 2LL << 30;        // bytes
  Milliseconds keep_unused = std::chrono::hours(24 * 30);  // 0 = for ever
  std::vector<std::string> groups, statuses;               // only assets with these; empty = all
  std::int64_t max_file = 0;                               // bytes; 0 = no limit
  Milliseconds time_limit{0};                              // of one sync; 0 = not set
  std::int64_t verify = 5;                                 // percent a day, 0..100
};

struct Config {
  std::filesystem::path file;  // where it was read from
  MirrorConfig mirror;
  std::vector<WorkspaceConfig> workspaces;  // at least one
  HttpConfig http;
  SyncConfig sync;
  std::vector<ExportConfig> exports;
  bool export_model_links = true;
  FilesConfig files;
  HooksConfig hooks;
  std::string daemon_listen;

  // Where content is kept: [files] dir, else `files` beside the mirror.
  std::filesystem::path content_dir() const {
    return files.dir.empty() ? mirror.database.parent_path() / "files" : files.dir;
  }
};

// The file to read: `command_line` when not empty, else $NEXUS_MIRROR_CONFIG, else the first that
// exists of ./nexus-mirror.toml, ~/.config/nexus-mirror/config.toml,
// /etc/nexus-mirror/config.toml. Throws Error(config) when there is none, naming all places.
std::filesystem::path find_config(const std::filesystem::path& command_line);

// Reads and checks `file`. Throws Error(config) whose message holds every problem found, each with
// file:line:column; an unknown key names the nearest known one. Does not look at secrets.
Config load_config(const std::filesystem::path& file);

// Every problem of `file`, as "file:line:column: message"; empty when it is fine. This one also
// looks for the secrets and files that the configuration names. Throws nothing but bad_alloc.
std::vector<std::string> check_config(const std::filesystem::path& file);

// The effective settings as TOML, defaults included, `secret_key` and the credentials inside
// `proxy` and `heartbeat_url` masked. load_config() reads it again to the same values.
std::string print_config(const Config& config);

// The workspace's key, read now from where the configuration says; nullopt when only a client
// certificate is configured. Throws Error(config) when the variable, file or credential is
// missing, empty or unreadable. The result is a secret: never log it.
std::optional<std::string> resolve_secret_key(const WorkspaceConfig& workspace);

}  // namespace nexus_mirror
