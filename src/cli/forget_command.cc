#include "cli/forget_command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <vector>

#include "cli/forget_choice.h"
#include "cli/past_export_command.h"
#include "cli/text.h"
#include "env/signals.h"
#include "error/exit_status.h"
#include "exports/export_owner.h"
#include "exports/forgotten.h"
#include "files/sweep.h"
#include "objects/table.h"
#include "store/store.h"
#include "sync/sync.h"
#include "text/counted.h"
#include "text/joined.h"
#include "text/match.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

using Choices = std::vector<ForgetChoice>;

std::string files_text(std::int64_t files, std::int64_t bytes) {
  return text::counted(files, "file") + " (" + text::rough_size(static_cast<std::uint64_t>(bytes)) +
         ")";
}

std::string text_of(const Choices& choices) {
  return text::joined(choices, ", ", [](const ForgetChoice& choice) { return text_of(choice); });
}

// "12 rows (assets 3, annotations 9), 2 kept files (1 MiB), 14 files in exports (3 MiB)".
std::string sum_text(const Choices& choices, const Config& config, store::Database& mirror) {
  std::map<std::string, std::int64_t> tables;
  std::int64_t rows = 0, files = 0, bytes = 0;
  exports::FolderSum exported;
  for (const ForgetChoice& choice : choices) {
    const store::ForgettableSum sum = store::count_forgettable(mirror, choice.what);
    for (const store::ForgettableRows& one : sum.tables) tables[one.table] += one.rows;
    rows += sum.rows;
    files += sum.files;
    bytes += sum.bytes;
    if (!choice.what.asset_id.empty()) continue;
    const exports::FolderSum folder = exports::exported_size(config, choice.project.id);
    exported.files += folder.files;
    exported.bytes += folder.bytes;
  }
  std::vector<std::string> parts;
  for (const objects::Table* table : objects::all_tables()) {
    const auto found = tables.find(std::string(table->name));
    if (found != tables.end()) {
      parts.push_back(found->first + " " + std::to_string(found->second));
    }
  }
  std::string text = text::counted(rows, "row");
  if (!parts.empty()) text += " (" + text::joined(parts, ", ") + ")";
  text += ", kept here " + files_text(files, bytes);
  if (choices.front().what.asset_id.empty()) {
    return text + ", in exports " + files_text(exported.files, exported.bytes);
  }
  return text + ", and its place in exports";
}

// One line of standard input, without its end.
std::string read_line(int fd) {
  std::string line;
  for (char c = 0; line.size() < 100;) {
    const ssize_t count = ::read(fd, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == '\n') break;
    line += c;
  }
  return line;
}

void confirm(const std::string& what, const std::string& sum, CommandContext& context) {
  const Console& console = context.console;
  if (!detect_terminal(console.in_fd).is_terminal || !detect_terminal(console.err_fd).is_terminal) {
    throw Error(ErrorCode::usage, "forgetting", what,
                "it drops " + sum + ", and there is no terminal to ask", "add --yes");
  }
  context.notice("forgetting " + what + " drops " + sum);
  Output question(console.err_fd, "standard error", Terminal{});
  question.write("Go on? [y/N] ");
  question.flush();
  const std::string answer = read_line(console.in_fd);
  if (answer == "y" || answer == "Y" || answer == "yes") return;
  throw Error(ErrorCode::usage, "forgetting", what, "it was not confirmed", "nothing was changed");
}

// What a sync brings again by itself.
void tell_what_comes_again(const Choices& choices, const Config& config, CommandContext& context) {
  for (const ForgetChoice& choice : choices) {
    const store::ForgettableProject& project = choice.project;
    if (project.removed) continue;
    const auto names = [&](const WorkspaceConfig& workspace) {
      return text::matches(workspace.projects, project.id, project.name) &&
             !text::matches(workspace.exclude, project.id, project.name);
    };
    const auto named = std::find_if(config.workspaces.begin(), config.workspaces.end(), names);
    if (named == config.workspaces.end()) continue;
    const bool asset = !choice.what.asset_id.empty();
    context.notice(text_of(choice) + " comes again with the next sync if the server has it: " +
                   (asset ? "delete it there"
                          : "take it out of [[workspace]] projects of '" + named->name +
                                "', or put it into exclude"));
  }
}

// What Nexus itself exported of an asset's project may hold it: nobody knows. It goes first, for
// nothing in the mirror tells of it.
void clear_server_exports(const Choices& choices, const Config& config, CommandContext& context) {
  for (const ForgetChoice& choice : choices) {
    if (choice.what.asset_id.empty()) continue;
    if (!exports::remove_server_exports(config, choice.project.id)) continue;
    context.notice("what Nexus itself had exported of project " + choice.project.name +
                   " may have held it and was removed; 'nexus-mirror export --server' has it made "
                   "anew");
  }
}

// The exports that had it are made anew, or gone; what failed is told.
ExitCode clear_exports(const Choices& choices, const Config& config, store::Store& store,
                       const std::stop_token& stop, CommandContext& context) {
  exports::ExportRequest request;
  request.everything = true;
  for (const ForgetChoice& choice : choices) {
    if (choice.what.asset_id.empty()) continue;
    if (choice.project.exported) request.project_ids.push_back(choice.project.id);
  }
  if (request.project_ids.empty() && store.exports.forgotten().empty()) return ExitCode::done;
  exports::ExportReport report;
  exports::run_exports(config, store, context.env, request, stop, report);
  return tell_report(report, {}, request.project_ids.size(), context);
}

}  // namespace

ExitCode run_forget(const ForgetOptions& options, CommandContext& context) {
  const Config config = context.load();
  exports::refuse_foreign(config.mirror);
  Choices choices;
  std::string what, sum;
  {
    store::Database mirror(config.mirror, store::Use::query);
    choices = choose_to_forget(options, mirror);
    what = text_of(choices);
    sum = sum_text(choices, config, mirror);
    files::check_content_dir(config, mirror);
  }
  if (!options.yes) confirm(what, sum, context);
  env::Signals signals;
  signals.listen();
  const auto lock = sync::lock_mirror(config);
  store::Store store(config.mirror, store::Access::write);
  store.set_now(context.env.now_ms());
  store.while_it_takes_long([&signals] { return !signals.stop_token().stop_requested(); });
  store.make_indexes();
  std::vector<store::Forgettable> all;
  for (const ForgetChoice& choice : choices) all.push_back(choice.what);
  clear_server_exports(choices, config, context);
  try {
    store.forgetting.drop(all);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    throw Error(ErrorCode::interrupted, "forgetting", what, "asked to stop", "nothing was dropped");
  }
  const ExitCode result = clear_exports(choices, config, store, signals.stop_token(), context);
  const files::RemovedContent content =
      files::remove_forgotten_content(config, context.env.now_ms(), store);
  context.out.write("forgot " + printable(what) + ": " + sum + "; removed " +
                    files_text(content.files, content.bytes) + " of content\n");
  tell_what_comes_again(choices, config, context);
  return result;
}

}  // namespace nexus_mirror::cli
