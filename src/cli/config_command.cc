#include "cli/config_command.h"

#include <string>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::cli {

ExitCode run_config_check(CommandContext& context) {
  const std::filesystem::path file = find_config(context.config_file);
  try {
    // Whether a file can be used is a question of whose rights count.
    context.load(Keep::configuration);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::config) throw;  // which is what is asked for
  }
  const std::vector<std::string> problems = check_config(file);
  for (const std::string& problem : problems) context.notice(problem);
  if (!problems.empty()) return ExitCode::usage;
  context.out.write(file.string() + ": ok\n");
  return ExitCode::done;
}

ExitCode run_config_print(CommandContext& context) {
  std::string text = print_config(context.read_config());
  if (text.empty() || text.back() != '\n') text += '\n';
  context.out.write(text);
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
