#include "exports/export_steps.h"

#include <algorithm>

#include "store/project_row.h"

namespace nexus_mirror::exports {

std::int64_t ExportSteps::images_of(const std::string& project_id) {
  if (!images_) {
    store::Database mirror(mirror_, store::Use::query);
    images_ = store::count_assets(mirror);
    for (const std::string& id : request_.project_ids) images_all_ += images_of(id);
    for (const std::string& id : finished_) images_done_ += images_of(id);
  }
  const auto found = images_->find(project_id);
  return found == images_->end() ? 0 : found->second;
}

void ExportSteps::tell(const std::string& project_id, const std::string& project_name,
                       ExportStep::Stage stage, std::int64_t done, std::int64_t total) {
  if (!request_.step) return;
  const std::int64_t images = images_of(project_id);
  const bool writes = stage == ExportStep::Stage::writing;
  request_.step({stage, project_id, project_name, done, total,
                 images_done_ + (writes ? std::min(done, images) : images), images_all_});
}

void ExportSteps::finish(const std::string& project_id) {
  if (!request_.step) return;
  if (images_) {
    images_done_ += images_of(project_id);
  } else {
    finished_.push_back(project_id);
  }
}

}  // namespace nexus_mirror::exports
