// Rows of `files`: which images and models are wanted here, which are, and what is to be done about
// the others (CONTRACT.md 8).
//
// What is to be fetched, or looked at anew, stands in file_queue with the moment from which on; so
// a sync that has nothing to fetch looks at an empty table. Which rows there should be follows from
// the settings and from the changes of assets and models: file_state has the settings and the
// change that the rows are up to, so that of a million assets only those that changed are looked
// at. A project is looked over as a whole where the settings of it differ, where its first listing
// came, and where changes were pruned before they were read. All of it goes in pieces, a
// transaction each, so that it can be stopped and needs no more memory for more files.
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
#include <utility>
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
  enum class What {
    fetched,
    unchanged,
    failed,
    left_out,  // larger than max_file, which nobody had said: it has no row any more
  };
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
  // and a place in the queue for what is missing or may have changed. `go_on` (may be empty) is
  // asked before each piece; once it says no the result is false, and the next call goes on.
  bool reconcile(const WantedFiles& wanted, const std::function<bool()>& go_on = {});

  // Files of these projects (empty = all that are there) that are due at `now` (UNIX ms), behind
  // `after` in the order of project, entity, id; `most` at most.
  std::vector<DueFile> due(const std::vector<std::string>& project_ids, std::int64_t now,
                           const FileId& after, std::int64_t most);
  // Those of these assets of one project that are due at `now`.
  std::vector<DueFile> due_of(const std::string& project_id,
                              const std::vector<std::string>& asset_ids, std::int64_t now);
  // How many are due, and the bytes that the server says of them.
  struct DueCount {
    std::int64_t files = 0, bytes = 0;
  };
  DueCount count_due(const std::vector<std::string>& project_ids, std::int64_t now);
  // Projects with assets that are due and whose link dies before `alive_until` (UNIX ms).
  struct DeadLinks {
    std::string project_id;
    std::int64_t files = 0;
    std::int64_t assets = 0;  // that the project has in all
  };
  std::vector<DeadLinks> dead_links(const std::vector<std::string>& project_ids, std::int64_t now,
                                    std::int64_t alive_until);

  // All in one transaction. Content that was fetched is in its place.
  void record(const std::vector<FileResult>& results, std::int64_t now);

  // Content was found to be damaged or gone: its files are missing, and due. Returns how many.
  std::int64_t lost(const std::vector<std::string>& sha256s);
  // Content was read and is what it was.
  void verified(const std::vector<std::string>& sha256s, std::int64_t now);

  FileCounts counts() { return count_files(session_.database()); }
  // Whether any row became another since this object was made.
  bool changed() const { return changed_; }
  // Whether files are due, now or later.
  bool any_wanted();
  std::string mirror_id() { return store::mirror_id(session_.database()); }
  // All that the mirror has.
  std::vector<KnownProject> projects() { return all_projects(session_.database()); }

 private:
  void fetched(const FileId& file, const FetchedFile& content, std::int64_t now);
  void unchanged(const FileId& file);
  void failed(const FileId& file, const std::string& error, std::int64_t next_at);
  void left_out(const FileId& file);
  struct FilesState {
    std::string dir, settings;
    std::int64_t seq = 0;
    bool exists = false;
  };
  FilesState state();
  void put_state(const FilesState& state);
  // Files of one kind of one project: entity, project.
  using FileScope = std::pair<std::string, std::string>;
  class WantedScopes;
  bool may_be_another_content(const std::string& before);
  bool follow_changes(const WantedScopes& scopes, std::int64_t seq);
  void look_at(const FileId& file, bool anew, const WantedScopes& scopes);
  std::set<FileScope> scopes_with_rows();
  std::set<FileScope> all_scopes(const WantedScopes& scopes);
  std::set<FileScope> differing(const FilesState& last, const std::string& settings,
                                const WantedScopes& scopes);
  bool look_over(const FileScope& scope, const WantedScopes& scopes, bool anew);
  bool drop_unwanted(const FileScope& scope, const WantedScopes& scopes, bool anew);
  bool add_assets(const std::string& project_id, const WantedScopes& scopes);
  void add_models(const std::string& project_id);
  void drop(const FileId& file, const std::string& sha256, bool tell_of_it);
  void enqueue(const FileId& file);
  void leave_queue(const FileId& file);
  void leave_over(const std::string& sha256);
  void mark_exports(const FileId& file);
  void tell(const FileId& file, const std::string& before, const std::string& after);

  Session& session_;
  bool changed_ = false;
};

}  // namespace nexus_mirror::store
