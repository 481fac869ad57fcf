#include "env/path_list.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>

#include "nexus_mirror/error.h"

namespace nexus_mirror::env {
namespace {

// Hands over what stands whole in `text`, and takes it away.
void hand_over(std::string& text, const std::function<void(std::string_view path)>& take) {
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1) {
    take(std::string_view(text).substr(begin, end - begin));
  }
  text.erase(0, begin);
}

}  // namespace

void PathList::add(std::string_view path) {
  waiting_.append(path).push_back('\0');
  ++size_;
  if (waiting_.size() >= most_) spill();
}

void PathList::add(const PathList& others) {
  others.for_each([this](std::string_view path) { add(path); });
}

void PathList::spill() {
  std::error_code none;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(none);
  if (!file_ && !folder.empty()) file_ = open_nameless(folder);
  if (file_ && write_all(file_, waiting_) == 0) {
    written_ += waiting_.size();
    return waiting_.clear();
  }
  // What was written of them stands behind `written_`, where nobody reads it.
  if (!file_ || ::lseek(file_.get(), static_cast<off_t>(written_), SEEK_SET) < 0) {
    most_ = waiting_.max_size();
  } else {
    most_ *= 2;
  }
}

void PathList::for_each(const std::function<void(std::string_view path)>& take) const {
  constexpr std::size_t kRead = 64UL << 10;
  std::string text, read(kRead, '\0');
  for (std::uint64_t at = 0; at < written_;) {
    const std::size_t wanted = std::min<std::uint64_t>(kRead, written_ - at);
    std::size_t count = 0;
    const int error = read_at(file_, at, std::span(read).first(wanted), count);
    if (error != 0 || count < wanted) {
      throw Error(ErrorCode::machine, "reading", "the list of files that were written",
                  std::system_category().message(error != 0 ? error : EIO),
                  "look at the disk of the folder for temporary files");
    }
    at += count;
    text.append(read, 0, count);
    hand_over(text, take);
  }
  text = waiting_;
  hand_over(text, take);
}

}  // namespace nexus_mirror::env
