// What exports leave in the mirror: the rows of `exports`, how far they have read the feed of
// changes (consumers.h), and, for ourselves,
//
//   export_marks      what is under way, or changed without being in the feed
//   export_projects   projects that have been exported
//   export_formats    per format what the manifest says of it, and the settings it was made with
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/change_feed.h"
#include "store/session.h"

namespace nexus_mirror::store {

// A row of `exports`; `path` is relative to the export directory.
struct ExportedFile {
  std::string format, path, sha256;
  std::int64_t annotations = 0, skipped = 0;
};

// A row of export_formats. Texts from `skipped` on are JSON as the manifest shows it.
struct ExportedFormat {
  std::string format;
  bool requested = false;  // by `export --format`, not by the configuration
  std::string settings;
  std::int64_t images = 0, annotations = 0;
  std::string skipped, approximated, left_out, classes;
  std::optional<std::string> classes_before;
  std::int64_t rules = 0;  // of the program that made it: another number is made anew
  // Images that have a place beside the files or in them, those that are not here, too; nullopt =
  // the format has no place for any, or is not to have them.
  std::optional<std::int64_t> places = {};
  bool placing = false;                         // placed_files has all of these
  std::int64_t encoded = 0, encoded_bytes = 0;  // of those in the files: images and their bytes

  bool operator==(const ExportedFormat&) const = default;
};

// A row of export_projects.
struct ExportedProject {
  std::string project_id, folder;  // below the export directory
  std::int64_t images = 0, annotations = 0;
};

// A format that does not suit the project, and why: a row of export_misfits.
struct ExportMisfit {
  std::string format, reason;

  bool operator==(const ExportMisfit&) const = default;
};

// Why a project is exported again although the feed of changes tells nothing new of it.
enum class ExportMark {
  files,      // files are being put in place
  links,      // model links are being put in place
  run_logs,   // events or a matrix of a training run came, which are in no change
  tags,       // a tag of the project could not be read: it waits
  images,     // images that are kept here came, changed or went
  models,     // the same of models
  forgotten,  // the project was dropped: what it has in the export directory is to go
};
std::string_view name_of(ExportMark mark);
ExportMark export_mark_of(std::string_view name);  // `files` for a name that is none

// All throw as Database does. Rows that are the same are not written.
class ExportRecords {
 public:
  explicit ExportRecords(Session& session) : session_(session) {}

  // Before files of `project_id` are put in place: the files that there will be (in addition to
  // those that are) and the formats. Until settle() the project counts as changed. `next` fills a
  // file and returns true, or returns false at the end. The files are of sync `sync_id`.
  void begin(const std::string& project_id, const std::vector<ExportedFormat>& formats,
             const std::function<bool(ExportedFile&)>& next, std::int64_t written_at,
             std::int64_t sync_id);

  // Files and formats that are no longer there.
  void forget(const std::string& project_id, const std::vector<std::string>& paths,
              const std::vector<std::string>& formats);

  // placed_files has nothing of the format any more.
  void end_placing(const std::string& project_id, const std::string& format);

  // Those of the project, in place of the ones that there were.
  void put_misfits(const std::string& project_id, const std::vector<ExportMisfit>& misfits);

  // Whether ExportMark::tags is to stand.
  void note_tags(const std::string& project_id, bool unread);

  // Everything up to `position` is exported; with `again` but for files that are kept, which the
  // next call is to place.
  void settle(const std::string& project_id, const Position& position, bool again = false);

  // The same around the writing of model links alone: until settle_links() or settle(),
  // ExportMark::links stands.
  void begin_links(const std::string& project_id) { mark(project_id, ExportMark::links); }
  void settle_links(const std::string& project_id);

  void mark(const std::string& project_id, ExportMark mark);
  void mark_all(ExportMark mark);  // every project that has been exported

  // Projects with ExportMark::forgotten.
  std::vector<std::string> forgotten();
  void drop_project(const std::string& project_id);      // its folder and its link are gone
  void settle_forgotten(const std::string& project_id);  // the index names it no more, either

  // The project has been exported.
  void put_project(const ExportedProject& project);
  // The link by its name that is made for it; empty for none.
  void put_link(const std::string& project_id, const std::string& name);

 private:
  Statement& statement(const char* sql) { return session_.statement(sql); }
  void put_file(const std::string& project_id, const ExportedFile& file, std::int64_t written_at,
                std::int64_t sync_id);
  void put_format(const std::string& project_id, const ExportedFormat& format);

  Session& session_;
};

}  // namespace nexus_mirror::store
