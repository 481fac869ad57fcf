// How far a call's exports are, for whoever watches.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exports/exports.h"

namespace nexus_mirror::exports {

// One thread. Costs nothing where the request has nobody who watches.
class ExportSteps {
 public:
  // `mirror` is the one whose projects are exported; both outlive it. How many images these have is
  // asked for when the first of them begins.
  ExportSteps(const ExportRequest& request, const MirrorConfig& mirror)
      : request_(request), mirror_(mirror) {}

  // Throws what Database does.
  void tell(const std::string& project_id, const std::string& project_name, ExportStep::Stage stage,
            std::int64_t done, std::int64_t total);
  // The project is through, whatever there was to do.
  void finish(const std::string& project_id);

 private:
  std::int64_t images_of(const std::string& project_id);

  const ExportRequest& request_;
  const MirrorConfig& mirror_;
  std::optional<std::map<std::string, std::int64_t>> images_;  // by project
  std::vector<std::string> finished_;                          // before `images_` was asked for
  std::int64_t images_done_ = 0, images_all_ = 0;
};

}  // namespace nexus_mirror::exports
