// Files that were closed, on whatever thread, on their way into a snapshot's table.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "exports/project_export.h"
#include "exports/staging.h"
#include "store/made_files.h"

namespace nexus_mirror::exports {

class ClosedFiles {
 public:
  // `made` stays.
  explicit ClosedFiles(store::MadeFiles& made) : made_(made) {}

  // Any thread.
  void add(const StagedFile& file) {
    const std::lock_guard lock(mutex_);
    closed_.push_back(file);
  }

  // The snapshot's thread. Throws as MadeFiles does.
  void settle() {
    std::vector<StagedFile> closed;
    {
      const std::lock_guard lock(mutex_);
      closed.swap(closed_);
    }
    const std::size_t begin = std::string_view(kAnnotations).size();
    for (const StagedFile& file : closed) {
      const std::string_view path = file.path;
      const std::string_view format = path.substr(begin, path.find('/', begin) - begin);
      made_.put({path, format, file.sha256, file.annotations, file.skipped, file.changed});
    }
  }

 private:
  store::MadeFiles& made_;
  std::mutex mutex_;
  std::vector<StagedFile> closed_;  // guarded by mutex_
};

}  // namespace nexus_mirror::exports
