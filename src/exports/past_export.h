// Exports of a moment of the past, into a folder of their own (CONTRACT.md 9).
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "exports/export_context.h"

namespace nexus_mirror::exports {

struct PastRequest {
  store::AsOf as_of;
  std::filesystem::path to;                          // new, empty, or what an earlier call made
  std::vector<std::string> project_ids;              // of then
  std::vector<std::string> formats = {};             // only these; empty = those configured
  std::function<void(const ExportStep&)> step = {};  // as ExportRequest::step
};

// What of the mirror has to be told: a folder beside, into which its past is written whole. Throws
// Error: usage (`to` is somebody else's, or overlaps what the configuration names; a project was
// not there), machine, exports, interrupted; what fails with one project is in the report. Reads
// the mirror without its lock.
ExportReport export_past(const Config& config, const PastRequest& request, Env& env,
                         const std::stop_token& stop);

// Shows the images of then to the export of a project, whose snapshot is of then.
void show_past_images(const ExportContext& context, store::Snapshot& snapshot,
                      const std::string& project_id);

}  // namespace nexus_mirror::exports
