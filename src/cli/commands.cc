#include "cli/commands.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <memory>

#include "cli/command_options.h"
#include "cli/daemon_command.h"
#include "cli/export_command.h"
#include "cli/files_command.h"
#include "cli/history_commands.h"
#include "cli/links_command.h"
#include "cli/schema_command.h"
#include "cli/setup_commands.h"
#include "cli/status_command.h"
#include "cli/sync_command.h"
#include "cli/upkeep_commands.h"
#include "cli/verify_command.h"
#include "objects/enumerations.h"
#include "text/joined.h"

namespace nexus_mirror::cli {
namespace {

void add_sync(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("sync", "Bring the mirror up to date once");
  const auto options = bind_command<SyncOptions>(*command, invocation, run_sync, Ends::by_itself);
  add_projects(*command, options->projects);
  CLI::Option* full =
      command->add_flag("--full", options->full, "Fetch everything, whatever [sync] mode says");
  command->add_flag("--quick", options->quick, "Fetch annotations of assets that look changed only")
      ->excludes(full);
  command->add_flag("--dry-run", options->dry_run, "Say what would change, write nothing at all");
  command->add_flag("--no-files", options->no_files, "Fetch no images and models this time");
  CLI::Option* no_export =
      command->add_flag("--no-export", options->no_export, "Leave the exports alone");
  command
      ->add_flag("--adopt", options->adopt,
                 "Take over the export directory of a mirror that is lost")
      ->excludes(no_export);
  CLI::Option* no_progress =
      command->add_flag("--no-progress", options->no_progress, "No progress lines on a terminal");
  add_choice<bool>(
      *command, "--progress", options->progress_json, {{"json", true}},
      "Say how far it is as JSON lines on stderr, one a second; with log lines as JSON")
      ->excludes(no_progress);
  command->add_flag("--allow-mass-delete", options->allow_mass_delete,
                    "Delete even what the mass-delete guard refuses");
  add_json(*command, options->json);
  command->footer(
      footer("  nexus-mirror sync\n"
             "  nexus-mirror sync --project 'cars-*' --quick\n"
             "  nexus-mirror sync --dry-run --json\n"));
}

void add_daemon(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("daemon", "Sync on a schedule until told to stop ([sync] interval)");
  bind_command<DaemonOptions>(*command, invocation, run_daemon, Ends::by_itself);
  command->footer(
      "Signals:\n"
      "  HUP        reload the configuration; a bad one is reported and the old one stays\n"
      "  USR1       sync now\n"
      "  TERM, INT  stop within 5 seconds\n\n" +
      footer("  nexus-mirror daemon\n"
             "  nexus-mirror --log-format json daemon\n"));
}

void add_links(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("links", "Print live model download links, in full");
  const auto options = bind_command<LinksOptions>(*command, invocation, run_links);
  CLI::Option* refresh =
      command->add_flag("--refresh", options->refresh, "Fetch new links from the server first");
  add_projects(*command, options->projects);
  add_format(*command, options->format);
  CLI::Option* request =
      command
          ->add_option("--request", options->request,
                       "Have Nexus export a model to this format (ONNX, TFLite, ...), wait for it "
                       "and print its link; needs --project. Of each project the newest artifact "
                       "whose training is over, unless --artifact names one")
          ->type_name("FORMAT")
          ->excludes(refresh)
          ->needs(command->get_option("--project"));
  command
      ->add_option("--quantization", options->quantization,
                   "Of the requested model, e.g. float16; the server's choice when not given")
      ->type_name("Q")
      ->needs(request);
  command->add_option("--artifact", options->artifact, "The artifact to export")
      ->type_name("ID")
      ->needs(request);
  command->footer(
      footer("  nexus-mirror links --refresh\n"
             "  nexus-mirror links --project cars --format json\n"
             "  nexus-mirror links --request TFLite --quantization int8 --project cars\n"));
}

void add_export(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "export", "Write the exports again from the mirror alone, without network");
  const auto options =
      bind_command<ExportOptions>(*command, invocation, run_export, Ends::by_itself);
  add_projects(*command, options->projects);
  const std::vector<std::string> names(std::begin(objects::kExportFormats),
                                       std::end(objects::kExportFormats));
  CLI::Option* format =
      add_repeatable(
          *command, "--format", options->formats, "FORMAT",
          "Only this format; one that is not configured is kept up to date from then on, "
          "until its folder is removed")
          ->check(one_of(names));
  CLI::Option* force = command->add_flag(
      "--force", options->force, "Write all files anew, also where their bytes would not change");
  command
      ->add_option("--server", options->server_format,
                   "Have Nexus itself make an export in this format of its own, wait for it and "
                   "unpack it under <export_dir>/<project id>/server/FORMAT; needs --project")
      ->type_name("FORMAT")
      ->excludes(format)
      ->excludes(force);
  CLI::Option* at = add_moment(*command, "--at", options->at,
                               "As the mirror was when the last sync before that moment had ended, "
                               "with the images of then that are kept; needs --to");
  CLI::Option* to = command->add_option("--to", options->to,
                                        "The folder for --at: new, empty, or made by an earlier "
                                        "--at, which is replaced");
  to->type_name("DIR")->needs(at);
  at->needs(to)->excludes(force)->excludes(command->get_option("--server"));
  std::string formats = "Formats:\n";
  for (const std::string& name : names) formats += "  " + name + "\n";
  command->footer(formats + "\n" +
                  footer("  nexus-mirror export\n"
                         "  nexus-mirror export --project cars --format coco\n"
                         "  nexus-mirror export --project cars --server coco\n"));
}

void add_files(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("files", "List the images and models that are kept here ([files])");
  const auto options = bind_command<FilesOptions>(*command, invocation, run_files);
  add_projects(*command, options->projects);
  command->add_flag("--missing", options->missing, "Only those that are not here, and why");
  add_format(*command, options->format);
  command->footer(
      footer("  nexus-mirror files --missing\n"
             "  nexus-mirror files verify 5\n"
             "  nexus-mirror files gc --dry-run\n"));
  CLI::App* verify = command->add_subcommand(
      "verify", "Read and hash what is here; what is damaged is fetched anew by the next sync");
  const auto verify_options =
      bind_command<FilesVerifyOptions>(*verify, invocation, run_files_verify, Ends::by_itself);
  verify
      ->add_option("PERCENT", verify_options->percent,
                   "Only so much of it, each day another part; all when not given")
      ->check(whole_number(1, 100))
      ->type_name("");
  add_json(*verify, verify_options->json);
  verify->footer(footer("  nexus-mirror files verify\n"));
  CLI::App* gc = command->add_subcommand(
      "gc", "Remove content that nothing refers to, nor the history, for [files] keep_unused");
  const auto gc_options = bind_command<FilesGcOptions>(*gc, invocation, run_files_gc);
  gc->add_flag("--dry-run", gc_options->dry_run, "Say how much would go, remove nothing");
  add_json(*gc, gc_options->json);
  gc->footer(footer("  nexus-mirror files gc --dry-run\n"));
}

void add_status(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("status", "Show the last sync, its age, the next one and counts");
  const auto options = bind_command<StatusOptions>(*command, invocation, run_status);
  add_json(*command, options->json);
  command->footer(
      footer("  nexus-mirror status\n"
             "  nexus-mirror status --json | jq .age_s\n"
             "  nexus-mirror status > /dev/null || alert   (older than stale_after)\n"));
}

void add_verify(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("verify", "Check the mirror's integrity");
  const auto options = bind_command<VerifyOptions>(*command, invocation, run_verify);
  command->add_flag("--remote", options->remote, "Compare its counts with the server's own, too");
  add_format(*command, options->format);
  command->footer(
      footer("  nexus-mirror verify\n"
             "  nexus-mirror verify --remote\n"));
}

void add_schema(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("schema", "Explain every table, view and column of the mirror");
  const auto options = bind_command<SchemaOptions>(*command, invocation, run_schema);
  command->add_option("TABLE", options->table, "Only this table or view")->type_name("");
  add_format(*command, options->format);
  command->footer(
      footer("  nexus-mirror schema\n"
             "  nexus-mirror schema annotations\n"
             "  nexus-mirror schema --format json\n"));
}

void add_global_options(CLI::App& app, Invocation& invocation) {
  app.name("nexus-mirror");
  app.set_help_flag("--help", "Print this help and exit; also -h, and 'help COMMAND'");
  app.set_version_flag("--version", "nexus-mirror " NEXUS_MIRROR_VERSION,
                       "Print the version and exit; also -V");
  app.get_formatter()->column_width(28);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.get_formatter()->label("Subcommands", "Commands");
  app.require_subcommand(1);
  app.fallthrough();  // global options may follow the command; commands inherit this
  app.add_option("--config", invocation.config_file,
                 "Configuration file; else $NEXUS_MIRROR_CONFIG, ./nexus-mirror.toml, "
                 "~/.config/nexus-mirror/config.toml, /etc/nexus-mirror/config.toml")
      ->type_name("FILE");
  add_choice<log::Level>(app, "--log-level", invocation.log_level,
                         {{"debug", log::Level::debug},
                          {"info", log::Level::info},
                          {"warning", log::Level::warning},
                          {"error", log::Level::error}},
                         "Least level to log; -v stands for debug")
      ->default_str("info");
  add_choice<log::Style>(
      app, "--log-format", invocation.log_style,
      {{"text", log::Style::text}, {"json", log::Style::json}, {"journal", log::Style::journal}},
      "How to write log lines to stderr; journal when that is systemd's, else text");
  app.add_flag("--local", invocation.local,
               "Show and read times in this machine's zone, not in UTC; NEXUS_MIRROR_TIME=local "
               "does the same");
  app.footer(
      footer("  nexus-mirror sync\n"
             "  nexus-mirror query 'SELECT name, total_assets FROM projects'\n"
             "  nexus-mirror COMMAND --help\n"));
}

}  // namespace

void define_commands(CLI::App& app, Invocation& invocation) {
  app.description("Keeps an exact, queryable SQLite copy of a Datature Nexus workspace.");
  add_global_options(app, invocation);
  add_sync(app, invocation);
  add_daemon(app, invocation);
  add_history_commands(app, invocation);
  add_links(app, invocation);
  add_export(app, invocation);
  add_files(app, invocation);
  add_status(app, invocation);
  add_verify(app, invocation);
  add_schema(app, invocation);
  add_upkeep_commands(app, invocation);
  add_setup_commands(app, invocation);
}

}  // namespace nexus_mirror::cli
