// What a workspace's server says when it is asked once, without patience: for those who set a
// mirror up or look for what is wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "transport/certificates.h"

namespace nexus_mirror::cli {

struct ListedProject {
  std::string id, name;
};

struct ServerLook {
  // Why there is no workspace: key_refused, unreachable (also of whatever answers there and is no
  // Nexus), timeout, config.
  std::optional<Error> error;
  bool answered = false;                        // with any status
  std::int64_t took_ms = 0;                     // of that answer
  std::optional<std::int64_t> ahead_ms;         // its clock before ours; none = it sends no Date
  transport::CertificateLook certificate = {};  // none of http
  std::string workspace_id = {}, workspace_name = {};
  std::vector<ListedProject> projects = {};  // as the server lists them
  std::optional<Error> projects_error = {};  // why they are not known
};

// Asks with `key`, one try for each question; a server that is silent is given up after some 10
// seconds. Blocks. Throws Error(interrupted) alone.
ServerLook look_at_server(const HttpConfig& http, const WorkspaceConfig& workspace,
                          const std::optional<std::string>& key, Env& env,
                          const std::stop_token& stop);

}  // namespace nexus_mirror::cli
