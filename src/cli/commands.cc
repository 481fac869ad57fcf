#include "cli/commands.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <memory>

#include "cli/changes_command.h"
#include "cli/compact_command.h"
#include "cli/config_command.h"
#include "cli/daemon_command.h"
#include "cli/export_command.h"
#include "cli/files_command.h"
#include "cli/forget_command.h"
#include "cli/links_command.h"
#include "cli/query_command.h"
#include "cli/schema_command.h"
#include "cli/status_command.h"
#include "cli/sync_command.h"
#include "cli/verify_command.h"
#include "objects/enumerations.h"
#include "text/joined.h"

namespace nexus_mirror::cli {
namespace {

constexpr const char* kExitStatus =
    "Exit status:\n"
    "  0  done\n"
    "  1  done in part; verify: differences; status: stale\n"
    "  2  usage or configuration\n"
    "  3  the server refused the key\n"
    "  4  the server could not be reached\n"
    "  5  the mirror: locked, full disk, damaged, newer\n"
    "  6  refused by the mass-delete guard\n"
    "  7  another nexus-mirror is working on this mirror\n";

std::string footer(const std::string& examples) {
  return "Examples:\n" + examples + "\n" + kExitStatus;
}

template <typename Choice>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Choice& choice,
                        const std::vector<std::pair<std::string, Choice>>& choices,
                        const std::string& description) {
  const std::string names = text::joined(choices, "|", &std::pair<std::string, Choice>::first);
  // The empty text is what CLI11 takes for success.
  const auto one_of = [choices, names](const std::string& text) -> std::string {
    for (const auto& each : choices) {
      if (each.first == text) return {};
    }
    return "'" + text + "' is none of " + names;
  };
  const auto set = [&choice, choices](const std::string& text) {
    for (const auto& each : choices) {
      if (each.first == text) choice = each.second;
    }
  };
  return app.add_option_function<std::string>(name, set, description)
      ->check(CLI::Validator(one_of, ""))
      ->type_name(names);
}

void add_format(CLI::App& command, RowFormat& format) {
  add_choice<RowFormat>(command, "--format", format,
                        {{"table", RowFormat::table},
                         {"csv", RowFormat::csv},
                         {"json", RowFormat::json},
                         {"ndjson", RowFormat::ndjson}},
                        "How to print rows; table when not given")
      ->default_str("table");
  command
      .add_flag_callback(
          "--json", [&format] { format = RowFormat::json; }, "The same as --format json")
      ->excludes("--format");
}

// Of what is no list of rows.
void add_json(CLI::App& command, bool& json) {
  CLI::Option* flag = command.add_flag("--json", json, "Print JSON; the same as --format json");
  add_choice<bool>(command, "--format", json, {{"text", false}, {"json", true}}, "How to print it")
      ->default_str("text")
      ->excludes(flag);
}

// An option that may be repeated, one value each time: a bare word after it is something else.
CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                            std::vector<std::string>& values, const std::string& value_name,
                            const std::string& description) {
  return command.add_option(name, values, description + "; repeatable")
      ->allow_extra_args(false)
      ->type_name(value_name);
}

// A moment of the past that the mirror is shown at.
CLI::Option* add_moment(CLI::App& command, const std::string& name, std::string& moment,
                        const std::string& description) {
  return command
      .add_option(name, moment,
                  description +
                      ": 2026-01-31, 2h or 7d ago, yesterday, a sync's id (its end), "
                      "run:ID (when that run was created)")
      ->type_name("TIME|SYNC|run:ID");
}

void add_projects(CLI::App& command, std::vector<std::string>& projects) {
  add_repeatable(command, "--project", projects, "NAME|ID|GLOB", "Only these projects");
}

// What a signal does that asks the process to end.
enum class Ends { at_once, by_itself };

// Registers a command whose options live in `Options` and are handed to `run_command`.
template <typename Options>
std::shared_ptr<Options> bind_command(CLI::App& command, Invocation& invocation,
                                      ExitCode (*run_command)(const Options&, CommandContext&),
                                      Ends ends = Ends::at_once) {
  auto options = std::make_shared<Options>();
  command.callback([&command, &invocation, options, run_command, ends] {
    if (!command.get_subcommands().empty()) return;  // that one is the command
    invocation.listens = ends == Ends::by_itself;
    invocation.command = [options, run_command](CommandContext& context) {
      return run_command(*options, context);
    };
  });
  return options;
}

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
  command->add_flag("--no-progress", options->no_progress, "No progress lines on a terminal");
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

void add_query(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("query", "Run read-only SQL on the mirror");
  const auto options = bind_command<QueryOptions>(*command, invocation, run_query);
  command->add_option("SQL", options->sql, "One statement that reads; '-' takes it from stdin")
      ->required()
      ->type_name("");
  add_format(*command, options->format);
  add_repeatable(*command, "--param", options->parameters, "NAME=VALUE",
                 "Value of :NAME in the SQL; a plain number is one");
  add_moment(*command, "--at", options->at,
             "As the mirror was when the last sync before that moment had ended");
  command->footer(
      footer("  nexus-mirror query 'SELECT name, total_assets FROM projects'\n"
             "  nexus-mirror query --param tag=car --format csv \\\n"
             "    'SELECT * FROM annotation_boxes WHERE tag = :tag'\n"
             "  nexus-mirror query - --format ndjson < report.sql\n"
             "  nexus-mirror query -- '-- SQL that begins with a comment\n"
             "    SELECT 1'\n"));
}

void add_changes(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("changes", "Show what changed, oldest first");
  const auto options = bind_command<ChangesOptions>(*command, invocation, run_changes);
  command
      ->add_option("--since", options->since,
                   "Strictly after it: 2026-01-31, 2026-01-31T10:00:00Z (UTC without a zone), "
                   "2h or 7d ago, yesterday or monday (their beginning), UNIX milliseconds, or the "
                   "id of a sync")
      ->type_name("TIME|SYNC");
  add_repeatable(*command, "--entity", options->entities, "TABLE", "Only rows of these tables");
  add_projects(*command, options->projects);
  add_format(*command, options->format);
  command->add_flag("--stat", options->stat,
                    "How many, by project, table, operation and the column that differs");
  command->add_option("--limit", options->limit, "Only the newest N changes")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()).description(""))
      ->type_name("N");
  command->footer(
      footer("  nexus-mirror changes --since 24h\n"
             "  nexus-mirror changes --since monday --local\n"
             "  nexus-mirror changes --since 41 --entity annotations --format ndjson\n"
             "  nexus-mirror changes --since 7d --stat\n"
             "  nexus-mirror changes --project cars --limit 20\n"));
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
          ->check(CLI::IsMember(names).description(""));
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
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100}).description(""))
      ->type_name("");
  verify->footer(footer("  nexus-mirror files verify\n"));
  CLI::App* gc = command->add_subcommand(
      "gc", "Remove content that nothing refers to, nor the history, for [files] keep_unused");
  const auto gc_options = bind_command<FilesGcOptions>(*gc, invocation, run_files_gc);
  gc->add_flag("--dry-run", gc_options->dry_run, "Say how much would go, remove nothing");
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

void add_config(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("config", "Check or print the configuration");
  command->require_subcommand(1);
  command->footer(
      footer("  nexus-mirror --config new.toml config check\n"
             "  nexus-mirror config print\n"));
  CLI::App* check = command->add_subcommand("check", "Say what is wrong and where");
  check->callback([&invocation] { invocation.command = run_config_check; });
  check->footer(footer("  nexus-mirror --config new.toml config check\n"));
  CLI::App* print =
      command->add_subcommand("print", "Print the effective settings, secrets masked");
  print->callback([&invocation] { invocation.command = run_config_print; });
  print->footer(footer("  nexus-mirror config print\n"));
}

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
  bind_command<CompactOptions>(*command, invocation, run_compact, Ends::by_itself);
  command->footer(footer("  nexus-mirror compact\n"));
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
  add_query(app, invocation);
  add_changes(app, invocation);
  add_links(app, invocation);
  add_export(app, invocation);
  add_files(app, invocation);
  add_forget(app, invocation);
  add_compact(app, invocation);
  add_status(app, invocation);
  add_verify(app, invocation);
  add_schema(app, invocation);
  add_config(app, invocation);
}

}  // namespace nexus_mirror::cli
