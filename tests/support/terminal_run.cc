#include "support/terminal_run.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <csignal>
#include <stdexcept>

#include "support/places.h"

namespace nexus_mirror::testing {

TerminalRun::TerminalRun(const std::filesystem::path& folder, std::vector<std::string> arguments,
                         unsigned short columns, std::vector<std::string> environment) {
  winsize size{24, columns, 0, 0};
  if (::openpty(&terminal_, &held_, nullptr, nullptr, &size) != 0) {
    throw std::runtime_error("openpty");
  }
  ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
  ::fcntl(held_, F_SETFD, FD_CLOEXEC);
  arguments.insert(arguments.begin(), mirror_program());
  std::vector<std::string> all = std::move(environment);
  for (char** each = environ; *each != nullptr; ++each) all.emplace_back(*each);
  std::vector<char*> argv, envp;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  for (std::string& variable : all) envp.push_back(variable.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  if (::chdir(folder.c_str()) != 0 || ::login_tty(::dup(held_)) != 0) ::_exit(126);
  ::execve(argv[0], argv.data(), envp.data());
  ::_exit(127);
}

TerminalRun::~TerminalRun() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (held_ >= 0) ::close(held_);
  ::close(terminal_);
}

bool TerminalRun::read_more() {
  // Once the program has it, nobody else needs to hold it open: its end is then seen.
  char bytes[4096];
  const ssize_t count = ::read(terminal_, bytes, sizeof bytes);
  if (count <= 0) return false;
  shown_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

bool TerminalRun::wait_for(const std::string& text) {
  while (true) {
    const std::size_t at = shown_.find(text, seen_);
    if (at != std::string::npos) {
      seen_ = at + text.size();
      if (held_ >= 0) ::close(held_);
      held_ = -1;
      return true;
    }
    if (!read_more()) return false;
  }
}

void TerminalRun::type(const std::string& text) {
  if (::write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("writing to the terminal");
  }
}

bool TerminalRun::answer(const std::string& text, const std::string& answer) {
  if (!wait_for(text)) return false;
  type(answer + "\n");
  return true;
}

bool TerminalRun::echoes() const {
  termios state{};
  return ::tcgetattr(terminal_, &state) == 0 && (state.c_lflag & ECHO) != 0;
}

int TerminalRun::wait() {
  if (held_ >= 0) ::close(held_);
  held_ = -1;
  while (read_more()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace nexus_mirror::testing
