// Content under a name that people and loaders look for, without its bytes twice where the disk can
// do without (CONTRACT.md 8, "Exports take them along"). Never a symbolic link: loaders resolve it,
// and look for the labels beside what it leads to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "content/disk_room.h"

namespace nexus_mirror::content {

// How it got there, in the order in which it is tried.
enum class PlacedBy {
  reflink,    // bytes shared until somebody writes, where the file system knows that
  hard_link,  // the content's own file under a second name
  copy,       // another file system or mount, too many links, a file of somebody else's
};

enum class Copies {
  as_needed,  // mode 0444: nobody is to write to what others share
  always,     // mode 0644, for a file that its readers mend where it lies
};

enum class PlaceEnd {
  placed,
  not_here,  // the content is not in its folder
  no_room,   // a copy would leave too little free on the disk
  obstacle,  // something else is in the way, or the place cannot be written to: `error`
  stopped,   // before a copy was whole; what was there is there
};

// What came of it.
struct Placed {
  PlaceEnd end = PlaceEnd::placed;
  PlacedBy by = PlacedBy::copy;  // of placed
  int error = 0;                 // of obstacle: an errno
};

// Places content of one folder on one other file system; what that can do is found out once. One
// thread.
class Placement {
 public:
  // `dir` is the folder of content; `room` is asked before a copy, and outlives this. `go_on`,
  // which may be empty, is asked at each MiB of a copy.
  Placement(std::filesystem::path dir, DiskRoom& room, std::function<bool()> go_on = {});

  // Puts the content of this SHA-256, `bytes` long, in the place of whatever is at `target`, whose
  // folder is there, at once: where it cannot be made under its name it is made as `beside`, on the
  // same file system, where nothing is, and is gone from there afterwards. Not flushed: it can be
  // placed again. Throws Error(machine): the disk failed, or is full.
  Placed place(std::string_view sha256, std::uint64_t bytes, const std::filesystem::path& target,
               const std::filesystem::path& beside, Copies copies = Copies::as_needed);

 private:
  struct PlaceOrder;
  int by_reflink(const PlaceOrder& order);
  int by_hard_link(const PlaceOrder& order);
  int by_copy(const PlaceOrder& order) const;
  Placed failed(const PlaceOrder& order, int error) const;

  const std::filesystem::path dir_;
  DiskRoom& room_;
  const std::function<bool()> go_on_;
  // Until the file system says that it cannot do such a thing at all.
  bool reflinks_ = true, hard_links_ = true;
};

}  // namespace nexus_mirror::content
