// Files on their way into a project's export folder.
//
// New bytes are written under <project>/.staging first, on the same file system. Those that equal
// the file in place are dropped there and then, so that an unchanged file keeps its time; the rest
// is flushed to the disk at once and renamed into place together. A folder .staging that a kill
// left is removed by the next Staging.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exports/writer.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {

// The folder in a project's where files are on their way.
inline constexpr const char* kStaging = ".staging";

// What the files of a format have to do with images that are kept.
struct Pictures {
  std::filesystem::path content;  // the folder of content
  // Told of each place that a file says an image to be at, below the format's folder; on the thread
  // of the FileSet. May be empty.
  std::function<void(const std::string& path, std::string_view asset_id)> place;
};

// A file that is complete, as the Staging's owner is told of it.
struct StagedFile {
  std::string path;  // below the project's folder
  std::string sha256;
  std::int64_t annotations = 0, skipped = 0;
  bool changed = false;  // to be renamed into place
};

// One thread at a time, but that each FileSet may have a thread of its own. All throw Error:
// machine (the disk is full or fails), exports (any other reason why a file cannot be written).
class Staging {
 public:
  using Done = std::function<void(const StagedFile&)>;

  // `done` is told of each file that was closed, on the thread of its FileSet. With `force` equal
  // files are written anew too.
  Staging(std::filesystem::path project_folder, bool force, Done done);
  ~Staging();  // removes what was not put in place
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Any thread. Grows as bytes get to the disk.
  std::uint64_t moves() const { return moves_; }
  // Any thread. Throws Error(interrupted), as files do from now on in place of taking more.
  void give_up();

  // The files below `folder` ("annotations/coco"; empty = the project's own), which get permission
  // bits `mode`.
  std::unique_ptr<FileSet> files(const std::string& folder, Pictures pictures = {},
                                 unsigned mode = 0644);

  // Brings everything staged to the disk. Before the first put_in_place().
  void flush();
  // Renames a changed file to where it belongs.
  void put_in_place(const std::string& path);
  // After the last: the renames themselves to the disk.
  void settle();

  // Writes one small file whole, with its own flush and rename; returns whether it changed.
  bool write_file(const std::string& path, std::string_view bytes, unsigned mode = 0644);

 private:
  class Output;
  class Scratch;
  class Files;

  std::filesystem::path staged(const std::string& path) const { return folder_ / kStaging / path; }

  // A piece of a file is on its way.
  void move();

  const std::filesystem::path folder_;
  const bool force_;
  const Done done_;
  std::atomic<std::uint64_t> moves_ = 0;
  std::atomic<bool> given_up_ = false;
  std::string placed_folder_;         // made last, so that a thousand files ask once
  std::vector<std::string> touched_;  // folders with renames to be flushed
};

// What `number`, an errno, means: see Staging. The second throws it.
Error io_error(int number, const std::string& doing, const std::filesystem::path& path);
[[noreturn]] void throw_io(int number, const std::string& doing, const std::filesystem::path& path);

// Removes what a call has left that was cut short, or whose Staging could not. Throws as above.
void clear_staging(const std::filesystem::path& project_folder);

// Makes `folder` and what is missing above it, all 0755 whatever the umask is. A symbolic link in
// place of `folder` itself is refused.
void make_folder(const std::filesystem::path& folder);

// The same for the folder of `path`, a file's below `base`, unless it is `made`, which it then is.
void make_folder_of(const std::filesystem::path& base, const std::string& path, std::string& made);

}  // namespace nexus_mirror::exports
