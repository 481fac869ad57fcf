// What `nexus-mirror doctor` looks at, topic by topic. Nothing of it writes anything, and nothing
// waits long. Messages hold no key and no link.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "cli/own_service.h"
#include "cli/server_look.h"
#include "env/user.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::cli {

enum class Health { ok, warning, fault };

struct DoctorLine {
  std::string topic;
  Health health = Health::ok;
  std::string message;
  std::string remedy = {};  // empty where there is nothing to do
};

// In their order.
inline constexpr std::string_view kTopics[] = {
    "configuration", "key",     "server", "clock",    "certificates", "disk", "rights",
    "mirror",        "exports", "files",  "replicas", "hooks",        "units"};

// What all topics but the configuration need.
struct DoctorCase {
  const Config& config;
  const OwnService& service;
  env::User user;  // whose rights count
  Env& env;
};

std::string_view name_of(Health health);

// `configuration` of one that can be read: what it names, and what in it is at odds.
DoctorLine look_at_configuration(const Config& config);

// key, server, clock and certificates of one workspace; `prefix` begins the messages ("name: "
// where there are several). Throws Error(interrupted).
std::vector<DoctorLine> look_at_workspace(const DoctorCase& patient,
                                          const WorkspaceConfig& workspace,
                                          const std::string& prefix, const std::stop_token& stop);

DoctorLine look_at_disk(const DoctorCase& patient);
DoctorLine look_at_rights(const DoctorCase& patient);
DoctorLine look_at_mirror(const DoctorCase& patient, const std::stop_token& stop);
DoctorLine look_at_exports(const DoctorCase& patient);
DoctorLine look_at_files(const DoctorCase& patient, const std::stop_token& stop);
DoctorLine look_at_replicas();
DoctorLine look_at_hooks(const DoctorCase& patient);

// What systemd says of a unit.
struct UnitState {
  bool loaded = false;
  std::string active;    // "active", "inactive", "failed", ...
  std::string enabled;   // "enabled", "disabled", ...
  bool changed = false;  // its file, since systemd read it
};

// What `units` comes of.
struct UnitFacts {
  bool installed = false;    // nexus-mirror.service
  bool ours = false;         // and it runs this configuration
  bool systemd = false;      // runs here
  bool daemon_runs = false;  // some daemon works on this mirror
  UnitState service = {}, timer = {};
  std::string problem = {};  // why systemd could not be asked
};

UnitFacts find_unit_facts(const DoctorCase& patient, const std::stop_token& stop);
DoctorLine judge_units(const UnitFacts& facts);

// The lines of `systemctl show` about several units, into those of facts.
void read_unit_states(const std::vector<std::string>& lines, UnitFacts& facts);

}  // namespace nexus_mirror::cli
