// Archives of a server, unpacked: zip, tar, tar.gz.
//
// Input: a byte for the limits, then the archive. Whatever it holds, nothing comes to be outside
// its folder; inside are files and folders alone, as many as are told; one that is refused leaves
// the folder as it was.
#include <algorithm>
#include <fstream>
#include <set>
#include <stop_token>

#include "exports/unpack.h"
#include "fuzz/target.h"
#include "nexus_mirror/error.h"
#include "support/archives.h"

namespace nexus_mirror::fuzz {
namespace {

namespace fs = std::filesystem;
using exports::Unpacked;
using exports::UnpackLimits;

constexpr const char* kBefore = "before";  // a file that `target` has when an archive comes

UnpackLimits limits_by(unsigned char byte) {
  UnpackLimits limits;
  limits.entries = 1 + (byte & 15) * 8;
  limits.bytes = std::int64_t{64} << (byte >> 4);
  limits.ratio_free = 64 << 10;
  return limits;
}

void require_as_told(const fs::path& target, const Unpacked& unpacked, const UnpackLimits& limits) {
  Unpacked found;
  std::int64_t entries = 0;
  for (const auto& entry : fs::recursive_directory_iterator(target)) {
    const fs::file_status status = entry.symlink_status();
    require(fs::is_regular_file(status) || fs::is_directory(status), "only files and folders");
    const bool file = fs::is_regular_file(status);
    require(status.permissions() == fs::perms(file ? 0644 : 0755), "modes are ours");
    require(entry.path().lexically_normal() == entry.path(), "a path is plain");
    if (file) ++found.files, found.bytes += static_cast<std::int64_t>(entry.file_size());
    ++entries;
  }
  require(found.files == unpacked.files && found.bytes == unpacked.bytes, "it is what is told");
  require(found.files > 0 && found.files <= limits.entries, "files keep to the limit");
  require(found.bytes <= limits.bytes, "bytes keep to the limit");
}

void run(std::string_view input) {
  const UnpackLimits limits = limits_by(take_byte(input));
  const fs::path place = folder() / "unpack", archive = place / "archive",
                 target = place / "target";
  fs::create_directories(target);
  std::ofstream(target / kBefore) << "old";
  std::ofstream(archive, std::ios::binary | std::ios::trunc)
      << std::string(input);  // not as a view: its operator<< pads
  try {
    const Unpacked unpacked = exports::unpack(archive, target, {}, limits);
    require_as_told(target, unpacked, limits);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_response, "what is refused is the archive's fault");
    require(fs::exists(target / kBefore), "one that is refused changes nothing");
    require(std::distance(fs::directory_iterator(target), {}) == 1, "and adds nothing");
  }
  fs::remove_all(target);
  fs::remove(archive);
  require(fs::is_empty(place), "nothing is left beside the folder");
}

std::vector<std::string> seeds() {
  using testing::archive_of;
  using testing::ArchiveEntry;
  using testing::ArchiveForm;
  using Type = ArchiveEntry::Type;
  const std::vector<std::vector<ArchiveEntry>> contents = {
      {{"a.json", R"({"a":1})"}, {"d/", "", Type::folder}, {"d/b.txt", std::string(600, 'b')}},
      {{"./x/y/z", "deep"}, {"x/y/\xc3\xa4.csv", "name"}},
      {{"../out", "no"}},
      {{"/abs", "no"}},
      {{"l", "/etc/passwd", Type::symlink}},
      {{"a", "1"}, {"h", "a", Type::hardlink}},
      {{"dev", "", Type::device}, {"pipe", "", Type::pipe}},
      {{"a", "1"}, {"a", "2"}},
      {{"a", "1"}, {"a/b", "2"}},
      {{"hole", "x", Type::file, 0600, 1 << 16}},
  };
  std::vector<std::string> all;
  for (const auto& entries : contents) {
    for (const auto form : {ArchiveForm::zip, ArchiveForm::tar, ArchiveForm::tar_gz}) {
      try {
        all.push_back("\xff" + archive_of(form, entries));
      } catch (const std::runtime_error&) {
        // A zip has no devices.
      }
    }
  }
  all.push_back("\xff<html>");
  all.push_back("\xff" + std::string(1024, '\0'));
  return all;
}

const Registration kArchive({"archive", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
