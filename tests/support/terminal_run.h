// The program at a terminal: what it shows there is read, what somebody types is sent.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nexus_mirror::testing {

// Belongs to one thread.
class TerminalRun {
 public:
  // Of `columns`; `environment` ("NAME=VALUE") is added to this process's.
  TerminalRun(const std::filesystem::path& folder, std::vector<std::string> arguments,
              unsigned short columns = 80, std::vector<std::string> environment = {});
  ~TerminalRun();  // kills
  TerminalRun(const TerminalRun&) = delete;
  TerminalRun& operator=(const TerminalRun&) = delete;

  // Reads on until `text` has come, behind what was waited for before; false when the program ends
  // without it.
  bool wait_for(const std::string& text);
  void type(const std::string& text);
  // Waits for `text`, then types `answer` and Enter.
  bool answer(const std::string& text, const std::string& answer);

  int wait();           // its exit status, 128 + the number of a signal
  bool echoes() const;  // what is typed is shown
  const std::string& shown() const { return shown_; }  // so far

 private:
  bool read_more();

  pid_t pid_ = -1;
  int terminal_ = -1, held_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
};

}  // namespace nexus_mirror::testing
