#include "support/emulator_process.h"
#include "support/places.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace nexus_mirror::testing {
namespace {

// A file without a name, so that nobody has to clean up.
int nameless_file() {
  std::string name = (std::filesystem::temp_directory_path() / "emulator_XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file < 0) throw std::runtime_error("a temporary file cannot be made");
  unlink(name.c_str());
  fcntl(file, F_SETFD, FD_CLOEXEC);
  return file;
}

// Up to the first line break or the end.
std::string read_line(int file) {
  std::string line;
  char c = 0;
  while (read(file, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

pid_t start(std::vector<std::string> arguments, int out, int error) {
  std::vector<char*> argv;
  std::string program = emulator_program();
  argv.push_back(program.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  dup2(out, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

}  // namespace

FetchedAnswer fetch(const std::string& method, const std::string& url,
                    const std::map<std::string, std::string>& headers, const std::string& body) {
  const std::size_t path = url.find('/', url.find("//") + 2);
  const Poco::URI origin(url.substr(0, path));
  Poco::Net::HTTPClientSession session(origin.getHost(), origin.getPort());
  Poco::Net::HTTPRequest request(method, path == std::string::npos ? "/" : url.substr(path),
                                 Poco::Net::HTTPRequest::HTTP_1_1);
  for (const auto& [name, value] : headers) request.set(name, value);
  if (!body.empty() || method != "GET") {
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  }
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  FetchedAnswer answer;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
  const bool is_cut = response.hasContentLength() &&
                      response.getContentLength64() != static_cast<Poco::Int64>(answer.body.size());
  if (is_cut) throw Poco::Net::MessageException("the body was cut short");
  answer.status = response.getStatus();
  for (const auto& [name, value] : response) answer.headers.emplace(name, value);
  return answer;
}

EmulatorProcess::EmulatorProcess(std::vector<std::string> arguments) {
  if (std::find(arguments.begin(), arguments.end(), "--port") == arguments.end()) {
    arguments.insert(arguments.end(), {"--port", "0"});
  }
  int ready[2] = {-1, -1};
  if (pipe2(ready, O_CLOEXEC) != 0) throw std::runtime_error("a pipe cannot be made");
  error_file_ = nameless_file();
  pid_ = start(std::move(arguments), ready[1], error_file_);
  close(ready[1]);
  const std::string line = read_line(ready[0]);
  close(ready[0]);
  const std::size_t at = line.find("http");
  if (at == std::string::npos) {
    const int status = stop();
    const std::string text = standard_error();
    close(error_file_);
    throw std::runtime_error("nexus-emulator ended with " + std::to_string(status) + ": " + text);
  }
  url_ = line.substr(at);
}

EmulatorProcess::~EmulatorProcess() {
  stop();
  close(error_file_);
}

std::uint16_t EmulatorProcess::port() const { return Poco::URI(url_).getPort(); }

std::string EmulatorProcess::control(const std::string& method, const std::string& path,
                                     const std::string& body) const {
  const FetchedAnswer answer = fetch(method, url_ + "/_emulator/" + path, {}, body);
  if (answer.status != 200) {
    throw std::runtime_error(method + " /_emulator/" + path + ": " + answer.body);
  }
  return answer.body;
}

std::string EmulatorProcess::storage_url() const {
  rapidjson::Document answer;
  answer.Parse(control("GET", "storage").c_str());
  return answer["url"].GetString();
}

int EmulatorProcess::stop() noexcept {
  if (pid_ < 0) return exit_status_;
  kill(pid_, SIGTERM);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return exit_status_;
}

std::string EmulatorProcess::standard_error() const {
  std::string text;
  lseek(error_file_, 0, SEEK_SET);
  char block[4096];
  for (ssize_t size = 0; (size = read(error_file_, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(size));
  }
  return text;
}

}  // namespace nexus_mirror::testing
