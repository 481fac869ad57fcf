#include "content/content_store.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <tuple>
#include <utility>

#include "content/content_folder.h"
#include "env/replace_file.h"
#include "nexus_mirror/error.h"
#include "text/digest.h"
#include "text/hex.h"

namespace nexus_mirror::content {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kContentMode = 0444, kAttemptMode = 0600, kOwnerMode = 0644;
constexpr std::size_t kKeyDigits = 32;
constexpr std::size_t kLongestValidator = 80;  // bytes; a name has room for no more in hexadecimal

// Folders are entered by whom the files in them may be read.
mode_t folder_mode_of(mode_t mode) {
  constexpr mode_t kRead = 0444;
  return (mode & 0777) | ((mode & kRead) >> 2);
}

std::optional<std::string> from_hexadecimal(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto high = text::hex_value(text[i]), low = text::hex_value(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16 + *low);
  }
  return bytes;
}

std::string key_digits(std::string_view key) { return text::sha256(key).substr(0, kKeyDigits); }

// "<key>-<validator>-<attempt>"
struct AttemptName {
  std::string key, validator;
};
std::optional<AttemptName> read_name(const std::string& name) {
  const std::size_t second = name.find('-', kKeyDigits + 1);
  if (name.size() <= kKeyDigits || name[kKeyDigits] != '-' || second == name.npos) {
    return std::nullopt;
  }
  const auto validator =
      from_hexadecimal(std::string_view(name).substr(kKeyDigits + 1, second - kKeyDigits - 1));
  if (!validator) return std::nullopt;
  return AttemptName{name.substr(0, kKeyDigits), *validator};
}

void remove_partial(const fs::path& path) {
  const int error = env::remove_file(path);
  if (error != 0 && error != ENOENT) throw_file_error(error, "removing", path);
}

}  // namespace

bool has_partials(const fs::path& dir) {
  std::error_code error;
  const fs::directory_iterator first(dir / kPartial, error);
  return !error && first != fs::directory_iterator();
}

ContentAttempt::ContentAttempt(ContentStore& store, fs::path path, std::string validator,
                               env::Descriptor file)
    : store_(store),
      path_(std::move(path)),
      validator_(std::move(validator)),
      file_(std::move(file)) {}

ContentAttempt::~ContentAttempt() {
  if (over_) return;
  if (validator_.empty() || bytes_ == 0) {
    drop();
    return;
  }
  file_.reset();
  // The next attempt of this process goes on with it as one of another process would.
  try {
    const std::string key = path_.filename().string().substr(0, kKeyDigits);
    const std::lock_guard lock(store_.mutex_);
    store_.partials_.insert_or_assign(key, ContentStore::PartialFile{path_, false});
  } catch (const std::bad_alloc&) {
    drop();
  }
}

void ContentAttempt::write(std::string_view bytes) {
  if (const int error = env::write_all(file_, bytes); error != 0) {
    throw_file_error(error, "writing", path_);
  }
  digest_.update(bytes);
  bytes_ += bytes.size();
}

const ContentHashes& ContentAttempt::finish() {
  hashes_ = digest_.take();
  return hashes_;
}

void ContentAttempt::seal() {
  int error = env::set_mode(file_, kContentMode);
  if (error == 0) error = env::close(file_);
  if (error != 0) throw_file_error(error, "writing", path_);
  store_.seal({path_, hashes_.sha256, hashes_.bytes});
  over_ = true;
}

void ContentAttempt::drop() noexcept {
  file_.reset();
  over_ = true;
  std::ignore = env::remove_file(path_);  // else it goes at the next start
}

ContentStore::ContentStore(fs::path dir, mode_t mode, const std::string& mirror_id, bool adopt)
    : dir_(std::move(dir)), partial_(dir_ / kPartial), folder_mode_(folder_mode_of(mode)) {
  take_folder(mirror_id, adopt);
  sort_out_partials();
}

void ContentStore::take_folder(const std::string& mirror_id, bool adopt) {
  if (!adopt) belongs_to(dir_, mirror_id);
  for (const fs::path& folder : {dir_, dir_ / kContent, partial_}) {
    if (const int error = env::make_folders(folder, folder_mode_); error != 0) {
      throw_file_error(error, "making folder", folder);
    }
  }
  if (content_owner(dir_) == mirror_id) return;
  const fs::path mark = dir_ / kContentOwner;
  const auto done = env::replace_file(mark, mark.string() + ".new", mirror_id + "\n", kOwnerMode);
  if (done.error != 0) throw_file_error(done.error, done.doing, done.path);
}

void ContentStore::sort_out_partials() {
  std::error_code error;
  for (fs::directory_iterator at(partial_, error), end; !error && at != end; at.increment(error)) {
    const auto name = read_name(at->path().filename().string());
    std::error_code unknown;
    const bool of_use = name && !name->validator.empty() && at->is_regular_file(unknown) &&
                        at->file_size(unknown) > 0;
    // Of two for one key either will do; a sealed one that was not settled is read-only.
    const bool writable =
        (at->status(unknown).permissions() & fs::perms::owner_write) != fs::perms::none;
    if (of_use && writable && partials_.emplace(name->key, PartialFile{at->path()}).second)
      continue;
    remove_partial(at->path());
  }
  if (error) throw_file_error(error.value(), "listing", partial_);
}

std::string ContentStore::name_of(std::string_view key, std::string_view validator) {
  const std::lock_guard lock(mutex_);
  return key_digits(key) + "-" + text::hexadecimal(validator) + "-" + std::to_string(::getpid()) +
         "." + std::to_string(++next_);
}

std::unique_ptr<ContentAttempt> ContentStore::begin(std::string_view key,
                                                    std::string_view validator) {
  if (validator.size() > kLongestValidator) validator = {};
  while (true) {
    const fs::path path = partial_ / name_of(key, validator);
    env::Descriptor file = env::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kAttemptMode);
    if (file.error() == EEXIST) continue;  // of another process that had this number
    if (!file) throw_file_error(file.error(), "making", path);
    return std::unique_ptr<ContentAttempt>(
        new ContentAttempt(*this, path, std::string(validator), std::move(file)));
  }
}

std::unique_ptr<ContentAttempt> ContentStore::resume(std::string_view key,
                                                     const std::function<bool()>& go_on) {
  fs::path path;
  {
    const std::lock_guard lock(mutex_);
    const auto found = partials_.find(key_digits(key));
    if (found == partials_.end()) return nullptr;
    path = found->second.path;
    partials_.erase(found);
  }
  env::Descriptor file = env::open(path, O_RDWR | O_APPEND | O_NOFOLLOW);
  if (!file || !env::is_regular(file)) return nullptr;
  std::unique_ptr<ContentAttempt> attempt(new ContentAttempt(
      *this, path, read_name(path.filename().string())->validator, std::move(file)));
  std::vector<char> buffer(std::size_t{1} << 20);
  for (std::size_t count = buffer.size(); count == buffer.size();) {
    const int error = env::read_some(attempt->file_, buffer, count);
    if (error == EIO) {  // what the disk cannot give back is fetched again
      attempt->drop();
      return nullptr;
    }
    if (error != 0) throw_file_error(error, "reading", path);
    attempt->digest_.update({buffer.data(), count});
    attempt->bytes_ += count;
    if (go_on && !go_on()) return nullptr;
  }
  return attempt;
}

bool ContentStore::has_begun(std::string_view key) {
  const std::lock_guard lock(mutex_);
  return partials_.contains(key_digits(key));
}

bool ContentStore::has(const ContentHashes& content) {
  {
    const std::lock_guard lock(mutex_);
    const bool comes = std::any_of(sealed_.begin(), sealed_.end(), [&](const Sealed& sealed) {
      return sealed.sha256 == content.sha256;
    });
    if (comes) return true;
  }
  return content_bytes(dir_, content.sha256) == content.bytes;
}

std::size_t ContentStore::waiting() {
  const std::lock_guard lock(mutex_);
  return sealed_.size();
}

void ContentStore::seal(Sealed sealed) {
  const std::lock_guard lock(mutex_);
  sealed_.push_back(std::move(sealed));
}

void ContentStore::settle() {
  std::vector<Sealed> whole;
  {
    const std::lock_guard lock(mutex_);
    whole.swap(sealed_);
  }
  if (whole.empty()) return;
  if (const int error = env::flush_filesystem(partial_); error != 0) {
    throw_file_error(error, "flushing", partial_);
  }
  std::vector<fs::path> touched;
  for (const Sealed& sealed : whole) put_in_place(sealed, touched);
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  // Names in many folders are sooner on the disk all at once.
  constexpr std::size_t kFew = 8;
  const bool all = touched.size() > kFew;
  if (all) touched = {partial_};
  for (const fs::path& folder : touched) {
    const int error = all ? env::flush_filesystem(folder) : env::flush_folder(folder);
    if (error != 0) throw_file_error(error, "flushing", folder);
  }
}

void ContentStore::put_in_place(const Sealed& sealed, std::vector<fs::path>& touched) {
  const fs::path path = content_path(dir_, sealed.sha256);
  // The same content of another file, which has links to it perhaps.
  if (content_bytes(dir_, sealed.sha256) == sealed.bytes) return remove_partial(sealed.path);
  const fs::path folder = path.parent_path();
  std::error_code unknown;
  if (!fs::is_directory(folder, unknown)) {
    const int error = env::make_folders(folder, folder_mode_);
    if (error != 0) throw_file_error(error, "making folder", folder);
    touched.push_back(folder.parent_path());
  }
  const int error = env::rename(sealed.path, path);
  if (error != 0) throw_file_error(error, "putting in place", path);
  touched.push_back(folder);
}

void ContentStore::keep_partial(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = partials_.find(key_digits(key));
  if (found != partials_.end()) found->second.of_before = false;
}

void ContentStore::forget_partials() {
  const std::lock_guard lock(mutex_);
  std::erase_if(partials_, [](const auto& partial) {
    if (partial.second.of_before) remove_partial(partial.second.path);
    return partial.second.of_before;
  });
}

}  // namespace nexus_mirror::content
