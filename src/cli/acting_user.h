// Root's turn into the user that files belong to (CONTRACT.md 6).
#pragma once

#include "cli/command_context.h"
#include "env/user.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::cli {

// The process, which is root's, goes on as `user`, and can still read what `keep` says. Once,
// before there are threads that do work. Throws Error(machine) where the user cannot be changed:
// nothing may be done then.
void go_on_as(const env::User& user, const Config& config, Keep keep);

}  // namespace nexus_mirror::cli
