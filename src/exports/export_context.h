// What the exports of one call share.
#pragma once

#include <stop_token>

#include "exports/export_steps.h"
#include "exports/exports.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/past/as_of.h"
#include "store/store.h"

namespace nexus_mirror::exports {

// Of which moment an export is, where it is not of now. Then `config` and `store` of the context
// are of a mirror that is made for this export alone and holds what it writes down.
struct PastSource {
  MirrorConfig mirror;  // whose past it is
  store::AsOf as_of;
};

// All outlive it.
struct ExportContext {
  const Config& config;
  store::Store& store;
  Env& env;
  const ExportRequest& request;
  std::stop_token stop;
  ExportSteps& steps;
  const PastSource* past = nullptr;  // null = the mirror as it is
};

// Exports the projects of the request; what fails with one of them is in the report. Returns how
// many have files that are made anew since the rules have changed. Throws Error: machine,
// interrupted.
int export_projects(ExportContext& context, ExportReport& report);

}  // namespace nexus_mirror::exports
