#include "files/file_sync.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <utility>

#include "content/content_store.h"
#include "files/download_pool.h"
#include "files/fetcher.h"
#include "files/fresh_links.h"
#include "files/sweep.h"
#include "log/log.h"
#include "store/mirror_state.h"
#include "store/snapshot.h"
#include "text/ascii.h"
#include "text/quantity.h"
#include "text/signed_link.h"

namespace nexus_mirror::files {
namespace {

using store::DueFile;
using store::FileResult;

constexpr std::int64_t kMinute = 60000, kDay = 24 * 60 * kMinute;
constexpr std::size_t kGroup = 256;  // files that settle together
constexpr std::uint64_t kGroupBytes = std::uint64_t{256} << 20;
constexpr std::size_t kPiece = 512;       // files of the queue at a time
constexpr std::size_t kMostFailures = 5;  // that are told one by one

std::uint64_t unsigned_of(std::int64_t number) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
}

// The files of one sync from the queue into the folder.
class FileSync {
 public:
  FileSync(const Config& config, const FileSyncRequest& request, Env& env, sync::Observer& observer,
           std::stop_token stop, store::Store& store)
      : config_(config),
        request_(request),
        env_(env),
        observer_(observer),
        stop_(std::move(stop)),
        store_(store),
        links_(config, env, observer),
        bandwidth_(unsigned_of(config.files.bandwidth), env) {}

  FileSyncReport run();

 private:
  void open();
  void fetch_all();
  void fill(DownloadPool& pool);
  static std::string key_of(const DueFile& file, const std::string& link);
  FetchOutcome fetch_one(const DueFile& file, const std::stop_token& stop);
  std::optional<std::string> usable_link(const DueFile& file) const;
  FetchOutcome fetch_by(const DueFile& file, const std::string& link, const std::stop_token& stop);
  void note(const EndedFetch& ended);
  void compare_with_server(const EndedFetch& ended);
  void note_failure(const EndedFetch& ended);
  void note_silence(bool silent, const std::string& reason);
  void settle();
  void report();
  void tell_progress();
  bool goes_on() const;

  const Config& config_;
  const FileSyncRequest& request_;
  Env& env_;
  sync::Observer& observer_;
  const std::stop_token stop_;
  store::Store& store_;
  FreshLinks links_;
  Bandwidth bandwidth_;
  std::unique_ptr<content::ContentStore> content_;
  std::unique_ptr<content::DiskRoom> room_;
  std::unique_ptr<FileTransport> transport_;
  std::atomic<std::uint64_t> received_{0};

  FileSyncReport report_;
  store::KeptFiles::DueCount due_;
  store::FileId last_;  // of the queue
  std::int64_t began_at_ = 0, began_ms_ = 0;
  std::vector<FileResult> group_;
  std::uint64_t group_bytes_ = 0;
  std::uint64_t missing_room_ = 0;
  std::size_t silent_in_a_row_ = 0;
  std::int64_t ended_ = 0;
  bool queue_is_through_ = false;
  std::map<std::string, std::int64_t> unlike_the_server_;  // files by project
};

FileSyncReport FileSync::run() {
  began_at_ = env_.now_ms();
  began_ms_ = env_.monotonic_ms();
  due_ = store_.files.count_due(request_.project_ids, began_at_);
  if (due_.files == 0) return std::move(report_);
  open();
  if (const std::uint64_t left = room_->left(); unsigned_of(due_.bytes) > left) {
    log::warning("fetching files: " + text::rough_size(unsigned_of(due_.bytes)) +
                 " are missing here, and " + text::rough_size(left) +
                 " fit on the disk above min_free; what fits is fetched");
  }
  fetch_all();
  report();
  return std::move(report_);
}

void FileSync::open() {
  const std::filesystem::path dir = config_.content_dir();
  store::Snapshot mirror(config_.mirror);
  if (!request_.adopt) check_content_dir(config_, mirror.database());
  content_ = std::make_unique<content::ContentStore>(
      dir, config_.mirror.mode, store::mirror_id(mirror.database()), request_.adopt);
  room_ = std::make_unique<content::DiskRoom>(dir, unsigned_of(config_.files.min_free));
  FileTransportOptions options;
  // The authorities of all workspaces: a link says not which of them it is of.
  for (const WorkspaceConfig& workspace : config_.workspaces) {
    if (options.ca_file.empty()) options.ca_file = workspace.ca_file;
  }
  options.connect_timeout = config_.http.connect_timeout;
  options.read_timeout = config_.http.read_timeout;
  options.answer_timeout = config_.http.answer_timeout;
  // Our own limit is no fault of the server's.
  if (bandwidth_.limited()) options.answer_timeout = std::chrono::milliseconds(kDay);
  options.proxy = config_.http.proxy;
  options.max_idle_connections = static_cast<std::size_t>(config_.files.concurrency);
  options.on_bytes = [this] { observer_.moved(); };
  transport_ = make_file_transport(std::move(options));
}

bool FileSync::goes_on() const {
  if (stop_.stop_requested() || report_.unreachable) return false;
  const std::int64_t limit = request_.time_limit.count();
  return limit == 0 || env_.monotonic_ms() - began_ms_ < limit;
}

void FileSync::fetch_all() {
  DownloadPool pool(
      static_cast<std::size_t>(config_.files.concurrency),
      [this](const DueFile& file, const std::stop_token& stop) { return fetch_one(file, stop); },
      stop_);
  bool over = false;
  while (true) {
    if (!over && !goes_on()) {
      over = true;
      pool.abandon();
      if (stop_.stop_requested()) report_.stopped = true;
      report_.out_of_time = !report_.stopped && !report_.unreachable;
    }
    if (!over && !queue_is_through_ && pool.inside() < kPiece / 2) fill(pool);
    if (pool.inside() == 0 && (over || queue_is_through_)) break;
    const std::optional<EndedFetch> ended = pool.take();
    if (!ended) continue;
    note(*ended);
    if (group_.size() >= kGroup || group_bytes_ >= kGroupBytes) settle();
    tell_progress();
  }
  settle();
  if (stop_.stop_requested()) report_.stopped = true;
  // Of attempts that nobody has gone on with none is of use where no file is wanted any more.
  if (queue_is_through_ && !over && !store_.files.any_wanted()) content_->forget_partials();
}

void FileSync::fill(DownloadPool& pool) {
  std::vector<DueFile> files =
      store_.files.due(request_.project_ids, began_at_, last_, static_cast<std::int64_t>(kPiece));
  queue_is_through_ = files.size() < kPiece;
  if (!files.empty()) last_ = files.back();
  for (DueFile& file : files) pool.add(std::move(file));
}

// A link that lives long enough to be used.
std::optional<std::string> FileSync::usable_link(const DueFile& file) const {
  if (file.link.empty()) return std::nullopt;
  const auto expiry = file.link_expiry ? file.link_expiry : text::link_expiry(file.link);
  if (expiry && *expiry <= env_.now_ms() + kMinute / 6) return std::nullopt;
  return file.link;
}

std::string FileSync::key_of(const DueFile& file, const std::string& link) {
  return file.entity + "\n" + file.project_id + "\n" + file.entity_id + "\n" +
         std::string(text::link_base(link));
}

// On a thread of the pool's.
FetchOutcome FileSync::fetch_one(const DueFile& file, const std::stop_token& stop) {
  FetchOutcome outcome;
  // What is known not to fit is not asked for. Of what is here, or has begun, less is to come.
  if (file.file_size && file.crc32c.empty() && !content_->has_begun(key_of(file, file.link)) &&
      unsigned_of(*file.file_size) > room_->left()) {
    outcome.end = FetchEnd::no_room;
    outcome.missing_bytes = unsigned_of(*file.file_size);
    return outcome;
  }
  try {
    std::optional<std::string> link = usable_link(file);
    bool asked = false;
    if (!link) {
      link = links_.ask(file, stop);
      asked = true;
    }
    if (link) outcome = fetch_by(file, *link, stop);
    if (link && outcome.end == FetchEnd::dead_link && !asked) {
      link = links_.ask(file, stop);
      if (link) outcome = fetch_by(file, *link, stop);
    }
    if (!link) outcome.reason = "the server gives no link to it";
    if (outcome.end == FetchEnd::dead_link) outcome.end = FetchEnd::failed;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::machine) throw;
    const bool refused =
        error.code() == ErrorCode::key_refused || error.code() == ErrorCode::config;
    const bool stopped = error.code() == ErrorCode::interrupted || refused;
    outcome.end = stopped ? FetchEnd::stopped : FetchEnd::failed;
    outcome.refused = refused;
    outcome.silent = error.code() == ErrorCode::unreachable;
    outcome.reason = text::without_link_queries(error.what());
  }
  return outcome;
}

FetchOutcome FileSync::fetch_by(const DueFile& file, const std::string& link,
                                const std::stop_token& stop) {
  FetchOrder order;
  order.key = key_of(file, link);
  order.link = link;
  order.kind = file.entity == "assets" ? kind_of(file.mime_type, file.filename) : FileKind::other;
  order.known_crc32c = file.crc32c;
  order.known_md5 = file.md5;
  constexpr int kMostTries = 4;  // of one sync; the next goes on
  const FetchContext context{
      *transport_,
      *content_,
      *room_,
      bandwidth_,
      env_,
      {.first_ms = 200,
       .most_ms = 10000,
       .tries = std::min(static_cast<int>(config_.http.max_retries), kMostTries)},
      received_};
  return fetch(order, context, stop);
}

void FileSync::note(const EndedFetch& ended) {
  const FetchOutcome& outcome = ended.outcome;
  switch (outcome.end) {
    case FetchEnd::fetched:
      group_.push_back(
          {ended.file,
           FileResult::What::fetched,
           {outcome.content.sha256, outcome.content_type, outcome.etag, outcome.content.crc32c,
            outcome.content.md5, static_cast<std::int64_t>(outcome.content.bytes),
            outcome.content.cut_jpeg}});
      group_bytes_ += outcome.content.bytes;
      ++report_.files.fetched;
      report_.files.bytes += static_cast<std::int64_t>(outcome.content.bytes);
      compare_with_server(ended);
      break;
    case FetchEnd::unchanged:
      group_.push_back({ended.file, FileResult::What::unchanged});
      break;
    case FetchEnd::no_room:
      missing_room_ += outcome.missing_bytes;
      return;
    case FetchEnd::stopped:
      // No file's fault: none is tried again later for it.
      if (outcome.refused && !report_.unreachable) {
        report_.unreachable.emplace(ErrorCode::unreachable, "fetching", "files",
                                    "no link can be asked for: " + outcome.reason,
                                    "the next sync goes on");
      }
      return;
    case FetchEnd::failed:
    case FetchEnd::dead_link:
      return note_failure(ended);
  }
  ++ended_;
  note_silence(false, {});
}

// What the server says of a file only warns: its hash is what counts.
void FileSync::compare_with_server(const EndedFetch& ended) {
  const DueFile& file = ended.file;
  const std::string& type = ended.outcome.content_type;
  const bool size = file.file_size && unsigned_of(*file.file_size) != ended.outcome.content.bytes;
  const bool other_type =
      !file.mime_type.empty() && !type.empty() &&
      !text::equal_ignoring_case(type.substr(0, type.find(';')), file.mime_type);
  if (size || other_type) ++unlike_the_server_[file.project_id];
}

void FileSync::note_failure(const EndedFetch& ended) {
  const DueFile& file = ended.file;
  const std::string& reason = ended.outcome.reason;
  const std::int64_t doublings = std::min<std::int64_t>(file.attempts, 11);
  const std::int64_t pause = std::min(kMinute << doublings, kDay);
  FileResult result;  // by its members: GCC 12 takes the initializer's text for uninitialized
  result.file = file;
  result.error = reason;
  result.next_at = env_.now_ms() + pause;
  group_.push_back(std::move(result));
  ++ended_;
  if (file.attempts == 0) {
    ++report_.files.failed;
    if (report_.failures.size() < kMostFailures) {
      const std::string name = file.filename.empty() ? file.entity_id : file.filename;
      report_.failures.push_back("fetching " + name + " of project " + file.project_id + ": " +
                                 reason);
    }
  }
  note_silence(ended.outcome.silent, reason);
}

// When the storage is out of reach each file would wait for it in vain: the rest stays as it is.
void FileSync::note_silence(bool silent, const std::string& reason) {
  silent_in_a_row_ = silent ? silent_in_a_row_ + 1 : 0;
  const auto most = static_cast<std::size_t>(2 * config_.files.concurrency);
  if (silent_in_a_row_ < most || report_.unreachable) return;
  report_.unreachable.emplace(
      ErrorCode::unreachable, "fetching", "files",
      std::to_string(most) + " in a row could not be had, the last since " + reason,
      "check that the network lets the links' host through; the next sync "
      "goes on");
}

void FileSync::settle() {
  if (group_.empty()) return;
  content_->settle();
  store_.files.record(group_, env_.now_ms());
  group_.clear();
  group_bytes_ = 0;
}

void FileSync::report() {
  report_.asked = links_.count();
  report_.files.missing = std::max<std::int64_t>(due_.files - ended_, 0);
  if (missing_room_ > 0) {
    report_.no_room.emplace(
        ErrorCode::machine, "fetching", "files into " + content_->dir().string(),
        text::rough_size(missing_room_) + " do not fit above min_free (" +
            text::rough_size(unsigned_of(config_.files.min_free)) + " stay free)",
        "make room on that disk, or change [files] dir or min_free");
  }
  for (const auto& [project, files] : unlike_the_server_) {
    log::warning(std::to_string(files) + " files have another size or type than the server says",
                 {{"project", project}});
  }
}

void FileSync::tell_progress() {
  observer_.files_fetched(
      {ended_, due_.files, static_cast<std::int64_t>(received_.load()), due_.bytes});
}

}  // namespace

FileSyncReport sync_files(const Config& config, const FileSyncRequest& request, Env& env,
                          sync::Observer& observer, const std::stop_token& stop,
                          store::Store& store) {
  const store::WantedFiles wanted = wanted_files(config, store.files.projects());
  if (wanted.none() && !store.files.any()) return {};
  store.files.set_folder(config.content_dir().string());
  store.files.reconcile(wanted);
  FileSyncReport report = FileSync(config, request, env, observer, stop, store).run();
  if (!report.stopped) remove_unused(config, false, env.now_ms(), store);
  return report;
}

}  // namespace nexus_mirror::files
