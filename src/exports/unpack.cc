#include "exports/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include "env/file.h"
#include "env/replace_file.h"
#include "env/user.h"
#include "error/on_the_way_out.h"
#include "error/scarcity.h"
#include "exports/entry_path.h"
#include "exports/whole_folder.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0644, kFolderMode = 0755;
constexpr std::size_t kBlock = 64 * 1024;
constexpr std::int64_t kEntryWeight = 512;  // an empty file takes room, too

[[noreturn]] void throw_disk(const std::string& doing, const fs::path& path, int error) {
  throw Error(ErrorCode::machine, doing, path.string(), reason_of_errno(error),
              env::remedy_for(error, path, "check the disk's space and permissions"));
}

void check(int error, const char* doing, const fs::path& path) {
  if (error != 0) throw_disk(doing, path, error);
}

// Names in archives are UTF-8; libarchive turns them into the thread's locale, which is "C".
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Locale() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_, before_ = nullptr;
};

// One archive on its way into a staging folder.
class Unpacking {
 public:
  Unpacking(const fs::path& archive, const fs::path& target, const fs::path& folder,
            const std::stop_token& stop, const UnpackLimits& limits)
      : archive_(archive), target_(target), folder_(folder), stop_(stop), limits_(limits) {}

  Unpacked run();

 private:
  struct Free {
    void operator()(::archive* reader) const { ::archive_read_free(reader); }
  };

  void open();
  void check_type(::archive_entry* entry, const std::string& name) const;
  void make_folder(const std::vector<std::string>& components, std::size_t count,
                   const std::string& name);
  void make_file(const std::vector<std::string>& components, const std::string& name);
  void write_data(const env::Descriptor& out, const fs::path& file, const std::string& name);
  void count(std::int64_t bytes);  // of files
  void weigh(std::int64_t bytes);  // of disk
  void check_end() const;
  void check_stop() const;
  std::string what_it_is() const;
  std::string reason() const;
  [[noreturn]] void refuse(const std::string& reason, const std::string& name = {}) const;

  const fs::path& archive_;
  const fs::path& target_;
  const fs::path& folder_;
  const std::stop_token& stop_;
  const UnpackLimits& limits_;
  std::unique_ptr<::archive, Free> reader_;
  std::int64_t archive_bytes_ = 0;
  fs::path made_last_;  // folder; files of one folder mostly stand together
  std::vector<char> block_ = std::vector<char>(kBlock);
  std::int64_t weight_ = 0;
  Unpacked unpacked_;
};

void Unpacking::refuse(const std::string& reason, const std::string& name) const {
  const std::string shown = name.empty() ? "" : " (\"" + one_line(name.substr(0, 200)) + "\")";
  throw Error(ErrorCode::bad_response, "unpacking the server's archive into", target_.string(),
              reason + shown + "; nothing of it was kept",
              "ask for the export again; if it stays so, tell whoever runs the server");
}

std::string Unpacking::reason() const {
  const char* text = ::archive_error_string(reader_.get());
  return text != nullptr ? one_line(text) : "no reason given";
}

// For the message about what is no archive at all.
std::string Unpacking::what_it_is() const {
  std::ifstream file(archive_, std::ios::binary);
  char first = 0;
  while (file.get(first) && (first == ' ' || first == '\n' || first == '\r' || first == '\t')) {
  }
  if (archive_bytes_ == 0) return "what was downloaded is empty";
  if (first == '<') return "what was downloaded is no archive but a web page";
  return "what was downloaded is no whole zip or tar archive";
}

void Unpacking::open() {
  std::error_code error;
  archive_bytes_ = static_cast<std::int64_t>(fs::file_size(archive_, error));
  if (error) throw_disk("reading", archive_, error.value());
  reader_.reset(::archive_read_new());
  if (!reader_) throw std::bad_alloc();
  // The seekable reader wants the directory at a zip's end: a zip that was cut short is none.
  ::archive_read_support_format_zip_seekable(reader_.get());
  ::archive_read_support_format_tar(reader_.get());
  ::archive_read_support_filter_gzip(reader_.get());
  if (::archive_read_open_filename(reader_.get(), archive_.c_str(), kBlock) != ARCHIVE_OK) {
    refuse(what_it_is());
  }
}

void Unpacking::check_stop() const {
  if (!stop_.stop_requested()) return;
  throw Error(ErrorCode::interrupted, "unpacking the server's archive into", target_.string(),
              "asked to stop", "ask again");
}

Unpacked Unpacking::run() {
  open();
  std::int64_t entries = 0;
  while (true) {
    check_stop();
    ::archive_entry* entry = nullptr;
    const int result = ::archive_read_next_header(reader_.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      refuse(entries == 0 ? what_it_is() : "the archive is damaged: " + reason());
    }
    if (++entries > limits_.entries) {
      refuse("the archive holds more than " + std::to_string(limits_.entries) + " entries");
    }
    weigh(kEntryWeight);
    const char* text = ::archive_entry_pathname(entry);
    if (text == nullptr) refuse("an entry's name cannot be read");
    const std::string name = text;
    const EntryPath path = entry_path(name);
    if (!path.reason.empty()) refuse(std::string(path.reason), name);
    check_type(entry, name);
    if (::archive_entry_filetype(entry) == AE_IFDIR) {
      make_folder(path.components, path.components.size(), name);
    } else {
      make_file(path.components, name);
    }
  }
  check_end();
  if (unpacked_.files == 0) refuse("the archive holds no file");
  return unpacked_;
}

void Unpacking::check_type(::archive_entry* entry, const std::string& name) const {
  if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr) {
    refuse("an entry is a link", name);
  }
  const auto type = ::archive_entry_filetype(entry);
  if (type != AE_IFREG && type != AE_IFDIR) refuse("an entry is neither file nor folder", name);
}

// The first `count` components below the folder. Nothing there can be a link: all of it is ours.
void Unpacking::make_folder(const std::vector<std::string>& components, std::size_t count_of,
                            const std::string& name) {
  fs::path path = folder_;
  for (std::size_t i = 0; i < count_of; ++i) path /= components[i];
  if (path == made_last_) return;
  const int error = env::make_folders(path, kFolderMode);
  if (error == EEXIST) refuse("a name is both a file's and a folder's", name);
  check(error, "making folder", path);
  made_last_ = path;
}

void Unpacking::make_file(const std::vector<std::string>& components, const std::string& name) {
  if (components.empty()) refuse("an entry has no name", name);
  make_folder(components, components.size() - 1, name);
  const fs::path file = made_last_ / components.back();
  env::Descriptor out = env::open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (out.error() == EEXIST) refuse("two entries have the same name", name);
  check(out.error(), "writing", file);
  write_data(out, file, name);
  check(env::set_mode(out, kFileMode), "writing", file);
  check(env::close(out), "writing", file);
  ++unpacked_.files;
}

void Unpacking::write_data(const env::Descriptor& out, const fs::path& file,
                           const std::string& name) {
  while (true) {
    check_stop();
    const la_ssize_t size = ::archive_read_data(reader_.get(), block_.data(), block_.size());
    if (size == 0) return;
    if (size < 0) refuse("the archive is damaged: " + reason(), name);
    count(size);
    check(env::write_all(out, {block_.data(), static_cast<std::size_t>(size)}), "writing", file);
  }
}

void Unpacking::count(std::int64_t bytes) {
  unpacked_.bytes += bytes;
  if (unpacked_.bytes > limits_.bytes) {
    refuse("the archive holds more than " + std::to_string(limits_.bytes) + " bytes");
  }
  weigh(bytes);
}

void Unpacking::weigh(std::int64_t bytes) {
  weight_ += bytes;
  const std::int64_t beyond = weight_ - limits_.ratio_free;
  if (beyond > 0 && beyond / limits_.ratio > archive_bytes_) {
    refuse("the archive unpacks to more than " + std::to_string(limits_.ratio) +
           " times its size, as a bomb does");
  }
}

// A bare tar that was cut between two entries reads as a whole one; whole ones end in zeros.
void Unpacking::check_end() const {
  const bool tar =
      (::archive_format(reader_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  if (!tar || ::archive_filter_code(reader_.get(), 0) != ARCHIVE_FILTER_NONE) return;
  constexpr std::int64_t kRecord = 512;
  std::ifstream file(archive_, std::ios::binary);
  std::vector<char> end(kRecord, 1);
  file.seekg(archive_bytes_ - kRecord);
  file.read(end.data(), kRecord);
  if (!file || end != std::vector<char>(kRecord, 0)) refuse("the archive was cut short");
}

}  // namespace

Unpacked unpack(const fs::path& archive, const fs::path& target, const std::stop_token& stop,
                const UnpackLimits& limits) {
  const Utf8Locale utf8;
  WholeFolder staging(target, "unpacking");
  const Unpacked unpacked = Unpacking(archive, target, staging.path(), stop, limits).run();
  staging.put_in_place();
  return unpacked;
}

}  // namespace nexus_mirror::exports
