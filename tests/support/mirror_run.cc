#include "support/mirror_run.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>

#include "support/places.h"
#include "support/table_text.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// Names of their own for the output of each run in `folder`.
fs::path output_file(const fs::path& folder, const std::string& stream) {
  std::string name = (folder / (stream + "_XXXXXX")).string();
  const int file = mkstemp(name.data());
  if (file < 0) throw std::runtime_error("a temporary file cannot be made");
  close(file);
  return name;
}

class Reader {
 public:
  explicit Reader(const fs::path& file) {
    if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
      fail();
    }
    sqlite3_busy_timeout(database_, 10000);
  }
  ~Reader() { sqlite3_close(database_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::vector<std::string> rows(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail();
    std::vector<std::string> rows;
    int status = SQLITE_OK;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        if (i > 0) row += '|';
        const void* text = sqlite3_column_blob(statement, i);
        const bool null = sqlite3_column_type(statement, i) == SQLITE_NULL;
        text = null ? nullptr : sqlite3_column_text(statement, i);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
        row += null ? "NULL" : std::string(static_cast<const char*>(text), size);
      }
      rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    if (status != SQLITE_DONE) fail();
    return rows;
  }

  sqlite3* database() { return database_; }

 private:
  [[noreturn]] void fail() { throw std::runtime_error(sqlite3_errmsg(database_)); }

  sqlite3* database_ = nullptr;
};

}  // namespace

MirrorProcess::MirrorProcess(const fs::path& folder, std::vector<std::string> arguments,
                             std::vector<std::string> environment)
    : out_(output_file(folder, "out")), err_(output_file(folder, "err")) {
  std::string program = mirror_program();
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> added;
  for (std::string& entry : environment) added.push_back(entry.data());
  pid_ = fork();
  if (pid_ != 0) return;
  const int null = open("/dev/null", O_RDONLY);
  const int out = open(out_.c_str(), O_WRONLY), err = open(err_.c_str(), O_WRONLY);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (char* entry : added) putenv(entry);
  execv(program.c_str(), argv.data());
  _exit(127);
}

MirrorProcess::~MirrorProcess() {
  if (pid_ >= 0) kill_now();
}

bool MirrorProcess::reap(int options) {
  rusage used{};
  pid_t ended = -1;
  do {
    ended = wait4(pid_, &status_, options, &used);
  } while (ended < 0 && errno == EINTR);
  if (ended == pid_) peak_kib_ = used.ru_maxrss;
  return ended == pid_;
}

bool MirrorProcess::running() {
  if (pid_ >= 0 && reap(WNOHANG)) pid_ = -1;
  return pid_ >= 0;
}

Ended MirrorProcess::wait() {
  if (pid_ >= 0) reap(0);
  pid_ = -1;
  Ended ended;
  ended.peak_kib = peak_kib_;
  ended.status = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  ended.out = file_bytes(out_);
  ended.err = file_bytes(err_);
  return ended;
}

Ended MirrorProcess::kill_now() {
  if (pid_ >= 0) kill(pid_, SIGKILL);
  return wait();
}

void MirrorProcess::terminate() { signal(SIGTERM); }

void MirrorProcess::signal(int number) {
  if (pid_ >= 0) kill(pid_, number);
}

std::string MirrorProcess::err_so_far() const { return file_bytes(err_); }

Mirror::Mirror(const MirrorSettings& settings) : feed_(database()) { configure(settings); }

Mirror::~Mirror() { EXPECT_EQ(feed_.differences(), "") << "the feed of changes is not faithful"; }

void Mirror::configure(const MirrorSettings& settings) {
  std::ofstream(folder_ / "key") << settings.key << '\n';
  fs::permissions(folder_ / "key", fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(folder_ / "config.toml")
      << "[mirror]\ndatabase = \"" << database().string() << "\"\nexport_dir = \""
      << (folder_ / "exports").string() << "\"\n[[workspace]]\nname = \"corpus\"\nendpoint = \""
      << settings.endpoint << "\"\nsecret_key_file = \"" << (folder_ / "key").string() << "\"\n"
      << settings.workspace << "\n[http]\nmax_retries = 2\n"
      << settings.http << "\n[sync]\n"
      << settings.sync << '\n'
      << settings.tables << '\n';
}

std::unique_ptr<MirrorProcess> Mirror::start(std::vector<std::string> arguments,
                                             std::vector<std::string> environment) const {
  arguments.insert(arguments.begin(), {"--config", (folder_ / "config.toml").string()});
  return std::make_unique<MirrorProcess>(folder(), std::move(arguments), std::move(environment));
}

Ended Mirror::run(std::vector<std::string> arguments) const {
  return start(std::move(arguments))->wait();
}

Ended Mirror::sync(std::vector<std::string> options) const {
  options.insert(options.begin(), "sync");
  Ended ended = run(std::move(options));
  feed_.keep();
  return ended;
}

std::vector<std::string> Mirror::rows(const std::string& sql) const {
  return Reader(database()).rows(sql);
}

std::string Mirror::value(const std::string& sql) const {
  const auto found = rows(sql);
  if (found.size() != 1) throw std::runtime_error(std::to_string(found.size()) + " rows: " + sql);
  return found.front();
}

std::string Mirror::dump(bool with_links) const {
  static const std::set<std::string> kLinks = {"url_expiry", "download_url", "download_expiry"};
  Reader reader(database());
  std::string text;
  for (const std::string& table : reader.rows(
           "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
           "AND name NOT IN ('syncs', 'narrow_syncs', 'changes', 'exports', 'consumers', "
           "'page_digests', "
           "'identity', "
           "'pending_assets') ORDER BY name")) {
    std::string columns;
    for (const std::string& column :
         reader.rows("SELECT name FROM pragma_table_info('" + table + "')")) {
      const bool link = kLinks.contains(column) || (table == "assets" && column == "url");
      if (link && !with_links) continue;
      columns += (columns.empty() ? "\"" : ", \"") + column + '"';
    }
    text += table_text(reader.database(), table, "SELECT " + columns + " FROM \"" + table + '"');
  }
  return text;
}

void PromiseTest::serve(std::vector<std::string> arguments, const std::filesystem::path& folder) {
  const std::string data = folder.empty() ? in_source("tests/corpus") : folder.string();
  arguments.insert(arguments.begin(), {"--data", data, "--secret-key", kKey});
  emulator_ = std::make_unique<EmulatorProcess>(std::move(arguments));
}

MirrorSettings PromiseTest::settings(const std::string& project) const {
  MirrorSettings settings{.endpoint = emulator_->url()};
  if (!project.empty()) settings.workspace = "projects = [\"" + project + "\"]";
  return settings;
}

std::unique_ptr<Mirror> PromiseTest::mirror(const std::string& project, const std::string& http,
                                            const std::string& sync) {
  if (!emulator_) serve();
  MirrorSettings wanted = settings(project);
  wanted.http = http;
  wanted.sync = sync;
  return std::make_unique<Mirror>(wanted);
}

void PromiseTest::fault(const std::string& json) {
  emulator_->control("POST", "faults", "[" + json + "]");
}

void PromiseTest::clear_faults() { emulator_->control("DELETE", "faults"); }

void PromiseTest::forget_requests() { emulator_->control("DELETE", "requests"); }

void PromiseTest::put(const std::string& kind, const std::string& id, const std::string& body) {
  emulator_->control("PUT", "objects/" + kind + "/" + id, body);
}

void PromiseTest::remove(const std::string& kind, const std::string& id) {
  emulator_->control("DELETE", "objects/" + kind + "/" + id);
}

std::vector<PromiseTest::Answered> PromiseTest::answered(std::string_view part) {
  rapidjson::Document journal;
  journal.Parse(emulator_->requests().c_str());
  std::vector<Answered> found;
  for (const auto& request : journal["requests"].GetArray()) {
    std::string line = request["path"].GetString();
    const std::string query = request["query"].GetString();
    if (!query.empty()) line += "?" + query;
    if (line.find(part) != std::string::npos) {
      found.push_back({std::move(line), request["status"].GetInt()});
    }
  }
  return found;
}

std::vector<std::string> PromiseTest::requests(std::string_view part) {
  std::vector<std::string> targets;
  for (Answered& request : answered(part)) targets.push_back(std::move(request.target));
  return targets;
}

std::vector<std::string> corpus_lines(const std::string& kind, std::string_view part) {
  std::ifstream file(in_source("tests/corpus/") + kind + ".ndjson");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.find(part) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

std::string corpus_line(const std::string& kind, std::string_view part) {
  return corpus_lines(kind, part).at(0);
}

std::string id_of(const std::string& line) {
  rapidjson::Document object;
  object.Parse(line.c_str());
  return object["id"].GetString();
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("not in it: " + std::string(from));
  return text.replace(at, from.size(), to);
}

std::string file_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes;
  std::vector<char> block(1 << 16);  // not character by character: this is not optimised
  do {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  return bytes;
}

}  // namespace nexus_mirror::testing
