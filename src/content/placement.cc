#include "content/placement.h"

#include <fcntl.h>

#include <cerrno>
#include <tuple>
#include <utility>

#include "content/content_folder.h"
#include "env/file_share.h"
#include "error/scarcity.h"

namespace nexus_mirror::content {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kSharedMode = 0444, kOwnMode = 0644;
constexpr int kMake = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
constexpr int kAnotherWay = -1;  // no errno: this one cannot be, and the next may

// What says that there is no such thing between these two folders, whichever file it is.
bool is_never(int error) {
  return error == EOPNOTSUPP || error == ENOTSUP || error == EXDEV || error == ENOTTY ||
         error == ENOSYS;
}

// What says that this file cannot have it that way, and another way may do.
bool is_no_way(int error) {
  return is_never(error) || error == EINVAL || error == EPERM || error == EMLINK || error == EACCES;
}

// A failure of the disk's, which the next file would meet as well.
bool is_the_disk(int error) {
  return is_full_disk(error) || is_scarcity(error) || error == EIO || error == EROFS;
}

template <int (*fill)(const env::Descriptor&, const env::Descriptor&)>
int make_file(const fs::path& content, const fs::path& beside, mode_t mode) {
  const env::Descriptor from = env::open(content, O_RDONLY | O_NOFOLLOW);
  if (!from) return from.error();
  env::Descriptor to = env::open(beside, kMake, mode);
  if (!to) return to.error();
  int error = fill(from, to);
  if (error == 0) error = env::set_mode(to, mode);
  if (error == 0) error = env::close(to);
  return error;
}

}  // namespace

struct Placement::Job {
  const std::string_view sha256;
  const fs::path content;
  const std::uint64_t bytes;
  const fs::path &target, &beside;
  const Copies copies;

  mode_t mode() const { return copies == Copies::always ? kOwnMode : kSharedMode; }
  // Made beside by `make`, 0 or an errno, it takes its place, or goes.
  template <typename Make>
  int make_and_move(const Make& make) const {
    int error = make();
    // Of a call that was cut short, or could not take it away.
    if (error == EEXIST && env::remove_file(beside) == 0) error = make();
    if (error == 0) error = env::rename(beside, target);
    if (error != 0) std::ignore = env::remove_file(beside);
    return error;
  }
};

Placement::Placement(fs::path dir, DiskRoom& room) : dir_(std::move(dir)), room_(room) {}

int Placement::share(const Job& job) {
  if (!reflinks_) return kAnotherWay;
  const int error = job.make_and_move(
      [&] { return make_file<env::share_bytes>(job.content, job.beside, job.mode()); });
  reflinks_ = !is_never(error);
  return is_no_way(error) ? kAnotherWay : error;
}

int Placement::link(const Job& job) {
  // The content's own file is nobody's to mend.
  if (!hard_links_ || job.copies == Copies::always) return kAnotherWay;
  // Mostly nothing is there, and a link under the name itself is there at once as well.
  int error = env::make_hard_link(job.content, job.target);
  if (error == EEXIST) {
    error = job.make_and_move([&] { return env::make_hard_link(job.content, job.beside); });
    // Two names of one file stay as they are when one takes the other's place.
    if (error == 0) std::ignore = env::remove_file(job.beside);
  }
  hard_links_ = !is_never(error);
  return is_no_way(error) ? kAnotherWay : error;
}

int Placement::copy(const Job& job) {
  return job.make_and_move(
      [&] { return make_file<env::copy_bytes>(job.content, job.beside, job.mode()); });
}

Placed Placement::failed(const Job& job, int error) const {
  if (error == ENOENT && !content_bytes(dir_, job.sha256)) return {Placed::End::not_here};
  if (is_the_disk(error)) throw_file_error(error, "placing", job.target);
  return {Placed::End::obstacle, PlacedBy::copy, error};
}

Placed Placement::place(std::string_view sha256, std::uint64_t bytes, const fs::path& target,
                        const fs::path& beside, Copies copies) {
  const Job job{sha256, content_path(dir_, sha256), bytes, target, beside, copies};
  int error = share(job);
  if (error == 0) return {Placed::End::placed, PlacedBy::reflink};
  if (error == kAnotherWay) error = link(job);
  if (error == 0) return {Placed::End::placed, PlacedBy::hard_link};
  if (error != kAnotherWay) return failed(job, error);
  if (!room_.reserve(bytes)) return {Placed::End::no_room};
  try {
    error = copy(job);
  } catch (...) {
    room_.settle(bytes);
    throw;
  }
  room_.settle(bytes);
  return error == 0 ? Placed{} : failed(job, error);
}

}  // namespace nexus_mirror::content
