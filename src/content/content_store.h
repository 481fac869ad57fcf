// Content on its way into its folder: whole or not there.
//
// What comes is a ContentAttempt, a file of its own in <dir>/partial, hashed as it is written. A
// whole one is sealed and waits; settle() brings all that wait to the disk with one call, renames
// them into place and brings that to the disk, too. So after a power cut what bears the name of its
// content is that content, and a thousand small files cost two flushes, not two thousand.
//
// An attempt's name is its key, the validator (an ETag) of the bytes in it, and what no other
// attempt has: it is made with O_EXCL, so that no two writers ever share a file, and it says from
// before its first byte of which version they are. One without a validator is of no use to a later
// process and goes at its start. A validator stands in the name rather than beside the file because
// two files can be torn apart by a kill.
//
// The lock on the mirror is the only lock: whoever makes a ContentStore holds it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "content/content_digest.h"
#include "env/file.h"

namespace nexus_mirror::content {

inline constexpr const char* kPartial = "partial";

// Whether attempts lie in the folder, whosever they are. Any thread.
bool has_partials(const std::filesystem::path& dir);

class ContentStore;

// One file on its way. One thread at a time; ends before its store does. All throw Error(machine).
class ContentAttempt {
 public:
  // Unless it was sealed: the file stays for the next attempt where it has a validator and a byte,
  // else it goes.
  ~ContentAttempt();
  ContentAttempt(const ContentAttempt&) = delete;
  ContentAttempt& operator=(const ContentAttempt&) = delete;

  const std::string& validator() const { return validator_; }  // empty = none
  std::uint64_t bytes() const { return bytes_; }               // written, by earlier ones, too

  void write(std::string_view bytes);
  // What was written, hashed. Once, then seal() or drop().
  const ContentHashes& finish();
  // After finish(): it is whole, and content with the store's next settle().
  void seal();
  // It is of no use to anybody.
  void drop() noexcept;

 private:
  friend class ContentStore;
  ContentAttempt(ContentStore& store, std::filesystem::path path, std::string validator,
                 env::Descriptor file);

  ContentStore& store_;
  const std::filesystem::path path_;
  const std::string validator_;
  env::Descriptor file_;
  ContentDigest digest_;
  ContentHashes hashes_;
  std::uint64_t bytes_ = 0;
  bool over_ = false;  // sealed or dropped
};

// Any thread may call begin(), resume(), has(); the rest belongs to one.
class ContentStore {
 public:
  // Makes `dir` where it is missing (its folders are open to whom a file of `mode` is), and removes
  // attempts of earlier processes that nobody can go on with. Throws Error: machine; usage where
  // the folder belongs to another mirror than `mirror_id` and `adopt` is false.
  ContentStore(std::filesystem::path dir, mode_t mode, const std::string& mirror_id, bool adopt);

  const std::filesystem::path& dir() const { return dir_; }

  // A new file for what `key` names (any text); `validator` is the ETag of what will be written,
  // empty where it has none by which one could go on. Throws Error(machine).
  std::unique_ptr<ContentAttempt> begin(std::string_view key, std::string_view validator);

  // The attempt of before for this key, with what it has hashed again; null where there is none, or
  // once `go_on`, asked at each MiB, says false. Throws Error(machine).
  std::unique_ptr<ContentAttempt> resume(std::string_view key, const std::function<bool()>& go_on);

  // Whether an attempt of before, or one under way, has begun what `key` names.
  bool has_begun(std::string_view key);

  // Whether this content is there, or will be with the next settle().
  bool has(const ContentHashes& content);

  std::size_t waiting();  // sealed, and not settled yet
  // Brings everything sealed so far into its place. Throws Error(machine); what waited then is
  // there or not, whole each.
  void settle();

  // The attempt of an earlier process for `key`, if there is one, is to survive forget_partials().
  void keep_partial(std::string_view key);
  // Removes attempts of earlier processes that nobody has gone on with.
  void forget_partials();

 private:
  friend class ContentAttempt;
  struct Sealed {
    std::filesystem::path path;
    std::string sha256;
    std::uint64_t bytes;
  };

  std::string name_of(std::string_view key, std::string_view validator);
  void sort_out_partials();
  void seal(Sealed sealed);
  void put_in_place(const Sealed& sealed, std::vector<std::filesystem::path>& touched);
  void take_folder(const std::string& mirror_id, bool adopt);

  const std::filesystem::path dir_, partial_;
  const mode_t folder_mode_;
  std::mutex mutex_;
  struct PartialFile {
    std::filesystem::path path;
    bool of_before = true;  // made by an earlier process
  };
  std::map<std::string, PartialFile, std::less<>> partials_;  // by key; guarded by mutex_
  std::vector<Sealed> sealed_;                                // the same
  std::uint64_t next_ = 0;                                    // the same
};

}  // namespace nexus_mirror::content
