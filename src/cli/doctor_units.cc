// `doctor`: the units of systemd, and whether anybody keeps the mirror up to date.
#include <chrono>
#include <system_error>

#include "cli/doctor_topics.h"
#include "config/secret_files.h"
#include "daemon/plan.h"
#include "update/program_run.h"

namespace nexus_mirror::cli {
namespace {

constexpr const char* kTimer = "nexus-mirror-sync.timer";

void ask_systemd(UnitFacts& facts, Env& env, const std::stop_token& stop) {
  std::vector<std::string> lines;
  update::Program program;
  program.argv = {"systemctl",
                  "show",
                  "--no-pager",
                  "--property",
                  "Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload",
                  config::kServiceUnits[0],
                  kTimer};
  program.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  program.timeout = std::chrono::seconds(5);
  program.on_line = [&lines](std::string_view line) { lines.emplace_back(line); };
  const update::Ending ending = update::run_program(program, env, stop);
  if (ending.problem.empty()) {
    read_unit_states(lines, facts);
  } else {
    facts.problem = ending.problem;
  }
}

std::string enable_remedy(const UnitFacts& facts) {
  return facts.timer.enabled == "enabled" ? "sudo systemctl start nexus-mirror-sync.timer"
                                          : "sudo systemctl enable --now nexus-mirror";
}

// What the service and the timer are, where systemd runs and both are this configuration's.
DoctorLine judge_states(const UnitFacts& facts) {
  const UnitState &service = facts.service, &timer = facts.timer;
  const std::string text = "nexus-mirror.service is " + service.active + ", " + service.enabled +
                           "; the timer is " + timer.active;
  const bool serves =
      service.active == "active" || service.active == "activating" || service.active == "reloading";
  const bool ticks = timer.active == "active";
  if (service.active == "failed") {
    return {"units", Health::fault, text, "journalctl -u nexus-mirror says why"};
  }
  if (service.changed || timer.changed) {
    return {"units", Health::warning, text + "; systemd has not read their files anew",
            "sudo systemctl daemon-reload"};
  }
  if (serves && ticks) {
    return {"units", Health::warning, text + ": of two that sync, one finds the mirror in use",
            "sudo systemctl disable --now nexus-mirror-sync.timer"};
  }
  if (!serves && !ticks) {
    return {"units", Health::warning,
            text + (facts.daemon_runs ? "; a daemon that is no unit's works on this mirror"
                                      : "; no daemon runs"),
            facts.daemon_runs ? "" : enable_remedy(facts)};
  }
  if (service.enabled == "disabled" && serves) {
    return {"units", Health::warning, text + ": after a reboot it does not start",
            "sudo systemctl enable nexus-mirror"};
  }
  return {"units", Health::ok, text, {}};
}

}  // namespace

void read_unit_states(const std::vector<std::string>& lines, UnitFacts& facts) {
  UnitState state;
  std::string id;
  const auto take = [&] {
    if (id == config::kServiceUnits[0]) facts.service = state;
    if (id == kTimer) facts.timer = state;
    state = {};
  };
  // Each unit's lines begin with any of them: the id may stand anywhere among them.
  for (const std::string& line : lines) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) {
      take();
      id.clear();
      continue;
    }
    const std::string key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "Id") id = value;
    if (key == "LoadState") state.loaded = value == "loaded";
    if (key == "ActiveState") state.active = value;
    if (key == "UnitFileState") state.enabled = value;
    if (key == "NeedDaemonReload") state.changed = value == "yes";
  }
  take();
}

UnitFacts find_unit_facts(const DoctorCase& patient, const std::stop_token& stop) {
  UnitFacts facts;
  facts.installed = patient.service.unit.has_value();
  facts.ours = patient.service.ours;
  facts.daemon_runs = daemon::read_plan(patient.config).daemon == env::Held::yes;
  std::error_code none;
  facts.systemd = std::filesystem::exists("/run/systemd/system", none);
  if (facts.installed && facts.ours && facts.systemd) ask_systemd(facts, patient.env, stop);
  return facts;
}

DoctorLine judge_units(const UnitFacts& facts) {
  const std::string daemon = facts.daemon_runs ? "a daemon works on this mirror" : "no daemon runs";
  if (!facts.installed) return {"units", Health::ok, "none installed; " + daemon, {}};
  if (!facts.ours) {
    return {"units", Health::ok, "nexus-mirror.service runs another configuration; " + daemon, {}};
  }
  if (!facts.systemd) {
    return {"units", facts.daemon_runs ? Health::ok : Health::warning,
            "installed, but systemd is not running here; " + daemon,
            facts.daemon_runs ? "" : "run nexus-mirror daemon, or nexus-mirror sync by a timer"};
  }
  if (!facts.problem.empty() || !facts.service.loaded) {
    return {"units", Health::warning,
            "systemd cannot be asked" +
                (facts.problem.empty() ? std::string() : ": " + facts.problem) + "; " + daemon,
            "see systemctl status nexus-mirror"};
  }
  return judge_states(facts);
}

}  // namespace nexus_mirror::cli
