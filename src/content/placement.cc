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
bool is_the_disk(int error) { return is_full_disk(error) || is_scarcity(error) || error == EROFS; }

template <typename Fill>
int make_file(const fs::path& content, const fs::path& beside, mode_t mode, const Fill& fill) {
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

struct Placement::PlaceOrder {
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

Placement::Placement(fs::path dir, DiskRoom& room, std::function<bool()> go_on)
    : dir_(std::move(dir)), room_(room), go_on_(std::move(go_on)) {}

int Placement::by_reflink(const PlaceOrder& order) {
  if (!reflinks_) return kAnotherWay;
  const int error = order.make_and_move(
      [&] { return make_file(order.content, order.beside, order.mode(), env::share_bytes); });
  reflinks_ = !is_never(error);
  return is_no_way(error) ? kAnotherWay : error;
}

int Placement::by_hard_link(const PlaceOrder& order) {
  // The content's own file is nobody's to mend.
  if (!hard_links_ || order.copies == Copies::always) return kAnotherWay;
  // Mostly nothing is there, and a link under the name itself is there at once as well.
  int error = env::make_hard_link(order.content, order.target);
  if (error == EEXIST) {
    error = order.make_and_move([&] { return env::make_hard_link(order.content, order.beside); });
    // Two names of one file stay as they are when one takes the other's place.
    if (error == 0) std::ignore = env::remove_file(order.beside);
  }
  hard_links_ = !is_never(error);
  return is_no_way(error) ? kAnotherWay : error;
}

int Placement::by_copy(const PlaceOrder& order) const {
  const auto copy = [&](const env::Descriptor& from, const env::Descriptor& to) {
    return env::copy_bytes(from, to, go_on_);
  };
  return order.make_and_move(
      [&] { return make_file(order.content, order.beside, order.mode(), copy); });
}

Placed Placement::failed(const PlaceOrder& order, int error) const {
  if (error == ECANCELED) return {PlaceEnd::stopped};
  if (error == ENOENT && !content_bytes(dir_, order.sha256)) return {PlaceEnd::not_here};
  if (is_the_disk(error)) throw_file_error(error, "placing", order.target);
  return {PlaceEnd::obstacle, PlacedBy::copy, error};
}

Placed Placement::place(std::string_view sha256, std::uint64_t bytes, const fs::path& target,
                        const fs::path& beside, Copies copies) {
  const PlaceOrder order{sha256, content_path(dir_, sha256), bytes, target, beside, copies};
  int error = by_reflink(order);
  if (error == 0) return {PlaceEnd::placed, PlacedBy::reflink};
  if (error == kAnotherWay) error = by_hard_link(order);
  if (error == 0) return {PlaceEnd::placed, PlacedBy::hard_link};
  if (error != kAnotherWay) return failed(order, error);
  if (!room_.reserve(bytes)) return {PlaceEnd::no_room};
  try {
    error = by_copy(order);
  } catch (...) {
    room_.settle(bytes);
    throw;
  }
  room_.settle(bytes);
  return error == 0 ? Placed{} : failed(order, error);
}

}  // namespace nexus_mirror::content
