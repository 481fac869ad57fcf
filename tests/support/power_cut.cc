#include "support/power_cut.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {

namespace fs = std::filesystem;
using env::FileCall;

namespace {

constexpr std::size_t kSector = 512;

std::uint64_t inode_of(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_shm(const std::string& path) { return path.ends_with("-shm"); }

}  // namespace

const char* name_of(Loss loss) {
  switch (loss) {
    case Loss::nothing:
      return "nothing lost";
    case Loss::all:
      return "all lost";
    case Loss::torn:
      return "torn";
    case Loss::scattered:
      break;
  }
  return "scattered";
}

DiskRecord::DiskRecord(fs::path place) : place_(std::move(place)) {
  for (const auto& entry : fs::recursive_directory_iterator(place_)) {
    const std::string path = entry.path().lexically_relative(place_).string();
    if (entry.is_symlink()) {
      begin_.links[path] = fs::read_symlink(entry.path()).string();
    } else if (entry.is_directory()) {
      begin_.folders.insert(path);
    } else if (!is_shm(path)) {
      begin_.bytes[next_file_] = file_bytes(entry.path());
      numbers_[inode_of(entry.path())] = next_file_;
      begin_.names[path] = next_file_++;
    }
  }
  now_ = begin_;
  env::set_file_faults(this);
}

DiskRecord::~DiskRecord() { env::set_file_faults(nullptr); }

void DiskRecord::finish() {
  env::set_file_faults(nullptr);
  const std::lock_guard lock(mutex_);
  settle();
}

std::optional<std::string> DiskRecord::below(const std::string& path) const {
  const std::string begin = place_.string() + "/";
  if (path == place_.string()) return "";
  if (!path.starts_with(begin) || is_shm(path)) return std::nullopt;
  return path.substr(begin.size());
}

void DiskRecord::add(Event event) {
  apply(now_, event);
  events_.push_back(std::move(event));
}

void DiskRecord::sqlite(const VfsEvent& event) {
  const std::lock_guard lock(mutex_);
  settle();
  const auto path = below(event.path);
  if (!path) return;
  if (event.kind == VfsCall::create) {
    nameless_.insert(next_file_);
    now_.bytes[next_file_];
    return add({Kind::create, next_file_++, *path});
  }
  const auto found = now_.names.find(*path);
  if (found == now_.names.end()) return;
  const std::size_t file = found->second;
  if (event.kind == VfsCall::write) {
    add({Kind::write,
         file,
         *path,
         {},
         std::string(event.bytes),
         static_cast<std::uint64_t>(event.at)});
  } else if (event.kind == VfsCall::truncate) {
    add({Kind::truncate, file, *path, {}, {}, static_cast<std::uint64_t>(event.at)});
  } else if (event.kind == VfsCall::sync) {
    add({Kind::sync, file, *path});
    // Of a -wal and a journal that it has made the VFS of Unix syncs the folder, too.
    if (nameless_.erase(file) > 0) add({Kind::sync_folder, 0, folder_of(*path)});
  } else if (event.kind == VfsCall::remove) {
    add({Kind::remove, file, *path});
  }
}

env::FileFault DiskRecord::before(FileCall call, const fs::path& path) {
  const std::lock_guard lock(mutex_);
  settle();
  pending_ = {call, path.string()};
  return {};
}

// By now what was asked for last has been done: the disk says what came of it.
void DiskRecord::settle() {
  if (!pending_) return;
  const auto [call, whole] = *std::exchange(pending_, std::nullopt);
  const auto path = below(whole);
  if (!path) return;
  switch (call) {
    case FileCall::create:
    case FileCall::write:
      return note_file(*path);
    case FileCall::rename:
      return note_rename(*path);
    case FileCall::flush:
      return note_flush(*path);
    case FileCall::remove:
      if (!fs::exists(fs::symlink_status(whole))) add({Kind::remove, 0, *path});
      return;
    case FileCall::make_folder:
      if (fs::is_directory(whole) && !now_.folders.contains(*path)) {
        add({Kind::make_folder, 0, *path});
      }
      return;
    case FileCall::make_link:
      if (fs::is_symlink(whole)) {
        add({Kind::make_link, 0, *path, {}, fs::read_symlink(whole).string()});
      }
      return;
    case FileCall::close:
    case FileCall::set_mode:
      return;
  }
}

void DiskRecord::note_file(const std::string& path) {
  const fs::path whole = place_ / path;
  if (!fs::is_regular_file(fs::symlink_status(whole))) return;  // without a name, say
  if (!now_.names.contains(path)) {
    numbers_[inode_of(whole)] = next_file_;
    now_.bytes[next_file_];
    add({Kind::create, next_file_++, path});
  }
  const std::size_t file = now_.names.at(path);
  const std::string bytes = file_bytes(whole);
  const std::string& known = now_.bytes[file];
  if (bytes == known) return;
  if (!bytes.starts_with(known)) add({Kind::truncate, file, path});
  const std::size_t begin = now_.bytes[file].size();
  if (bytes.size() > begin) {
    add({Kind::write, file, path, {}, bytes.substr(begin), begin});
  }
}

void DiskRecord::note_rename(const std::string& path) {
  const fs::path whole = place_ / path;
  for (const auto& [link, target] : now_.links) {
    if (link == path || fs::is_symlink(place_ / link)) continue;
    return add({Kind::rename, 0, path, link});
  }
  for (const auto& [name, file] : now_.names) {
    const auto known = numbers_.find(inode_of(whole));
    if (known == numbers_.end()) throw std::runtime_error("a file that nobody made: " + path);
    if (name == path || file != known->second) continue;
    return add({Kind::rename, file, path, name});
  }
}

void DiskRecord::note_flush(const std::string& path) {
  if (const auto found = now_.names.find(path); found != now_.names.end()) {
    return add({Kind::sync, found->second, path});
  }
  // The only folders of which the whole file system is brought to the disk.
  const bool all = path.ends_with(".staging") || path.ends_with("files/partial");
  add({all ? Kind::sync_all : Kind::sync_folder, 0, path});
}

std::string DiskRecord::change(std::size_t n) const {
  constexpr const char* kNames[] = {"write",       "truncate", "sync",        "create",
                                    "rename",      "remove",   "make_folder", "make_link",
                                    "sync_folder", "sync_all"};
  if (n == 0) return "the beginning";
  const Event& event = events_.at(n - 1);
  return std::string(kNames[static_cast<int>(event.kind)]) + " of " + event.path;
}

bool DiskRecord::is_of_mirror(std::size_t n) const {
  return events_.at(n - 1).path.starts_with("mirror.db");
}

bool DiskRecord::syncs_wal(std::size_t n) const {
  const Event& event = events_.at(n - 1);
  return event.kind == Kind::sync && event.path.ends_with("-wal");
}

std::vector<bool> DiskRecord::durable(std::size_t n) const {
  std::vector<bool> is(n, false);
  std::set<std::size_t> files;    // synced later
  std::set<std::string> folders;  // the same
  bool all = false;
  for (std::size_t i = n; i-- > 0;) {
    const Event& event = events_[i];
    if (event.kind == Kind::sync_all) all = true;
    if (event.kind == Kind::sync) files.insert(event.file);
    if (event.kind == Kind::sync_folder) folders.insert(event.path);
    if (is_of_bytes(event.kind)) {
      is[i] = all || files.contains(event.file);
    } else if (is_of_name(event.kind)) {
      is[i] = all || folders.contains(folder_of(event.path));
    }
  }
  return is;
}

// Which of the first `n` changes are on the disk.
std::vector<bool> DiskRecord::kept(std::size_t n, Loss loss, std::mt19937& chance) const {
  if (loss == Loss::nothing) return std::vector<bool>(n, true);
  std::vector<bool> is = durable(n);
  if (loss == Loss::all) return is;
  std::set<std::string> ended;  // files and folders of which nothing more is there
  for (std::size_t i = 0; i < n; ++i) {
    if (is[i]) continue;
    const Event& event = events_[i];
    const bool name = is_of_name(event.kind);
    if (!name && !is_of_bytes(event.kind)) continue;
    const std::string key =
        name ? "folder " + folder_of(event.path) : "file " + std::to_string(event.file);
    if (!name && loss == Loss::scattered) {
      is[i] = chance() % 2 == 0;
    } else if (!ended.contains(key)) {
      is[i] = chance() % 4 != 0;
      if (!is[i]) ended.insert(key);
    }
  }
  return is;
}

void DiskRecord::apply(Picture& picture, const Event& event) {
  std::string& bytes = picture.bytes[event.file];
  switch (event.kind) {
    case Kind::write:
      if (bytes.size() < event.at + event.bytes.size()) bytes.resize(event.at + event.bytes.size());
      bytes.replace(event.at, event.bytes.size(), event.bytes);
      break;
    case Kind::truncate:
      bytes.resize(event.at);
      break;
    case Kind::create:
      picture.names[event.path] = event.file;
      break;
    case Kind::rename:
      if (auto name = picture.names.extract(event.from)) {
        picture.names[event.path] = name.mapped();
      } else if (auto link = picture.links.extract(event.from)) {
        picture.links[event.path] = link.mapped();
      }
      break;
    case Kind::remove:
      picture.names.erase(event.path);
      picture.links.erase(event.path);
      picture.folders.erase(event.path);
      break;
    case Kind::make_folder:
      picture.folders.insert(event.path);
      break;
    case Kind::make_link:
      picture.links[event.path] = event.bytes;
      break;
    case Kind::sync:
    case Kind::sync_folder:
    case Kind::sync_all:
      break;
  }
}

void DiskRecord::write_out(const Picture& picture, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  // A set's order has each folder before those in it.
  for (const std::string& path : picture.folders) {
    std::error_code none;  // where the one above it is missing
    fs::create_directory(folder / path, none);
  }
  for (const auto& [path, file] : picture.names) {
    std::ofstream(folder / path, std::ios::binary) << picture.bytes.at(file);
  }
  for (const auto& [path, target] : picture.links) {
    std::error_code none;
    fs::create_symlink(target, folder / path, none);
  }
}

void DiskRecord::replay(std::size_t n, Loss loss, std::uint32_t seed,
                        const fs::path& folder) const {
  const std::lock_guard lock(mutex_);
  std::mt19937 chance(seed);
  const std::vector<bool> is_there = kept(n, loss, chance);
  Picture picture = begin_;
  for (std::size_t i = 0; i < n; ++i) {
    const Event& event = events_[i];
    if (is_there[i]) {
      apply(picture, event);
    } else if (event.kind == Kind::write && loss != Loss::all && chance() % 4 == 0) {
      Event part = event;  // some sectors of it
      part.bytes.resize(chance() % (event.bytes.size() / kSector + 1) * kSector);
      if (!part.bytes.empty()) apply(picture, part);
    }
  }
  write_out(picture, folder);
}

}  // namespace nexus_mirror::testing
