// Files that were closed, and places that images have in them, on whatever thread, on their way
// into tables of a snapshot.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exports/project_export.h"
#include "exports/staging.h"
#include "store/made_files.h"
#include "store/wanted_places.h"

namespace nexus_mirror::exports {

class ClosedFiles {
 public:
  // Both stay.
  ClosedFiles(store::MadeFiles& made, store::WantedPlaces& places) : made_(made), places_(places) {}

  // Any thread.
  void add(const StagedFile& file) {
    const std::lock_guard lock(mutex_);
    closed_.push_back(file);
  }

  // The same, of an image that a file of `format` says to be at `path`.
  void add_place(const std::string& format, const std::string& path, std::string_view asset_id) {
    const std::lock_guard lock(mutex_);
    wanted_.push_back({format, path, std::string(asset_id)});
  }

  // The snapshot's thread. Throws as these tables do.
  void settle() {
    std::vector<StagedFile> closed;
    std::vector<ImagePlace> wanted;
    {
      const std::lock_guard lock(mutex_);
      closed.swap(closed_);
      wanted.swap(wanted_);
    }
    for (const ImagePlace& place : wanted) places_.put(place.format, {place.path, place.asset_id});
    const std::size_t begin = std::string_view(kAnnotations).size();
    for (const StagedFile& file : closed) {
      const std::string_view path = file.path;
      const std::string_view format = path.substr(begin, path.find('/', begin) - begin);
      made_.put({path, format, file.sha256, file.annotations, file.skipped, file.changed});
    }
  }

 private:
  struct ImagePlace {
    std::string format, path, asset_id;
  };

  store::MadeFiles& made_;
  store::WantedPlaces& places_;
  std::mutex mutex_;
  std::vector<StagedFile> closed_;  // guarded by mutex_, like the next
  std::vector<ImagePlace> wanted_;
};

}  // namespace nexus_mirror::exports
