#include "cli/history_commands.h"

#include <cstdint>
#include <limits>

#include "cli/changes_command.h"
#include "cli/command_options.h"
#include "cli/diff_command.h"
#include "cli/lineage_command.h"
#include "cli/query_command.h"

namespace nexus_mirror::cli {
namespace {

void add_query(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("query", "Run read-only SQL on the mirror");
  const auto options = bind_command<QueryOptions>(*command, invocation, run_query);
  command->add_option("SQL", options->sql, "One statement that reads; '-' takes it from stdin")
      ->required()
      ->type_name("");
  add_format(*command, options->format);
  add_repeatable(*command, "--param", options->parameters, "NAME=VALUE",
                 "Value of :NAME in the SQL; a plain number is one");
  command->add_flag("--times", options->times,
                    "Show columns named *_date, *_at, *_expiry, at and expiry as times");
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
      ->check(whole_number(1, std::numeric_limits<std::int64_t>::max()))
      ->type_name("N");
  command->footer(
      footer("  nexus-mirror changes --since 24h\n"
             "  nexus-mirror changes --since monday --local\n"
             "  nexus-mirror changes --since 41 --entity annotations --format ndjson\n"
             "  nexus-mirror changes --since 7d --stat\n"
             "  nexus-mirror changes --project cars --limit 20\n"));
}

void add_diff(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("diff", "Show what became of the data sets between two moments");
  const auto options = bind_command<DiffOptions>(*command, invocation, run_diff);
  add_moment(*command, "--since", options->since, "From the end of the last sync before it")
      ->required();
  add_moment(*command, "--until", options->until,
             "To the end of the last sync before it; else now");
  add_projects(*command, options->projects);
  command->add_flag("--rows", options->rows, "A row per image and annotation that is another");
  add_format(*command, options->format);
  command->footer(
      footer("  nexus-mirror diff --since monday\n"
             "  nexus-mirror diff --since run:run_41 --until 2d --project cars --json\n"
             "  nexus-mirror diff --since 41 --rows --format csv\n"));
}

void add_lineage(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "lineage", "Show what a model came from, and the data that it was trained on");
  const auto options =
      bind_command<LineageOptions>(*command, invocation, run_lineage, Ends::by_itself);
  command->add_option("ID", options->id, "Of a model, artifact, run or deployment; also one gone")
      ->required()
      ->type_name("");
  add_projects(*command, options->projects);
  command
      ->add_option("--export", options->export_to,
                   "Write that data set into this folder, as export --at does")
      ->type_name("DIR");
  add_json(*command, options->json);
  command->footer(
      footer("  nexus-mirror lineage model_7f3a\n"
             "  nexus-mirror lineage run_41 --json | jq .data_set\n"
             "  nexus-mirror lineage model_7f3a --export trained-on\n"));
}

}  // namespace

void add_history_commands(CLI::App& app, Invocation& invocation) {
  add_query(app, invocation);
  add_changes(app, invocation);
  add_diff(app, invocation);
  add_lineage(app, invocation);
}

}  // namespace nexus_mirror::cli
