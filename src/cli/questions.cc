#include "cli/questions.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "cli/text.h"
#include "env/stop_descriptor.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kLongest = 4096;  // bytes of an answer

// While it lives the terminal shows nothing of what is typed. It cannot be stopped meanwhile: a
// shell that goes on with it (fg) would bring the echo back; nor ended without the old settings.
class Hidden {
 public:
  explicit Hidden(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    if (!changed_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_cc[VSUSP] = hidden.c_cc[VQUIT] = _POSIX_VDISABLE;
    ::tcsetattr(fd_, TCSADRAIN, &hidden);
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(fd_, TCSADRAIN, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  const int fd_;
  termios before_ = {};
  const bool changed_;
};

}  // namespace

Questions::Questions(const CommandContext& context, std::string subject, std::stop_token stop)
    : context_(context), subject_(std::move(subject)), stop_(std::move(stop)) {}

bool Questions::can_ask(const Console& console) {
  return detect_terminal(console.in_fd).is_terminal && detect_terminal(console.err_fd).is_terminal;
}

std::string Questions::ask(const std::string& question) {
  write(question + ": ");
  return read_line();
}

std::string Questions::ask(const std::string& question, const std::string& otherwise) {
  const std::string answer = ask(question + " [" + printable(otherwise) + "]");
  return answer.empty() ? otherwise : answer;
}

std::string Questions::ask_secret(const std::string& question) {
  std::string answer;
  {
    const Hidden hidden(context_.console.in_fd);
    write(question + ": ");
    answer = read_line();
  }
  write("\n");
  return answer;
}

void Questions::say(std::string_view text) { write(printable(text) + "\n"); }

void Questions::write(std::string_view text) {
  Output out(context_.console.err_fd, "standard error", Terminal{});
  out.write(text);
  out.flush();
}

std::string Questions::read_line() {
  const env::StopDescriptor stop(stop_);
  std::string line;
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{context_.console.in_fd, POLLIN, 0},
                                     pollfd{stop.get(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    if (stop_.stop_requested()) {
      write("\n");
      throw Error(ErrorCode::interrupted, "setting up", subject_, "asked to stop",
                  "nothing was written");
    }
    if (waiting[0].revents == 0) continue;
    char c = 0;
    const ssize_t count = ::read(context_.console.in_fd, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    if (c == '\n') return stripped(line);
    if (line.size() < kLongest) line += c;
  }
  write("\n");
  throw Error(ErrorCode::usage, "setting up", subject_, "the answers ended too early",
              "nothing was written");
}

}  // namespace nexus_mirror::cli
