// Power cuts: what a run did to the disk is recorded, and from the record comes what a cut at any
// moment of it may leave there.
//
// What a program wrote is on the disk for sure once it has been synced; before that each write may
// be there, be missing or be torn, whatever was written after it. The same goes for names, which a
// sync of their folder brings to the disk; those of one folder get there in their order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "env/file.h"
#include "support/faulty_vfs.h"

namespace nexus_mirror::testing {

// What becomes of what was not synced.
enum class Loss {
  nothing,    // all of it is there: the process was killed, the power stayed
  all,        // none of it is
  torn,       // of each file and folder the first so many; of one write a part
  scattered,  // any of it, and parts of it
};
inline constexpr Loss kLosses[] = {Loss::all, Loss::torn, Loss::scattered};
const char* name_of(Loss loss);

// Records all changes below a folder that come through the seam of env/file and, told of each call,
// SQLite's; -shm files aside, which no restart takes over. Changes of env/file come from one thread
// at a time; all methods may be called by any.
class DiskRecord : private env::FileFaults {
 public:
  // Begins with what lies below `place`, all of it on the disk.
  explicit DiskRecord(std::filesystem::path place);
  ~DiskRecord() override;
  DiskRecord(const DiskRecord&) = delete;
  DiskRecord& operator=(const DiskRecord&) = delete;

  // For FaultyVfs::listen().
  void sqlite(const VfsEvent& event);
  // The run is over.
  void finish();

  std::size_t changes() const { return events_.size(); }
  // Number `n` of them, from 1 on, for messages.
  std::string change(std::size_t n) const;
  // Whether it was made to the database or its -wal.
  bool is_of_mirror(std::size_t n) const;
  // Whether it brought the -wal to the disk.
  bool syncs_wal(std::size_t n) const;

  // `folder` becomes what a cut after `n` changes leaves; `seed` decides where chance does.
  void replay(std::size_t n, Loss loss, std::uint32_t seed,
              const std::filesystem::path& folder) const;

 private:
  enum class Kind {
    write,
    truncate,
    sync,
    create,
    rename,
    remove,
    make_folder,
    make_link,
    sync_folder,
    sync_all
  };
  struct Event {
    Kind kind;
    std::size_t file = 0;    // of those that concern the bytes of one, and of create
    std::string path;        // of those that concern a name, below the place
    std::string from = {};   // rename
    std::string bytes = {};  // write; of a link where it leads
    std::uint64_t at = 0;    // write; truncate: the size
  };
  struct Picture {
    std::map<std::string, std::size_t> names;  // of files; the numbers stay when names change
    std::map<std::string, std::string> links;
    std::set<std::string> folders;
    std::map<std::size_t, std::string> bytes;
  };

  env::FileFault before(env::FileCall call, const std::filesystem::path& path) override;
  void settle();
  void note_file(const std::string& path);
  void note_rename(const std::string& path);
  void note_flush(const std::string& path);
  void add(Event event);
  std::optional<std::string> below(const std::string& path) const;
  std::vector<bool> kept(std::size_t n, Loss loss, std::mt19937& chance) const;
  std::vector<bool> durable(std::size_t n) const;
  static bool is_of_bytes(Kind kind) { return kind == Kind::write || kind == Kind::truncate; }
  static bool is_of_name(Kind kind) {
    return kind == Kind::create || kind == Kind::rename || kind == Kind::remove ||
           kind == Kind::make_folder || kind == Kind::make_link;
  }
  static void apply(Picture& picture, const Event& event);
  static void write_out(const Picture& picture, const std::filesystem::path& folder);

  const std::filesystem::path place_;
  mutable std::mutex mutex_;  // guards everything below
  Picture begin_, now_;
  std::vector<Event> events_;
  std::map<std::uint64_t, std::size_t> numbers_;  // of files by inode
  std::set<std::size_t> nameless_;  // made by SQLite, whose first sync of one brings its name along
  std::optional<std::pair<env::FileCall, std::string>> pending_;  // is carried out by the next call
  std::size_t next_file_ = 0;
};

}  // namespace nexus_mirror::testing
