// `doctor`: key, server, clock and certificates.
#include <algorithm>
#include <cstdlib>

#include "cli/doctor_topics.h"
#include "config/file_text.h"
#include "config/secret_files.h"
#include "text/address.h"
#include "text/counted.h"
#include "text/match.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kSecond = 1000, kDay = 86'400 * kSecond;
constexpr std::int64_t kClockWarning = 60 * kSecond, kClockFault = 300 * kSecond;
constexpr std::int64_t kCertificateDays = 14;

struct FoundKey {
  std::optional<std::string> secret;
  std::optional<Error> error;  // why there is none
};

FoundKey find_key(const WorkspaceConfig& workspace) {
  try {
    return {resolve_secret_key(workspace), {}};
  } catch (const Error& error) {
    return {{}, error};
  }
}

// A key's file that others can read; empty where there is none.
std::filesystem::path open_to_others(const WorkspaceConfig& workspace) {
  std::vector<std::filesystem::path> files = {workspace.secret_key_file, workspace.client_key};
  if (!workspace.secret_credential.empty()) {
    const auto source = config::find_credential(workspace.secret_credential);
    if (source && !source->unit.empty()) files.push_back(source->file);
  }
  for (const auto& file : files) {
    if (file.empty()) continue;
    try {
      if (config::read_file(file).others_can_read) return file;
    } catch (...) {  // what cannot be read is said elsewhere
    }
  }
  return {};
}

// The projects that the configuration chooses of those that the server lists.
std::size_t chosen(const ServerLook& look, const WorkspaceConfig& workspace) {
  return static_cast<std::size_t>(
      std::count_if(look.projects.begin(), look.projects.end(), [&](const ListedProject& each) {
        return text::matches(workspace.projects, each.id, each.name) &&
               !text::matches(workspace.exclude, each.id, each.name);
      }));
}

// The first of `projects` that means none; empty where each means one.
std::string unmatched(const ServerLook& look, const WorkspaceConfig& workspace) {
  for (const std::string& pattern : workspace.projects) {
    if (pattern == "*") continue;
    const bool means_one = std::any_of(
        look.projects.begin(), look.projects.end(),
        [&](const ListedProject& each) { return text::matches({pattern}, each.id, each.name); });
    if (!means_one) return pattern;
  }
  return {};
}

DoctorLine judge_key(const FoundKey& key, const ServerLook& look,
                     const WorkspaceConfig& workspace) {
  DoctorLine line{"key", Health::fault, {}, {}};
  if (key.error) {
    line.message = key.error->reason();
    line.remedy = key.error->hint();
    return line;
  }
  const std::string what = key.secret ? "it" : "the client certificate (there is no key)";
  if (look.error && look.error->code() == ErrorCode::key_refused) {
    line.message = "refused: " + look.error->reason();
    line.remedy = look.error->hint();
    return line;
  }
  line.health = Health::warning;
  if (look.error) {
    line.message = (key.secret ? "it is there" : "there is none, but a client certificate") +
                   std::string("; whether the server takes it nobody knows");
    line.remedy = "see server";
    return line;
  }
  line.message = "the server takes " + what + " for workspace '" + look.workspace_name + "'";
  if (look.projects_error) {
    line.message += "; its projects cannot be listed: " + look.projects_error->reason();
    line.remedy = look.projects_error->hint();
    return line;
  }
  const std::size_t all = look.projects.size(), ours = chosen(look, workspace);
  line.message += ", " + text::counted(all, "project");
  if (ours != all) line.message += ", " + std::to_string(ours) + " of them chosen";
  if (const std::string pattern = unmatched(look, workspace); !pattern.empty()) {
    line.message += "; no project is called '" + pattern + "'";
    line.remedy = "correct projects in [[workspace]], or the key's rights in Nexus";
  } else if (ours == 0) {
    line.remedy = "make a project in Nexus, or choose one by projects in [[workspace]]";
  } else if (const auto file = open_to_others(workspace); !file.empty()) {
    line.message += "; others can read " + file.string();
    line.remedy = "run chmod 600 " + file.string();
  } else {
    line.health = Health::ok;
  }
  return line;
}

DoctorLine judge_server(const ServerLook& look, const WorkspaceConfig& workspace) {
  if (look.error && look.error->code() != ErrorCode::key_refused) {
    const Error& error = *look.error;
    if (error.code() == ErrorCode::config) {
      return {"server", Health::fault,
              "not asked: " + error.doing() + " " + error.subject() + ": " + error.reason(),
              error.hint()};
    }
    return {"server", Health::fault, workspace.endpoint + ": " + error.reason(), error.hint()};
  }
  return {"server",
          Health::ok,
          workspace.endpoint + " answers, in " + std::to_string(look.took_ms) + " ms",
          {}};
}

DoctorLine judge_clock(const ServerLook& look) {
  DoctorLine line{"clock", Health::warning, {}, {}};
  if (!look.ahead_ms) {
    line.message = look.answered ? "the server does not say what time it is"
                                 : "not looked at: the server does not answer";
    return line;
  }
  const std::int64_t off = std::abs(*look.ahead_ms);
  if (off < kClockWarning) {
    line.health = Health::ok;
    line.message = off < 2 * kSecond ? "that of the server, to 2 s"
                                     : std::to_string(off / kSecond) + " s from the server's";
    return line;
  }
  if (off >= kClockFault) line.health = Health::fault;
  line.message = "this machine's is " + text::rough_duration(Milliseconds(off)) +
                 (*look.ahead_ms > 0 ? " behind" : " ahead of") + " the server's";
  line.remedy = "set it right: timedatectl set-ntp true";
  return line;
}

// Makes `line` no better than a certificate that ends at `end` (UNIX ms).
void add_certificate(DoctorLine& line, const std::string& name, std::int64_t end, std::int64_t now,
                     const std::string& remedy) {
  if (!line.message.empty()) line.message += "; ";
  const std::int64_t days = (end - now) / kDay;
  Health health = Health::ok;
  if (end <= now) {
    health = Health::fault;
    line.message += name + " has expired";
  } else {
    if (days < kCertificateDays) health = Health::warning;
    line.message += name + " ends in " + text::counted(days, "day");
  }
  if (health > line.health) {
    line.health = health;
    line.remedy = remedy;
  }
}

DoctorLine judge_certificates(const ServerLook& look, const WorkspaceConfig& workspace,
                              std::int64_t now) {
  DoctorLine line{"certificates", Health::ok, {}, {}};
  if (look.certificate.refused) {
    line = {"certificates", Health::fault, look.certificate.refused->reason(),
            look.certificate.refused->hint()};
  } else if (look.certificate.end) {
    add_certificate(line, "the server's", *look.certificate.end, now,
                    "have the server's certificate renewed");
  } else if (text::check_endpoint(workspace.endpoint).address.scheme == "https") {
    line.health = Health::warning;
    line.message = "not looked at: the server does not answer";
  } else {
    line.message = "none: the endpoint is http://";
  }
  for (const auto& [name, file] : {std::pair("the client's", &workspace.client_certificate),
                                   std::pair("ca_file", &workspace.ca_file)}) {
    if (file->empty()) continue;
    if (const auto end = transport::certificate_end(*file)) {
      add_certificate(line, name, *end, now, "renew " + file->string());
    } else if (line.health != Health::fault) {
      line.health = Health::fault;
      line.message += "; " + file->string() + " holds none that can be read";
      line.remedy = "it must be a file in PEM format that this user can read";
    }
  }
  return line;
}

}  // namespace

std::vector<DoctorLine> look_at_workspace(const DoctorCase& patient,
                                          const WorkspaceConfig& workspace,
                                          const std::string& prefix, const std::stop_token& stop) {
  const FoundKey key = find_key(workspace);
  const ServerLook look =
      look_at_server(patient.config.http, workspace, key.secret, patient.env, stop);
  std::vector<DoctorLine> lines = {judge_key(key, look, workspace), judge_server(look, workspace),
                                   judge_clock(look),
                                   judge_certificates(look, workspace, patient.env.now_ms())};
  for (DoctorLine& line : lines) line.message.insert(0, prefix);
  return lines;
}

}  // namespace nexus_mirror::cli
