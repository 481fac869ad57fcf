#include "exports/export_owner.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <tuple>

#include "env/file.h"
#include "env/replace_file.h"
#include "exports/staging.h"
#include "nexus_mirror/error.h"
#include "store/mirror_state.h"
#include "text/hex.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMode = 0644;
constexpr const char* kReading = "reading";

// The id in `file`, from where it stands; empty where there is none, or one that was cut short:
// whoever wrote it has written nothing else.
std::string id_in(const env::Descriptor& file, const fs::path& path) {
  if (!env::is_regular(file)) {
    throw Error(ErrorCode::machine, kReading, path.string(), "it is no file",
                "remove it, or name another mirror.export_dir");
  }
  std::array<char, 256> bytes{};
  std::size_t count = 0;
  if (const int error = env::read_some(file, bytes, count); error != 0) {
    throw_io(error, kReading, path);
  }
  const std::string_view text(bytes.data(), count);
  const auto end = text.find('\n');
  return end == text.npos ? std::string() : std::string(text.substr(0, end));
}

std::string owner_of(const fs::path& export_dir) {
  const fs::path path = export_dir / kOwnerFile;
  const env::Descriptor file = env::open(path, O_RDONLY | O_NOFOLLOW);
  if (file) return id_in(file, path);
  if (file.error() == ENOENT || file.error() == ENOTDIR) return {};
  throw_io(file.error(), kReading, path);
}

bool is_id(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  return text.size() == kDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return text::hex_value(c); });
}

[[noreturn]] void refuse(const fs::path& export_dir, const std::string& owner) {
  if (!is_id(owner)) {
    throw Error(ErrorCode::usage, "exporting to", export_dir.string(),
                "its " + std::string(kOwnerFile) + " holds no mirror's id",
                "give this mirror an export_dir of its own; if it is this one's, 'nexus-mirror "
                "sync --adopt' writes the file anew");
  }
  throw Error(ErrorCode::usage, "exporting to", export_dir.string(),
              "it is the export directory of another mirror, whose id is " + one_line(owner),
              "give this one an export_dir of its own; if that mirror is lost, 'nexus-mirror sync "
              "--adopt' takes its directory over");
}

[[noreturn]] void refuse_lost(const MirrorConfig& mirror, const std::string& owner) {
  throw Error(ErrorCode::usage, "exporting to", mirror.export_dir.string(),
              "there is no mirror at " + mirror.database.string() +
                  ", and it is the export directory of one whose id is " + owner,
              "if that mirror is lost, 'nexus-mirror sync --adopt' loads it anew and takes the "
              "directory over; else correct [mirror] database or export_dir");
}

// The lock is on the file that two mirrors may have made at once: who has it second reads what the
// first wrote. It is written in place, for another file in its place would be another lock.
void write_first(const fs::path& export_dir, const std::string& mirror_id) {
  const fs::path path = export_dir / kOwnerFile;
  const env::Descriptor file = env::open(path, O_RDWR | O_CREAT | O_NOFOLLOW, kMode);
  if (!file) throw_io(file.error(), "writing", path);
  std::ignore = ::flock(file.get(), LOCK_EX);  // not every file system can
  const std::string owner = id_in(file, path);
  if (owner == mirror_id) return;
  if (!owner.empty()) refuse(export_dir, owner);
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_io(errno, kReading, path);
  int error = env::set_mode(file, kMode);
  if (error == 0) error = env::write_all(file, mirror_id + "\n");
  if (error == 0) error = env::flush(file);
  if (error == 0) error = env::flush_folder(export_dir);
  if (error != 0) throw_io(error, "writing", path);
}

}  // namespace

void refuse_foreign(const MirrorConfig& mirror, store::Use use) {
  const std::string owner = owner_of(mirror.export_dir);
  if (owner.empty()) return;
  std::error_code none;
  const auto type = fs::status(mirror.database, none).type();
  // What is no mirror at all is said by who opens it.
  if (type != fs::file_type::regular && type != fs::file_type::not_found) return;
  const std::string id = store::mirror_id_at(mirror, use);
  if (id.empty() && is_id(owner)) refuse_lost(mirror, owner);
  if (id != owner) refuse(mirror.export_dir, owner);
}

void take_export_dir(const fs::path& export_dir, const std::string& mirror_id, bool adopt) {
  std::error_code unknown;
  if (!fs::is_directory(export_dir, unknown)) make_folder(export_dir);
  const std::string owner = owner_of(export_dir);
  if (owner == mirror_id) return;
  if (owner.empty()) return write_first(export_dir, mirror_id);
  if (!adopt) refuse(export_dir, owner);
  const fs::path path = export_dir / kOwnerFile;
  const auto done = env::replace_file(path, path.string() + ".new", mirror_id + "\n", kMode);
  if (done.error != 0) throw_io(done.error, done.doing, done.path);
}

}  // namespace nexus_mirror::exports
