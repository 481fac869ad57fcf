#include "exports/staging.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>

#include "content/content_folder.h"
#include "env/file.h"
#include "env/replace_file.h"
#include "env/user.h"
#include "error/on_the_way_out.h"
#include "error/scarcity.h"
#include "text/digest.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using env::Descriptor;

// Files up to this are compared with the one in place before anything is written.
constexpr std::size_t kBuffer = 256UL << 10;

void check(int error, const char* doing, const fs::path& path) {
  if (error != 0) throw_io(error, doing, path);
}

std::size_t read_some(const Descriptor& file, std::string& bytes, const fs::path& path) {
  std::size_t count = 0;
  check(env::read_some(file, bytes, count), "reading", path);
  return count;
}

// A regular file of this size, opened; else an empty Descriptor.
Descriptor open_of_size(const fs::path& path, std::uint64_t size) {
  Descriptor file = env::open(path, O_RDONLY | O_NOFOLLOW);
  struct stat status {};
  if (!env::is_regular(file) || ::fstat(file.get(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) != size) {
    return {};
  }
  return file;
}

bool holds(const fs::path& path, std::string_view bytes) {
  const Descriptor file = open_of_size(path, bytes.size());
  if (!file) return false;
  std::string there(bytes.size(), '\0');
  return read_some(file, there, path) == bytes.size() && there == bytes;
}

Descriptor create_file(const fs::path& path, unsigned mode) {
  Descriptor file = env::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  check(file.error(), "writing", path);
  // The umask of whoever runs this is no reason why a training job cannot read it.
  check(env::set_mode(file, mode), "writing", path);
  return file;
}

}  // namespace

Error io_error(int number, const std::string& doing, const fs::path& path) {
  const bool disk = is_full_disk(number) || number == EIO || number == EROFS || is_scarcity(number);
  const bool obstacle = number == EISDIR || number == ENOTDIR || number == ELOOP ||
                        number == EEXIST || number == ENOTEMPTY;
  std::string hint = "this user must be able to write [mirror] export_dir";
  if (disk) hint = "free some space or look at the disk; the next sync or export writes it again";
  if (obstacle) hint = "something that is no export is in the way: move it elsewhere";
  return {disk ? ErrorCode::machine : ErrorCode::exports, doing, "export " + path.string(),
          reason_of_errno(number), env::remedy_for(number, path, hint)};
}

void throw_io(int number, const std::string& doing, const fs::path& path) {
  throw io_error(number, doing, path);
}

void clear_staging(const fs::path& project_folder) {
  const fs::path staged = project_folder / kStaging;
  if (const int error = env::remove_tree(staged); error != 0) throw_io(error, "removing", staged);
}

// `folder`, or the lowest above it that is there.
fs::path lowest_there(fs::path folder) {
  std::error_code unknown;
  while (!fs::exists(fs::symlink_status(folder, unknown)) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

void make_folder(const fs::path& folder) {
  struct stat status {};
  if (::lstat(folder.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return;
    throw_io(ENOTDIR, "making folder", folder);
  }
  constexpr mode_t kMode = 0755;
  const int error = env::make_folders(folder, kMode);
  if (error == EEXIST) throw_io(ENOTDIR, "making folder", lowest_there(folder));
  check(error, "making folder", folder);
}

void make_folder_of(const fs::path& base, const std::string& path, std::string& made) {
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

class Staging::Scratch : public ScratchFile {
 public:
  explicit Scratch(Staging& staging) : staging_(staging), folder_(staging.folder_ / kStaging) {
    buffer_.reserve(kBuffer);
  }

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
      while (const std::size_t count = read_some(file_, buffer_, folder_)) {
        take(std::string_view(buffer_).substr(0, count));
      }
    } else {
      take(std::string_view(buffer_));
    }
  }

 private:
  void spill() {
    staging_.move();
    if (!file_) {
      file_ = env::open_nameless(folder_);
      check(file_.error(), "writing", folder_);
    }
    check(env::write_all(file_, buffer_), "writing", folder_);
    buffer_.clear();
  }

  Staging& staging_;
  const fs::path folder_;
  std::string buffer_;
  Descriptor file_;
};

class Staging::Output : public OutputFile {
 public:
  // `made` is the folder made last, so that a thousand files ask once.
  Output(Staging& staging, std::string path, unsigned mode, std::string& made)
      : staging_(staging), path_(std::move(path)), mode_(mode), made_(made) {}

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
      check(env::write_all(file_, buffer_), "writing", path_);
      check(env::close(file_), "writing", path_);
      if (!staging_.force_ && same_bytes(staging_.staged(path_), in_place)) {
        done.changed = false;
        std::ignore = env::remove_file(staging_.staged(path_));
      }
    }
    buffer_.clear();
    staging_.move();
    staging_.done_(done);
  }

 private:
  bool same_bytes(const fs::path& one, const fs::path& other) const {
    const Descriptor left = open_of_size(one, size_), right = open_of_size(other, size_);
    if (!left || !right) return false;
    std::string a(kBuffer, '\0'), b(kBuffer, '\0');
    for (;;) {
      staging_.move();
      const std::size_t count = read_some(left, a, one);
      if (read_some(right, b, other) != count) return false;
      if (a.compare(0, count, b, 0, count) != 0) return false;
      if (count < a.size()) return true;
    }
  }

  void open() {
    make_folder_of(staging_.folder_ / kStaging, path_, made_);
    file_ = create_file(staging_.staged(path_), mode_);
  }

  void spill() {
    staging_.move();
    if (!file_) open();
    check(env::write_all(file_, buffer_), "writing", path_);
    digest_.update(buffer_);
    size_ += buffer_.size();
    buffer_.clear();
  }

  Staging& staging_;
  const std::string path_;
  const unsigned mode_;
  std::string& made_;
  std::string buffer_;
  Descriptor file_;
  text::Sha256 digest_;
  std::uint64_t size_ = 0;
};

class Staging::Files : public FileSet {
 public:
  Files(Staging& staging, std::string folder, Pictures pictures, unsigned mode)
      : staging_(staging),
        folder_(std::move(folder)),
        pictures_(std::move(pictures)),
        mode_(mode) {}

  std::unique_ptr<OutputFile> create(const std::string& path) override {
    return std::make_unique<Output>(staging_, folder_.empty() ? path : folder_ + "/" + path, mode_,
                                    made_);
  }
  std::unique_ptr<ScratchFile> scratch() override { return std::make_unique<Scratch>(staging_); }

  void place(const std::string& path, const Image& image) override {
    ++images.places;
    if (!image.frame && pictures_.place) pictures_.place(path, image.asset_id);
  }

  std::unique_ptr<ImageContent> content_of(const Image& image) override {
    ++images.places;
    if (!content::is_content_name(image.content)) return nullptr;
    const fs::path path = content::content_path(pictures_.content, image.content);
    Descriptor file = env::open(path, O_RDONLY | O_NOFOLLOW);
    struct stat status {};
    // One that is gone or cannot be read is missing, and so is one that nobody reads in such a
    // file.
    if (!env::is_regular(file) || ::fstat(file.get(), &status) != 0) {
      if (is_scarcity(file.error())) throw_io(file.error(), "reading", path);
      return nullptr;
    }
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (bytes > kMostEncoded) return nullptr;
    ++images.encoded;
    images.encoded_bytes += status.st_size;
    staging_.move();
    return std::make_unique<Content>(std::move(file), bytes, path);
  }

 private:
  class Content : public ImageContent {
   public:
    Content(Descriptor file, std::uint64_t bytes, fs::path path)
        : file_(std::move(file)), bytes_(bytes), path_(std::move(path)) {}
    std::uint64_t bytes() const override { return bytes_; }
    std::size_t read(std::span<char> bytes) override {
      std::size_t count = 0;
      const int error = env::read_some(file_, bytes, count);
      if (error == 0) return count;
      // It is about this one; others go on.
      throw Error(ErrorCode::exports, "reading", path_.string(), reason_of_errno(error),
                  "'nexus-mirror files verify' looks at all that is kept");
    }

   private:
    const Descriptor file_;
    const std::uint64_t bytes_;
    const fs::path path_;
  };

  Staging& staging_;
  const std::string folder_;
  const Pictures pictures_;
  const unsigned mode_;
  std::string made_;
};

Staging::Staging(fs::path project_folder, bool force, Done done)
    : folder_(std::move(project_folder)), force_(force), done_(std::move(done)) {
  make_folder(folder_);
  clear_staging(folder_);
  make_folder(folder_ / kStaging);
}

Staging::~Staging() {
  on_the_way_out([this] { std::ignore = env::remove_tree(folder_ / kStaging); });
}

void Staging::give_up() {
  given_up_ = true;
  move();
}

void Staging::move() {
  ++moves_;
  if (!given_up_) return;
  throw Error(ErrorCode::interrupted, "exporting", folder_.string(), "asked to stop",
              "the next sync or export goes on");
}

std::unique_ptr<FileSet> Staging::files(const std::string& folder, Pictures pictures,
                                        unsigned mode) {
  return std::make_unique<Files>(*this, folder, std::move(pictures), mode);
}

void Staging::flush() {
  // One call for all of them: an fsync for each of 100,000 label files would take minutes.
  check(env::flush_filesystem(folder_ / kStaging), "flushing", folder_);
}

void Staging::put_in_place(const std::string& path) {
  make_folder_of(folder_, path, placed_folder_);
  check(env::rename(staged(path), folder_ / path), "putting in place", folder_ / path);
  if (touched_.empty() || touched_.back() != placed_folder_) {
    if (std::find(touched_.begin(), touched_.end(), placed_folder_) == touched_.end()) {
      touched_.push_back(placed_folder_);
    }
  }
}

void Staging::settle() {
  for (const std::string& folder : touched_) {
    check(env::flush_folder(folder_ / folder), "flushing", folder_ / folder);
  }
  touched_.clear();
}

bool Staging::write_file(const std::string& path, std::string_view bytes, unsigned mode) {
  if (!force_ && holds(folder_ / path, bytes)) return false;
  std::string made;
  make_folder_of(folder_ / kStaging, path, made);
  make_folder_of(folder_, path, placed_folder_);
  const env::Replacement done = env::replace_file(folder_ / path, staged(path), bytes, mode);
  check(done.error, done.doing, done.path);
  return true;
}

}  // namespace nexus_mirror::exports
