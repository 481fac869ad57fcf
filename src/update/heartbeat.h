// A sign of life for a dead man's switch elsewhere.
#pragma once

#include <stop_token>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "sync/sync.h"

namespace nexus_mirror::update {

// GETs config.hooks.heartbeat_url (empty = nothing to do) and waits for the answer, 10 seconds at
// most. No answer, or one that is no success, is a warning in the log, which does not show the
// URL's path where it may be a token. Throws nothing; ends early when `stop` is requested.
void send_heartbeat(const Config& config, Env& env, sync::Observer& observer,
                    const std::stop_token& stop);

}  // namespace nexus_mirror::update
