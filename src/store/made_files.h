// The files that an export makes in one run, in temporary table made_files of a Snapshot: there may
// be as many as there are images. SQLite keeps it in a file when it grows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

struct MadeFile {
  std::string_view path;  // below the project's folder
  std::string_view format, sha256;
  std::int64_t annotations = 0, skipped = 0;
  bool changed = false;  // unlike the file in place
};

// One per snapshot, which it may not outlive. One thread at a time; all throw as the snapshot does.
class MadeFiles {
 public:
  explicit MadeFiles(Snapshot& snapshot);

  // Each path once.
  void put(const MadeFile& file);

  // By path.
  Rows<MadeFile> all();
  // The paths of those that changed, sorted.
  Rows<std::string_view> changed();

  bool any_changed();
  std::int64_t count_changed();
  bool contains(std::string_view path);
  // The sum over the files of `format`.
  std::int64_t annotations_in(std::string_view format);

  // Files of an earlier export, of `formats`, that were not made again, by path; `take` gets their
  // paths below the export directory, where `folder` is the project's.
  void for_each_gone(std::string_view project_id, const std::vector<std::string>& formats,
                     const std::string& folder,
                     const std::function<void(std::string_view path)>& take);

 private:
  Snapshot& snapshot_;
  Statement put_, contains_;
};

}  // namespace nexus_mirror::store
