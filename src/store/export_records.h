// What exports leave in the mirror: the rows of `exports`, and, for ourselves,
//
//   export_changes    tables with rows that changed since the project's last export, noted in the
//                     transaction of the change, so that a kill forgets none
//   export_projects   projects that have been exported
//   export_formats    per format what the manifest says of it, and the settings it was made with
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace nexus_mirror::store {

// A row of `exports`; `path` is relative to the export directory.
struct ExportedFile {
  std::string format, path, sha256;
  std::int64_t annotations = 0, skipped = 0;
};

// A row of export_formats. The last four are JSON as the manifest shows it.
struct ExportedFormat {
  std::string format;
  bool requested = false;  // by `export --format`, not by the configuration
  std::string settings;
  std::int64_t images = 0, annotations = 0;
  std::string skipped, left_out, classes;
  std::optional<std::string> classes_before;

  bool operator==(const ExportedFormat&) const = default;
};

// A row of export_projects.
struct ExportedProject {
  std::string project_id, folder;  // below the export directory
  std::int64_t images = 0, annotations = 0;
};

// An entity of export_changes that is no table.
inline constexpr std::string_view kLinksUnderWay = "links";

// Belongs to the thread of `store`; all throw Error(mirror). Rows that are the same are not
// written.
class ExportRecords {
 public:
  explicit ExportRecords(Store& store) : store_(store) {}

  // Before files of `project_id` are put in place: the files that there will be (in addition to
  // those that are) and the formats. Until settle() the project counts as changed. `next` fills a
  // file and returns true, or returns false at the end.
  void begin(const std::string& project_id, const std::vector<ExportedFormat>& formats,
             const std::function<bool(ExportedFile&)>& next, std::int64_t written_at);

  // Files and formats that are no longer there.
  void forget(const std::string& project_id, const std::vector<std::string>& paths,
              const std::vector<std::string>& formats);

  // Everything that changed is exported.
  void settle(const std::string& project_id);

  // The same around the writing of model links alone: until settle_links() or settle(),
  // `kLinksUnderWay` stands in export_changes.
  void begin_links(const std::string& project_id);
  void settle_links(const std::string& project_id);

  // The project has been exported.
  void put_project(const ExportedProject& project);

 private:
  Statement& statement(const char* sql) { return store_.statement(sql); }
  void put_file(const std::string& project_id, const ExportedFile& file, std::int64_t written_at);
  void put_format(const std::string& project_id, const ExportedFormat& format);

  Store& store_;
};

}  // namespace nexus_mirror::store
