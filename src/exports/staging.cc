#include "exports/staging.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "exports/digest.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

// Files up to this are compared with the one in place before anything is written.
constexpr std::size_t kBuffer = 256UL << 10;

// A descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_io(errno, "writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t read_some(int fd, char* bytes, std::size_t size, const fs::path& path) {
  std::size_t total = 0;
  while (total < size) {
    const ssize_t count = ::read(fd, bytes + total, size - total);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_io(errno, "reading", path);
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

// A regular file of this size, opened; else an empty Descriptor.
Descriptor open_of_size(const fs::path& path, std::uint64_t size) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) != size) {
    return {};
  }
  return file;
}

bool holds(const fs::path& path, std::string_view bytes) {
  const Descriptor file = open_of_size(path, bytes.size());
  if (!file) return false;
  std::string there(bytes.size(), '\0');
  return read_some(file.get(), there.data(), there.size(), path) == bytes.size() && there == bytes;
}

bool same_bytes(const fs::path& one, const fs::path& other, std::uint64_t size) {
  const Descriptor left = open_of_size(one, size), right = open_of_size(other, size);
  if (!left || !right) return false;
  std::string a(kBuffer, '\0'), b(kBuffer, '\0');
  for (;;) {
    const std::size_t count = read_some(left.get(), a.data(), a.size(), one);
    if (read_some(right.get(), b.data(), b.size(), other) != count) return false;
    if (a.compare(0, count, b, 0, count) != 0) return false;
    if (count < a.size()) return true;
  }
}

void flush_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor || ::fsync(descriptor.get()) != 0) throw_io(errno, "flushing", folder);
}

void rename_file(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_io(errno, "putting in place", to);
}

Descriptor create_file(const fs::path& path, unsigned mode) {
  Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  // The umask of whoever runs this is no reason why a training job cannot read it.
  if (!file || ::fchmod(file.get(), mode) != 0) throw_io(errno, "writing", path);
  return file;
}

}  // namespace

void throw_io(int number, const std::string& doing, const fs::path& path) {
  const bool disk = number == ENOSPC || number == EDQUOT || number == EIO || number == EROFS;
  const bool obstacle = number == EISDIR || number == ENOTDIR || number == ELOOP ||
                        number == EEXIST || number == ENOTEMPTY;
  std::string hint = "this user must be able to write [mirror] export_dir";
  if (disk) hint = "free some space or look at the disk; the next sync or export writes it again";
  if (obstacle) hint = "something that is no export is in the way: move it elsewhere";
  throw Error(disk ? ErrorCode::mirror : ErrorCode::exports, doing, "export " + path.string(),
              std::generic_category().message(number), hint);
}

void make_folder(const fs::path& folder) {
  struct stat status {};
  if (::lstat(folder.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return;
    throw_io(ENOTDIR, "making folder", folder);
  }
  if (folder.has_parent_path() && folder != folder.root_path()) {
    std::error_code error;
    if (!fs::is_directory(folder.parent_path(), error)) make_folder(folder.parent_path());
  }
  constexpr mode_t kMode = 0755;
  if (::mkdir(folder.c_str(), kMode) != 0 && errno != EEXIST) {
    throw_io(errno, "making folder", folder);
  }
  ::chmod(folder.c_str(), kMode);
}

class Staging::Scratch : public ScratchFile {
 public:
  explicit Scratch(const fs::path& folder) : folder_(folder) { buffer_.reserve(kBuffer); }

  void write(std::string_view bytes) override {
    if (buffer_.size() + bytes.size() > kBuffer) spill();
    buffer_ += bytes;
  }

  // Hands everything to `take`, in pieces.
  template <typename Take>
  void drain(const Take& take) {
    if (file_) {
      spill();
      if (::lseek(file_.get(), 0, SEEK_SET) != 0) throw_io(errno, "reading", folder_);
      buffer_.resize(kBuffer);
      while (const std::size_t count =
                 read_some(file_.get(), buffer_.data(), buffer_.size(), folder_)) {
        take(std::string_view(buffer_).substr(0, count));
      }
    } else {
      take(std::string_view(buffer_));
    }
  }

 private:
  void spill() {
    if (!file_) {
      constexpr mode_t kMode = 0600;
      file_ = Descriptor(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMode));
      if (!file_) open_named();
    }
    write_all(file_.get(), buffer_, folder_);
    buffer_.clear();
  }

  // For file systems without O_TMPFILE.
  void open_named() {
    std::string name = (folder_ / "scratch_XXXXXX").string();
    file_ = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) throw_io(errno, "writing", folder_);
    ::unlink(name.c_str());
  }

  const fs::path folder_;
  std::string buffer_;
  Descriptor file_;
};

class Staging::Output : public OutputFile {
 public:
  Output(Staging& staging, std::string path, unsigned mode)
      : staging_(staging), path_(std::move(path)), mode_(mode) {}

  void write(std::string_view bytes) override {
    if (buffer_.size() + bytes.size() > kBuffer) spill();
    buffer_ += bytes;
  }

  void append(ScratchFile& scratch) override {
    dynamic_cast<Scratch&>(scratch).drain([this](std::string_view bytes) { write(bytes); });
  }

  void close() override {
    const fs::path in_place = staging_.folder_ / path_;
    StagedFile done{path_, {}, annotations, skipped, true};
    size_ += buffer_.size();
    digest_.update(buffer_);
    done.sha256 = digest_.hexadecimal();
    if (!file_) {
      done.changed = staging_.force_ || !holds(in_place, buffer_);
      if (done.changed) open();
    }
    if (file_) {
      write_all(file_.get(), buffer_, path_);
      file_.reset();
      if (!staging_.force_ && same_bytes(staging_.staged(path_), in_place, size_)) {
        done.changed = false;
        ::unlink(staging_.staged(path_).c_str());
      }
    }
    buffer_.clear();
    staging_.done_(done);
  }

 private:
  void open() {
    staging_.make_folder_of(staging_.folder_ / ".staging", path_, staging_.staged_folder_);
    file_ = create_file(staging_.staged(path_), mode_);
  }

  void spill() {
    if (!file_) open();
    write_all(file_.get(), buffer_, path_);
    digest_.update(buffer_);
    size_ += buffer_.size();
    buffer_.clear();
  }

  Staging& staging_;
  const std::string path_;
  const unsigned mode_;
  std::string buffer_;
  Descriptor file_;
  Sha256 digest_;
  std::uint64_t size_ = 0;
};

class Staging::Files : public FileSet {
 public:
  Files(Staging& staging, std::string folder, unsigned mode)
      : staging_(staging), folder_(std::move(folder)), mode_(mode) {}

  std::unique_ptr<OutputFile> create(const std::string& path) override {
    return std::make_unique<Output>(staging_, folder_.empty() ? path : folder_ + "/" + path, mode_);
  }
  std::unique_ptr<ScratchFile> scratch() override {
    return std::make_unique<Scratch>(staging_.folder_ / ".staging");
  }

 private:
  Staging& staging_;
  const std::string folder_;
  const unsigned mode_;
};

Staging::Staging(fs::path project_folder, bool force, Done done)
    : folder_(std::move(project_folder)), force_(force), done_(std::move(done)) {
  std::error_code error;
  make_folder(folder_);
  fs::remove_all(folder_ / ".staging", error);
  make_folder(folder_ / ".staging");
}

Staging::~Staging() {
  std::error_code error;
  fs::remove_all(folder_ / ".staging", error);
}

void Staging::make_folder_of(const fs::path& base, const std::string& path, std::string& made) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (folder == made) return;
  fs::path whole = base;
  for (const fs::path& part : fs::path(folder)) {
    if (part.empty()) continue;
    whole /= part;
    make_folder(whole);
  }
  made = folder;
}

std::unique_ptr<FileSet> Staging::files(const std::string& folder, unsigned mode) {
  return std::make_unique<Files>(*this, folder, mode);
}

void Staging::flush() {
  // One call for all of them: an fsync for each of 100,000 label files would take minutes.
  const Descriptor folder(
      ::open((folder_ / ".staging").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) throw_io(errno, "flushing", folder_);
}

void Staging::put_in_place(const std::string& path) {
  make_folder_of(folder_, path, placed_folder_);
  rename_file(staged(path), folder_ / path);
  if (touched_.empty() || touched_.back() != placed_folder_) {
    if (std::find(touched_.begin(), touched_.end(), placed_folder_) == touched_.end()) {
      touched_.push_back(placed_folder_);
    }
  }
}

void Staging::settle() {
  for (const std::string& folder : touched_) flush_folder(folder_ / folder);
  touched_.clear();
}

bool Staging::write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  if (!force_ && holds(folder_ / path, bytes)) return false;
  make_folder_of(folder_ / ".staging", path, staged_folder_);
  {
    const Descriptor file = create_file(staged(path), mode);
    write_all(file.get(), bytes, folder_ / path);
    if (::fsync(file.get()) != 0) throw_io(errno, "flushing", folder_ / path);
  }
  make_folder_of(folder_, path, placed_folder_);
  rename_file(staged(path), folder_ / path);
  flush_folder((folder_ / path).parent_path());
  return true;
}

}  // namespace nexus_mirror::exports
