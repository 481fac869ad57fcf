#include "cli/config_command.h"

#include <string>

#include "config/loader.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::cli {

ExitCode run_config_check(const ConfigCheckOptions& options, CommandContext& context) {
  const std::filesystem::path file = find_config(context.config_file);
  try {
    // Whether a file can be used is a question of whose rights count.
    context.load(Keep::configuration);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::config) throw;  // which is what is asked for
  }
  bool wrong = false;
  const auto credentials =
      options.no_credentials ? config::Credentials::out_of_sight : config::Credentials::in_sight;
  for (const config::Problem& problem : config::find_problems(file, credentials)) {
    context.notice(config::problem_text(file, problem));
    wrong = wrong || !problem.warning;  // which stops nothing, a reload of the service neither
  }
  if (wrong) return ExitCode::usage;
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
