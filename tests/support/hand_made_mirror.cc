#include "support/hand_made_mirror.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "cli/command_line.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kSchema = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE workspaces(id TEXT PRIMARY KEY, name TEXT, extra TEXT) STRICT;
CREATE TABLE projects(id TEXT PRIMARY KEY, workspace_id TEXT, name TEXT, type TEXT,
  create_date INTEGER, total_assets INTEGER, removed_at INTEGER, extra TEXT) STRICT;
CREATE TABLE project_tags(project_id TEXT, name TEXT, position INTEGER, count INTEGER) STRICT;
CREATE TABLE project_groups(project_id TEXT, name TEXT, position INTEGER) STRICT;
CREATE TABLE assets(id TEXT PRIMARY KEY, project_id TEXT, filename TEXT, status TEXT, width INTEGER,
  custom_metadata TEXT, extra TEXT) STRICT;
CREATE TABLE asset_groups(asset_id TEXT, name TEXT) STRICT;
CREATE TABLE annotations(id TEXT PRIMARY KEY, project_id TEXT, asset_id TEXT, tag TEXT, bound TEXT,
  xmin REAL, extra TEXT) STRICT;
CREATE TABLE runs(id TEXT PRIMARY KEY, project_id TEXT, flow_id TEXT, extra TEXT) STRICT;
CREATE TABLE artifacts(id TEXT PRIMARY KEY, project_id TEXT, run_id TEXT, artifact_name TEXT,
  extra TEXT) STRICT;
CREATE TABLE artifact_files(artifact_id TEXT, name TEXT, md5 TEXT) STRICT;
CREATE TABLE models(id TEXT PRIMARY KEY, artifact_id TEXT, project_id TEXT, status TEXT,
  format TEXT, quantization TEXT, download_url TEXT, download_expiry INTEGER) STRICT;
CREATE TABLE deployments(id TEXT PRIMARY KEY, project_id TEXT, name TEXT, extra TEXT) STRICT;
CREATE TABLE deployment_versions(deployment_id TEXT, version_tag TEXT) STRICT;
CREATE TABLE syncs(id INTEGER PRIMARY KEY, started_at INTEGER, finished_at INTEGER, mode TEXT,
  result TEXT, requests INTEGER, bytes_received INTEGER, rows_inserted INTEGER,
  rows_updated INTEGER, rows_deleted INTEGER, error TEXT) STRICT;
CREATE TABLE changes(seq INTEGER PRIMARY KEY, sync_id INTEGER, at INTEGER, entity TEXT,
  entity_id TEXT, project_id TEXT, op TEXT, before TEXT, after TEXT) STRICT;
CREATE VIEW model_links AS
  SELECT m.project_id, p.name AS project_name, a.run_id, a.id AS artifact_id, a.artifact_name,
    m.id AS model_id, m.format, m.quantization, m.status, m.download_url AS url,
    m.download_expiry AS expiry
  FROM models m JOIN artifacts a ON a.id = m.artifact_id JOIN projects p ON p.id = m.project_id
  WHERE m.download_url IS NOT NULL;
PRAGMA user_version = 1;
)sql";

// kNoon is 1769860800000.
constexpr const char* kRows = R"sql(
INSERT INTO projects VALUES
  ('proj_1', 'ws_1', 'Cars', 'ObjectDetection', 1700000000000, 2, NULL, NULL),
  ('proj_2', 'ws_1', 'Dogs', 'Classification', 1700000000000, 0, 1769850000000, NULL);
INSERT INTO project_tags VALUES ('proj_1', 'car', 0, 3);
INSERT INTO assets VALUES
  ('asset_1', 'proj_1', 'a.jpg', 'Annotated', 640, '{"iso":100}', NULL),
  ('asset_2', 'proj_1', 'b.jpg', 'None', 480, NULL, '{"metadata":{"x":1}}');
INSERT INTO asset_groups VALUES ('asset_1', 'main');
INSERT INTO annotations VALUES
  ('annot_1', 'proj_1', 'asset_1', 'car', '[[0.1,0.2],[0.3,0.4]]', 0.1, NULL),
  ('annot_2', 'proj_1', 'asset_1', 'bus', '[[0.5,0.5],[0.6,0.7]]', 0.5, NULL),
  ('annot_3', 'proj_1', 'asset_2', 'car', '[[0,0],[1,1]]', 0.0, NULL);
INSERT INTO runs VALUES ('run_1', 'proj_1', 'flow_1', NULL);
INSERT INTO artifacts VALUES ('artifact_1', 'proj_1', 'run_1', 'cars-v1', NULL);
INSERT INTO models VALUES
  ('model_1', 'artifact_1', 'proj_1', 'Finished', 'ONNX', 'float32',
   'https://storage.example/bucket/with/a/long/path/model.onnx?X-Goog-Signature=' ||
   '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 1769900000000),
  ('model_2', 'artifact_1', 'proj_1', 'Finished', 'TFLite', NULL, NULL, NULL);
INSERT INTO syncs VALUES
  (1, 1769857200000, 1769857260000, 'full', 'ok', 12, 4096, 9, 0, 0, NULL),
  (2, 1769859000000, 1769859060000, 'full', 'partial', 11, 4000, 0, 0, 0, 'project Dogs: 500'),
  (3, 1769860140000, 1769860200000, 'quick', 'ok', 5, 2048, 1, 2, 1, NULL);
INSERT INTO changes VALUES
  (1, 1, 1769857210000, 'projects', 'proj_1', 'proj_1', 'insert', NULL, '{"id":"proj_1","name":"Cars"}'),
  (2, 1, 1769857220000, 'annotations', NULL, 'proj_1', 'load', NULL, '{"rows":4}'),
  (3, 1, 1769857230000, 'projects', 'proj_2', 'proj_2', 'insert', NULL, '{"id":"proj_2","name":"Dogs"}'),
  (4, 3, 1769860150000, 'assets', 'asset_1', 'proj_1', 'update', '{"status":"None","width":1}',
   '{"status":"Annotated","width":640}'),
  (5, 3, 1769860160000, 'assets', 'asset_2', 'proj_1', 'insert', NULL, '{"filename":"b.jpg"}'),
  (6, 3, 1769860170000, 'annotations', 'annot_9', 'proj_1', 'delete', '{"tag":"bus"}', NULL);
)sql";

void execute_on(const std::filesystem::path& database, const std::string& sql) {
  sqlite3* connection = nullptr;
  char* message = nullptr;
  int code = sqlite3_open(database.c_str(), &connection);
  if (code == SQLITE_OK) {
    int keep = 1;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    // No test is about power cuts.
    sqlite3_exec(connection, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
    code = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &message);
  }
  const std::string text = message == nullptr ? "" : message;
  sqlite3_free(message);
  sqlite3_close(connection);
  if (code != SQLITE_OK) throw std::runtime_error("test database: " + text);
}

// An anonymous file: what is written there can be read again, whatever its size.
class Capture {
 public:
  explicit Capture(const std::string& content = {}) : fd_(::memfd_create("capture", MFD_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("memfd_create failed");
    const auto size = static_cast<ssize_t>(content.size());
    if (::write(fd_, content.data(), content.size()) != size) {
      throw std::runtime_error("writing the input failed");
    }
    ::lseek(fd_, 0, SEEK_SET);
  }
  ~Capture() { ::close(fd_); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  int fd() const { return fd_; }

  std::string text() const {
    std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    if (::pread(fd_, all.data(), all.size(), 0) != static_cast<ssize_t>(all.size())) {
      throw std::runtime_error("reading the output failed");
    }
    return all;
  }

 private:
  int fd_;
};

}  // namespace

HandMadeMirror::HandMadeMirror()
    : database_(folder_.path() / "mirror.db"), config_(folder_.path() / "nexus-mirror.toml") {
  execute(kSchema);
  execute(kRows);
  std::ofstream config(config_);
  config << "[mirror]\ndatabase = \"" << database_.string() << "\"\n"
         << "[[workspace]]\nname = \"test\"\nendpoint = \"http://127.0.0.1:9\"\n"
         << "secret_key_env = \"NEXUS_MIRROR_TEST_KEY\"\n";
}

void HandMadeMirror::execute(const std::string& sql) const { execute_on(database_, sql); }

CommandResult run_command(const std::vector<std::string>& arguments, Env& env,
                          const std::string& input) {
  const Capture in(input), out, error;
  CommandResult result;
  result.status = cli::run(arguments, cli::Console{in.fd(), out.fd(), error.fd()}, env);
  result.out = out.text();
  result.error = error.text();
  return result;
}

}  // namespace nexus_mirror::testing
