#include "cli/verify_command.h"

#include <algorithm>

#include "cli/row_writer.h"
#include "env/signals.h"
#include "store/integrity.h"
#include "store/mirror_state.h"
#include "sync/sync.h"
#include "text/counted.h"

namespace nexus_mirror::cli {
namespace {

using Verdict = Finding::Verdict;

void check_integrity(store::Database& mirror, std::vector<Finding>& findings) {
  for (std::string& line : store::find_damage(mirror)) {
    findings.push_back({Verdict::damage, "integrity", std::move(line)});
  }
  if (findings.empty()) findings.push_back({Verdict::ok, "integrity", ""});
}

void check_references(store::Database& mirror, std::vector<Finding>& findings) {
  for (const store::Orphans& orphans : store::find_orphans(mirror)) {
    const std::string check = orphans.table + " belong to " + orphans.parent;
    if (orphans.rows == 0) {
      findings.push_back({Verdict::ok, check, ""});
    } else {
      findings.push_back(
          {Verdict::difference, check, std::to_string(orphans.rows) + " belong to none"});
    }
  }
  const store::BrokenReferences broken = store::find_broken_references(mirror);
  if (broken.rows > 0) {
    findings.push_back({Verdict::difference, "foreign keys",
                        text::counted(broken.rows, "row refers", "rows refer") +
                            " to none, the first in " + broken.first});
  }
}

void check_json(store::Database& mirror, std::vector<Finding>& findings) {
  const auto wrong = store::find_no_json(mirror);
  for (const store::NoJson& each : wrong) {
    findings.push_back(
        {Verdict::difference, "JSON columns",
         each.table + "." + each.column + ": " + std::to_string(each.rows) + " are no JSON"});
  }
  if (wrong.empty()) findings.push_back({Verdict::ok, "JSON columns", ""});
}

void check_syncs(store::Database& mirror, std::vector<Finding>& findings) {
  const std::int64_t running = store::unfinished_syncs(mirror);
  if (running == 0) return;
  findings.push_back({Verdict::note, "syncs",
                      std::to_string(running) +
                          " without an end: running now, or cut short (the next sync goes on)"});
}

// Whether all workspaces could be read.
bool compare_remote(const Config& config, CommandContext& context, std::vector<Finding>& findings) {
  env::Signals signals;
  signals.listen();
  const auto comparison = sync::compare_counts(config, context.env, signals.stop_token());
  for (const Error& error : comparison.unread) context.notice(error.what());
  for (const sync::CountDifference& each : comparison.differences) {
    findings.push_back({Verdict::difference, "counts of the server",
                        each.project_name + " (" + each.project_id + ") " + each.kind +
                            ": mirror " + std::to_string(each.mirror) + ", server " +
                            std::to_string(each.server)});
  }
  if (comparison.differences.empty()) {
    findings.push_back({Verdict::ok, "counts of the server", ""});
  }
  return comparison.unread.empty();
}

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::note:
      return "note";
    case Verdict::difference:
      return "DIFFERENCE";
    case Verdict::damage:
      break;
  }
  return "DAMAGED";
}

}  // namespace

std::vector<Finding> verify_mirror(store::Database& mirror) {
  std::vector<Finding> findings;
  check_integrity(mirror, findings);
  if (findings.front().verdict == Verdict::damage) return findings;
  check_references(mirror, findings);
  check_json(mirror, findings);
  check_syncs(mirror, findings);
  return findings;
}

ExitCode run_verify(const VerifyOptions& options, CommandContext& context) {
  const Config config = context.load(options.remote ? Keep::secrets : Keep::nothing);
  std::vector<Finding> findings;
  {
    store::Database mirror(config.mirror, store::Use::query);
    findings = verify_mirror(mirror);
  }
  const auto found = [&](Verdict verdict) {
    return std::any_of(findings.begin(), findings.end(),
                       [&](const Finding& each) { return each.verdict == verdict; });
  };
  bool all_read = true;
  if (options.remote && !found(Verdict::damage)) {
    all_read = compare_remote(config, context, findings);
  }
  const auto writer = make_row_writer(options.format, context.out, {{}, {"result"}});
  writer->begin({"result", "check", "detail"});
  for (const Finding& each : findings) {
    writer->row({std::string(name_of(each.verdict)), each.check, each.detail});
  }
  writer->end();
  if (found(Verdict::damage)) {
    context.notice("verifying mirror " + config.mirror.database.string() +
                   ": it is damaged; move it and its -wal and -shm away and run 'nexus-mirror "
                   "sync' to fetch everything anew");
    return ExitCode::machine;
  }
  return found(Verdict::difference) || !all_read ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
