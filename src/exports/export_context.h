// What the exports of one call share.
#pragma once

#include <stop_token>

#include "exports/exports.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/store.h"

namespace nexus_mirror::exports {

// All outlive it.
struct ExportContext {
  const Config& config;
  store::Store& store;
  Env& env;
  const ExportRequest& request;
  std::stop_token stop;
};

}  // namespace nexus_mirror::exports
