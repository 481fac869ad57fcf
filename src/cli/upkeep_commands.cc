#include "cli/upkeep_commands.h"

#include "cli/command_options.h"
#include "cli/compact_command.h"
#include "cli/forget_command.h"
#include "cli/hooks_command.h"

namespace nexus_mirror::cli {
namespace {

void add_forget(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "forget", "Drop a project, or one asset, from everywhere: rows, files, exports, history");
  const auto options = bind_command<ForgetOptions>(*command, invocation, run_forget);
  command->add_option("--project", options->project, "The project")->type_name("NAME|ID");
  command
      ->add_option("--workspace", options->workspace,
                   "The project's workspace, as the mirror calls it; all of its projects where "
                   "neither --project nor --asset is given")
      ->type_name("NAME|ID");
  command->add_option("--asset", options->asset, "Only this asset, with its annotations")
      ->type_name("ID");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      footer("  nexus-mirror forget --project cars\n"
             "  nexus-mirror forget --project cars --asset asset_1f0c --yes\n"));
}

void add_compact(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("compact", "Give the unused space of the mirror back");
  const auto options =
      bind_command<CompactOptions>(*command, invocation, run_compact, Ends::by_itself);
  add_json(*command, options->json);
  command->footer(footer("  nexus-mirror compact\n"));
}

void add_hooks(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("hooks", "Try the program of [hooks] on_change");
  command->require_subcommand(1);
  command->footer(footer("  nexus-mirror hooks test --project cars\n"));
  CLI::App* test = command->add_subcommand(
      "test", "Run it with a sample and show what it prints and how it ends; records nothing");
  const auto options =
      bind_command<HooksTestOptions>(*test, invocation, run_hooks_test, Ends::by_itself);
  test->add_option("--project", options->project,
                   "The project of the sample; the one that changed last when not given")
      ->type_name("NAME|ID");
  add_json(*test, options->json);
  test->footer(
      footer("  nexus-mirror hooks test\n"
             "  nexus-mirror hooks test --project cars --json\n"));
}

}  // namespace

void add_upkeep_commands(CLI::App& app, Invocation& invocation) {
  add_forget(app, invocation);
  add_compact(app, invocation);
  add_hooks(app, invocation);
}

}  // namespace nexus_mirror::cli
