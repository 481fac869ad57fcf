// Rows of `files`: which images and models are wanted here, which are, and what is to be done about
// the others (CONTRACT.md 8).
//
// What is to be fetched, or looked at anew, stands in file_queue with the moment from which on; so
// a sync that has nothing to fetch looks at an empty table. Which rows there should be follows from
// the settings and from the changes of assets and models, so that a project nothing changed in is
// not looked at: file_state has the settings and the change that the rows are up to.
//
// Exports have what is here beside their files: a project whose content came, changed or went gets
// ExportMark::images or models.
//
// What `changes` tells of it, entity `files`, is written here: an `update` where an asset's content
// became another, and a `delete` behind that of an asset that had some.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/mirror_state.h"
#include "store/project_row.h"
#include "store/session.h"

namespace nexus_mirror::store {

// Which files the configuration wants.
struct WantedFiles {
  std::vector<std::string> image_projects, model_projects;  // ids
  std::vector<std::string> groups, statuses;                // of assets; empty = all
  std::int64_t max_file = 0;                                // bytes; 0 = no limit

  bool none() const { return image_projects.empty() && model_projects.empty(); }
};

// Whose file it is.
struct FileId {
  std::string entity, entity_id, project_id;
};

// A file that is to be fetched, or looked at anew where it has content.
struct DueFile : FileId {
  std::string filename, mime_type;  // of assets, as the server says
  std::string artifact_id;          // of models
  std::string link;                 // signed: a secret; empty = none is known
  std::optional<std::int64_t> link_expiry, file_size;
  std::int64_t attempts = 0;
  std::string sha256, crc32c, md5;  // of the content that is here; empty = none
};

struct FetchedFile {
  std::string sha256, mime_type, etag, crc32c, md5;
  std::int64_t bytes = 0;
  bool cut_jpeg = false;  // a JPEG without its end
};

struct FileCounts {
  std::int64_t ok = 0, missing = 0, failed = 0;
  std::int64_t bytes = 0;  // of the content that is here, each counted once
};

FileCounts count_files(Database& database);

// What became of a file that was due.
struct FileResult {
  enum class What { fetched, unchanged, failed };
  FileId file;
  What what = What::failed;
  FetchedFile content = {};  // of fetched
  std::string error = {};    // of failed
  std::int64_t next_at = 0;  // of failed: tried again from then on (UNIX ms)
};

// One thread at a time; all throw as Database does. What writes is a transaction each.
class KeptFiles {
 public:
  explicit KeptFiles(Session& session) : session_(session) {}

  // Whether there is anything to be kept in step: rows, or content that nothing refers to.
  bool any();

  // Says where the content lies, for the views. Writes only what is news.
  void set_folder(const std::string& dir);

  // Brings the rows to what `wanted` asks for: rows for files that are wanted now, none for others,
  // and a place in the queue for what is missing or may have changed.
  void reconcile(const WantedFiles& wanted);

  // Files of these projects (empty = all that are there) that are due at `now` (UNIX ms), behind
  // `after` in the order of project, entity, id; `most` at most.
  std::vector<DueFile> due(const std::vector<std::string>& project_ids, std::int64_t now,
                           const FileId& after, std::int64_t most);
  // How many those are, and the bytes that the server says of them.
  struct DueCount {
    std::int64_t files = 0, bytes = 0;
  };
  DueCount count_due(const std::vector<std::string>& project_ids, std::int64_t now);

  // All in one transaction. Content that was fetched is in its place.
  void record(const std::vector<FileResult>& results, std::int64_t now);

  // Content was found to be damaged or gone: its files are missing, and due. Returns how many.
  std::int64_t lost(const std::string& sha256);
  // Content was read and is what it was.
  void verified(const std::vector<std::string>& sha256s, std::int64_t now);

  FileCounts counts() { return count_files(session_.database()); }
  // Whether files are due, now or later.
  bool any_wanted();
  std::string mirror_id() { return store::mirror_id(session_.database()); }
  // All that the mirror has.
  std::vector<KnownProject> projects() { return all_projects(session_.database()); }

 private:
  void fetched(const FileId& file, const FetchedFile& content, std::int64_t now);
  void unchanged(const FileId& file);
  void failed(const FileId& file, const std::string& error, std::int64_t next_at);
  struct FilesState {
    std::string dir, settings;
    std::int64_t seq = 0;
    bool exists = false;
  };
  FilesState state();
  void put_state(const FilesState& state);
  bool may_be_another_content(const std::string& before);
  std::set<std::string> note_changes(std::int64_t seq);
  void drop(Statement& select, bool tell_of_it);
  void drop_unwanted(const WantedFiles& wanted);
  void drop_gone(const std::string& entity, const std::string& projects);
  void drop_unfit(const WantedFiles& wanted, const std::string& projects);
  void add_wanted(const WantedFiles& wanted, const std::string& entity,
                  const std::string& projects);
  void leave_queue(const FileId& file);
  void leave_over(const std::string& sha256);
  void mark_exports(const FileId& file);
  void tell(const FileId& file, const std::string& before, const std::string& after);

  Session& session_;
};

}  // namespace nexus_mirror::store
