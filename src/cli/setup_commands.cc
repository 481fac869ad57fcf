#include "cli/setup_commands.h"

#include "cli/command_options.h"
#include "cli/config_command.h"
#include "cli/doctor_command.h"
#include "cli/init_command.h"

namespace nexus_mirror::cli {
namespace {

void add_init(CLI::App& config, Invocation& invocation) {
  CLI::App* init = config.add_subcommand(
      "init", "Write a first configuration, asking on a terminal, and test it against the server");
  const auto options =
      bind_command<InitOptions>(*init, invocation, run_config_init, Ends::by_itself);
  init->add_option("FILE", options->file,
                   "The file to write, which must not be there yet; else that of --config, else "
                   "./nexus-mirror.toml")
      ->type_name("");
  init->add_option("--name", options->name, "Your name for the workspace")->type_name("NAME");
  init->add_option("--endpoint", options->endpoint,
                   "The server; https://api.datature.io when not given")
      ->type_name("URL");
  CLI::Option* variable =
      init->add_option("--key-env", options->key_env, "The environment variable that has the key");
  variable->type_name("VARIABLE");
  init->add_option("--key-file", options->key_file, "The file that has the key")
      ->type_name("FILE")
      ->excludes(variable);
  init->add_flag("--no-test", options->no_test, "Do not ask the server");
  init->footer(
      "The mirror and its exports go to /var/lib/nexus-mirror for a FILE below /etc, to\n"
      "~/.local/share/nexus-mirror for one below ~/.config, else beside FILE. A key that\n"
      "is typed goes into a file of its own beside FILE, mode 0600; for the service into\n"
      "the file that its LoadCredential= names.\n\n" +
      footer("  nexus-mirror config init\n"
             "  sudo nexus-mirror config init /etc/nexus-mirror/config.toml\n"
             "  nexus-mirror config init --name my-team --key-env NEXUS_SECRET_KEY\n"));
}

void add_config(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("config", "Write, check or print the configuration");
  command->require_subcommand(1);
  command->footer(
      footer("  nexus-mirror config init\n"
             "  nexus-mirror --config new.toml config check\n"
             "  nexus-mirror config print\n"));
  CLI::App* check = command->add_subcommand("check", "Say what is wrong and where");
  const auto check_options = bind_command<ConfigCheckOptions>(*check, invocation, run_config_check);
  check->add_flag("--no-credentials", check_options->no_credentials,
                  "Do not look for keys that systemd hands on: a reload of the service cannot see "
                  "them");
  check->footer(footer("  nexus-mirror --config new.toml config check\n"));
  CLI::App* print =
      command->add_subcommand("print", "Print the effective settings, secrets masked");
  print->callback([&invocation] { invocation.command = run_config_print; });
  print->footer(footer("  nexus-mirror config print\n"));
  add_init(*command, invocation);
}

void add_doctor(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Say what is wrong with configuration, key, server, disk, rights and units");
  const auto options =
      bind_command<DoctorOptions>(*command, invocation, run_doctor, Ends::by_itself);
  add_json(*command, options->json);
  command->footer(
      "A line a topic: ok, warning or fault, and what to do. Nothing is written. Exit 1\n"
      "when one is a fault. For the service: sudo nexus-mirror doctor.\n\n" +
      footer("  nexus-mirror doctor\n"
             "  nexus-mirror doctor --json | jq '.[] | select(.status != \"ok\")'\n"));
}

}  // namespace

void add_setup_commands(CLI::App& app, Invocation& invocation) {
  add_config(app, invocation);
  add_doctor(app, invocation);
}

}  // namespace nexus_mirror::cli
