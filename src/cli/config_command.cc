#include "cli/config_command.h"

#include <string>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::cli {

ExitCode run_config_check(Session& session) {
  const std::filesystem::path file = find_config(session.config_file);
  const std::vector<std::string> problems = check_config(file);
  for (const std::string& problem : problems) session.notice(problem);
  if (!problems.empty()) return ExitCode::usage;
  session.out.write(file.string() + ": ok\n");
  return ExitCode::done;
}

ExitCode run_config_print(Session& session) {
  std::string text = print_config(session.load());
  if (text.empty() || text.back() != '\n') text += '\n';
  session.out.write(text);
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
