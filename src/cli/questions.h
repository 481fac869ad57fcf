// Questions to whoever sits at the terminal.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "cli/command_context.h"

namespace nexus_mirror::cli {

// Questions go to stderr, answers come from stdin. One thread.
class Questions {
 public:
  // `subject` is what is being set up, for errors. All outlive it.
  Questions(const CommandContext& context, std::string subject, std::stop_token stop);

  // Both streams are a terminal: there is somebody to ask.
  static bool can_ask(const Console& console);

  // One line, without blanks at its ends. All throw Error: usage (the input has ended),
  // interrupted.
  std::string ask(const std::string& question);
  // `otherwise` for an empty answer; it is shown.
  std::string ask(const std::string& question, const std::string& otherwise);
  // Nothing of the answer is shown, and the terminal is as it was afterwards, whatever happens.
  std::string ask_secret(const std::string& question);

  void say(std::string_view text);  // a line

 private:
  std::string read_line();
  void write(std::string_view text);

  const CommandContext& context_;
  const std::string subject_;
  const std::stop_token stop_;
};

}  // namespace nexus_mirror::cli
