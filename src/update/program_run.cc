#include "update/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // of which glibc 2.36 has none in this header
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "env/file.h"
#include "env/stop_descriptor.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::update {
namespace {

constexpr std::chrono::milliseconds kGrace{2000};  // from SIGTERM to SIGKILL
constexpr std::size_t kLongestLine = 4096;
// What a pipe holds. Who writes as fast as we read does not keep us from looking at the clock.
constexpr int kBlocksAtOnce = 16;

std::string reason_of(int error) { return std::generic_category().message(error); }

[[noreturn]] void throw_no_descriptor(int error, const char* doing) {
  throw Error(ErrorCode::machine, doing, "a program", reason_of(error),
              "raise the limit of open files");
}

// `fd` as the call that makes it returned it. Throws Error(machine) with the reason when there is
// none.
env::Descriptor owned(int fd, const char* doing) {
  env::Descriptor descriptor(fd);
  if (!descriptor) throw_no_descriptor(descriptor.error(), doing);
  return descriptor;
}

// A file in memory rather than a pipe: it takes all there is at once, however slowly, or little, or
// never, the program reads.
void fill(const env::Descriptor& file, std::string_view bytes) {
  if (const int error = env::write_stream(file.get(), bytes); error != 0) {
    throw Error(ErrorCode::machine, "preparing the input of", "a program", reason_of(error));
  }
  ::lseek(file.get(), 0, SEEK_SET);
}

// Cuts what comes into lines and what is too much off.
class Lines {
 public:
  explicit Lines(const Program& program) : program_(program), left_(program.most_output) {}

  void take(std::string_view bytes) {
    const std::size_t taken = std::min(bytes.size(), left_);
    dropped_ = dropped_ || taken < bytes.size();
    left_ -= taken;
    for (const char c : bytes.substr(0, taken)) {
      if (c != '\n') line_ += c;
      if (c == '\n' || line_.size() == kLongestLine) give();
    }
  }
  void end() {
    if (!line_.empty()) give();
    if (dropped_) line_ = "(more output, which is not shown)", give();
  }

 private:
  void give() {
    if (program_.on_line) program_.on_line(line_);
    line_.clear();
  }

  const Program& program_;
  std::size_t left_;
  bool dropped_ = false;
  std::string line_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// Returns 0 or errno.
int spawn(const Program& program, int input, int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int error =
      ::posix_spawnp(&pid, program.argv.front().c_str(), &actions, &attributes,
                     pointers(program.argv).data(), pointers(program.environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

// A program under way. It is reaped last: until then its process group's number is its own.
class Running {
 public:
  Running(pid_t pid, int output, Lines& lines, Env& env)
      : pid_(pid),
        output_(output),
        lines_(lines),
        env_(env),
        ended_(owned(::pidfd_open(pid, 0), "watching")) {}

  // Until it has ended, `timeout` has passed or `stop_fd` (-1 = none) is readable; true = ended.
  bool wait(std::chrono::milliseconds timeout, int stop_fd) {
    const std::int64_t deadline = env_.monotonic_ms() + timeout.count();
    for (;;) {
      const std::int64_t left = std::max<std::int64_t>(0, deadline - env_.monotonic_ms());
      pollfd fds[] = {{ended_.get(), POLLIN, 0}, {output_, POLLIN, 0}, {stop_fd, POLLIN, 0}};
      const int ready = ::poll(fds, 3, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
      if (ready < 0 && errno != EINTR) return false;
      if (fds[1].revents != 0) drain();
      if (fds[0].revents != 0) return true;
      if (fds[2].revents != 0 || (ready == 0 && left == 0)) return false;
    }
  }

  void signal_group(int signal) const { ::kill(-pid_, signal); }

  // After its end. What its children still hold open is not waited for.
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    drain();
    lines_.end();
    return status;
  }

 private:
  void drain() {
    std::array<char, 4096> block{};
    for (int blocks = 0; output_ >= 0 && blocks < kBlocksAtOnce; ++blocks) {
      const ssize_t size = ::read(output_, block.data(), block.size());
      if (size > 0) {
        lines_.take({block.data(), static_cast<std::size_t>(size)});
      } else if (size == 0 || errno != EINTR) {
        if (size == 0) output_ = -1;  // poll() leaves out what is below 0
        return;
      }
    }
  }

  const pid_t pid_;
  int output_;
  Lines& lines_;
  Env& env_;
  const env::Descriptor ended_;
};

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit status " + std::to_string(WEXITSTATUS(status));
  return {};
}

}  // namespace

Ending run_program(const Program& program, Env& env, const std::stop_token& stop) {
  const env::Descriptor input =
      owned(::memfd_create("hook", MFD_CLOEXEC), "preparing the input of");
  fill(input, program.input);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  const env::Descriptor output = owned(ends[0], "reading the output of");
  env::Descriptor far_end = owned(ends[1], "reading the output of");
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  const env::StopDescriptor stopped(stop);
  if (stopped.error() != 0) throw_no_descriptor(stopped.error(), "watching");

  pid_t pid = -1;
  if (const int error = spawn(program, input.get(), far_end.get(), pid); error != 0) {
    return {Ending::How::not_started, "it cannot be started: " + reason_of(error)};
  }
  far_end.reset();
  Lines lines(program);
  Running running(pid, output.get(), lines, env);
  if (running.wait(program.timeout, stopped.get())) {
    return {Ending::How::exited, describe(running.reap())};
  }
  running.signal_group(SIGTERM);
  running.wait(kGrace, -1);
  running.signal_group(SIGKILL);
  running.reap();
  if (stop.stop_requested()) {
    return {Ending::How::stopped, "stopped, for nexus-mirror was asked to stop"};
  }
  return {Ending::How::timed_out,
          "no end within " + std::to_string(program.timeout.count()) + " ms, so it was stopped"};
}

}  // namespace nexus_mirror::update
