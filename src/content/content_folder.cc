#include "content/content_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <vector>

#include "env/user.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"
#include "text/hex.h"

namespace nexus_mirror::content {

namespace fs = std::filesystem;

bool is_content_name(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return text::hex_value(c) && !text::is_upper(c);
         });
}

fs::path content_path(const fs::path& dir, std::string_view sha256) {
  return dir / kContent / sha256.substr(0, 2) / sha256;
}

std::optional<std::uint64_t> content_bytes(const fs::path& dir, std::string_view sha256) {
  if (!is_content_name(sha256)) return std::nullopt;
  struct stat status {};
  if (::lstat(content_path(dir, sha256).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

bool holds_cut_jpeg(const fs::path& dir, std::string_view sha256) {
  const fs::path path = content_path(dir, sha256);
  const env::Descriptor file = env::open(path, O_RDONLY | O_NOFOLLOW);
  if (!file) throw_file_error(file.error(), "reading", path);
  const std::uint64_t bytes = content_bytes(dir, sha256).value_or(0);
  std::array<char, kJpegBegin> first{};
  std::array<char, kJpegEnd> last{};
  std::size_t at_begin = 0, at_end = 0;
  int error = env::read_at(file, 0, first, at_begin);
  if (error == 0)
    error = env::read_at(file, bytes - std::min<std::uint64_t>(bytes, kJpegEnd), last, at_end);
  if (error != 0) throw_file_error(error, "reading", path);
  return is_cut_jpeg({first.data(), at_begin}, {last.data(), at_end});
}

std::optional<ContentHashes> hash_file(const fs::path& file, const std::function<bool()>& go_on) {
  const env::Descriptor opened = env::open(file, O_RDONLY | O_NOFOLLOW);
  if (!opened) throw_file_error(opened.error(), "reading", file);
  std::vector<char> buffer(std::size_t{1} << 20);
  ContentDigest digest;
  std::size_t count = buffer.size();
  while (count == buffer.size()) {
    if (go_on && !go_on()) return std::nullopt;
    const int error = env::read_some(opened, buffer, count);
    if (error != 0) throw_file_error(error, "reading", file);
    digest.update({buffer.data(), count});
  }
  return digest.take();
}

void for_each_content(const fs::path& dir,
                      const std::function<void(const std::string&, std::uint64_t)>& take) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator at(dir / kContent, error), end; !error && at != end;
       at.increment(error)) {
    folders.push_back(at->path());
  }
  if (error && error.value() != ENOENT) throw_file_error(error.value(), "listing", dir / kContent);
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) {
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (const auto bytes = content_bytes(dir, name)) take(name, *bytes);
    }
    if (error && error.value() != ENOTDIR) throw_file_error(error.value(), "listing", folder);
    error.clear();
  }
}

std::uint64_t remove_content(const fs::path& dir, std::string_view sha256) {
  const auto bytes = content_bytes(dir, sha256);
  if (!bytes) return 0;
  const fs::path path = content_path(dir, sha256);
  const int error = env::remove_file(path);
  if (error != 0 && error != ENOENT) throw_file_error(error, "removing", path);
  return *bytes;
}

std::string content_owner(const fs::path& dir) {
  const fs::path path = dir / kContentOwner;
  const env::Descriptor file = env::open(path, O_RDONLY | O_NOFOLLOW);
  if (!file && (file.error() == ENOENT || file.error() == ENOTDIR)) return {};
  if (!file) throw_file_error(file.error(), "reading", path);
  std::array<char, 256> bytes{};
  std::size_t count = 0;
  if (const int error = env::read_some(file, bytes, count); error != 0) {
    throw_file_error(error, "reading", path);
  }
  const std::string_view text(bytes.data(), count);
  const std::size_t end = text.find('\n');  // one that was cut short names nobody
  return end == text.npos ? std::string() : std::string(text.substr(0, end));
}

bool belongs_to(const fs::path& dir, std::string_view mirror_id) {
  const std::string owner = content_owner(dir);
  if (!owner.empty() && owner != mirror_id) {
    throw Error(ErrorCode::usage, "keeping files in", dir.string(),
                "it belongs to another mirror, whose id is " + one_line(owner),
                "give this mirror a [files] dir of its own; if that mirror is lost, 'nexus-mirror "
                "sync --adopt' takes its folder over");
  }
  return !owner.empty();
}

void throw_file_error(int error, const std::string& doing, const fs::path& path) {
  throw Error(
      ErrorCode::machine, doing, path.string(), reason_of_errno(error),
      env::remedy_for(error, path,
                      is_full_disk(error) ? "make room on that disk, or name another [files] dir"
                                          : "look at [files] dir and its permissions"));
}

}  // namespace nexus_mirror::content
