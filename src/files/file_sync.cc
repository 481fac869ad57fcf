#include "files/file_sync.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "content/content_store.h"
#include "files/download_pool.h"
#include "files/due_files.h"
#include "files/file_fetcher.h"
#include "files/fresh_links.h"
#include "files/storage_hosts.h"
#include "files/sweep.h"
#include "log/log.h"
#include "store/mirror_state.h"
#include "store/snapshot.h"
#include "text/ascii.h"
#include "text/counted.h"
#include "text/quantity.h"

namespace nexus_mirror::files {
namespace {

using store::DueFile;
using store::FileResult;

constexpr std::int64_t kMinute = 60000, kDay = 24 * 60 * kMinute;
constexpr std::size_t kGroup = 256;  // files that settle together
constexpr std::uint64_t kGroupBytes = std::uint64_t{256} << 20;
constexpr std::int64_t kGroupMs = 1000;   // what came is lost to a kill for no longer
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
        bandwidth_(unsigned_of(config.files.bandwidth), env),
        hosts_(env) {}

  FileSyncReport run();

 private:
  void forget_leavings();
  void open();
  void add_leftovers();
  void fetch_all();
  std::int64_t files_a_minute() const;
  std::size_t fewest_inside() const;
  void fill(DownloadPool& pool);
  void note(const EndedFetch& ended);
  void compare_with_server(const EndedFetch& ended);
  void note_failure(const EndedFetch& ended);
  bool group_is_due() const;
  void settle();
  void report();
  void tell_progress();
  bool goes_on();

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
  std::unique_ptr<LeftoverContent> leftovers_;
  std::unique_ptr<FileTransport> transport_;
  StorageHosts hosts_;
  std::unique_ptr<FileFetcher> fetcher_;
  std::stop_source over_;  // the time is
  std::atomic<std::uint64_t> received_{0};

  FileSyncReport report_;
  store::KeptFiles::DueCount due_;
  std::unique_ptr<DueFiles> queue_;
  std::int64_t began_at_ = 0, began_ms_ = 0;
  std::vector<FileResult> group_;
  std::uint64_t group_bytes_ = 0;
  std::int64_t settled_ms_ = 0;
  std::uint64_t missing_room_ = 0;
  std::int64_t left_out_ = 0;  // larger than max_file
  std::int64_t ended_ = 0;
  std::map<std::string, std::int64_t> unlike_the_server_;  // files by project
};

FileSyncReport FileSync::run() {
  began_at_ = env_.now_ms();
  began_ms_ = settled_ms_ = env_.monotonic_ms();
  due_ = store_.files.count_due(request_.project_ids, began_at_);
  const bool none = due_.files == 0;
  if (none && !content::has_partials(config_.content_dir())) return std::move(report_);
  open();
  if (none) {
    forget_leavings();
    return std::move(report_);
  }
  if (const std::uint64_t left = room_->left(); unsigned_of(due_.bytes) > left) {
    log::warning("fetching files: " + text::rough_size(unsigned_of(due_.bytes)) +
                 " are missing here, and " + text::rough_size(left) +
                 " fit on the disk above min_free; what fits is fetched");
  }
  fetch_all();
  report();
  return std::move(report_);
}

// Attempts of before at files that are due no more, now or later.
void FileSync::forget_leavings() {
  if (!content::has_partials(config_.content_dir())) return;
  constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max() / 2;
  constexpr std::int64_t kTogether = 1000;
  store::FileId last;
  for (std::size_t count = kTogether; count == kTogether;) {
    if (stop_.stop_requested()) return;
    observer_.moved();
    const std::vector<DueFile> files = store_.files.due({}, kEver, last, kTogether);
    for (const DueFile& file : files) content_->keep_partial(attempt_key(file, file.link));
    count = files.size();
    if (count > 0) last = files.back();
  }
  content_->forget_partials();
}

void FileSync::open() {
  const std::filesystem::path dir = config_.content_dir();
  store::Snapshot mirror(config_.mirror);
  if (!request_.adopt) check_content_dir(config_, mirror.database());
  content_ = std::make_unique<content::ContentStore>(
      dir, config_.mirror.mode, store::mirror_id(mirror.database()), request_.adopt);
  room_ = std::make_unique<content::DiskRoom>(dir, unsigned_of(config_.files.min_free));
  leftovers_ = std::make_unique<LeftoverContent>(dir, [this] { observer_.moved(); });
  if (due_.files > 0) add_leftovers();
  FileTransportOptions options;
  // The authorities of all workspaces: a link says not which of them it is of.
  for (const WorkspaceConfig& workspace : config_.workspaces) {
    if (!workspace.ca_file.empty()) options.ca_files.push_back(workspace.ca_file);
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
  constexpr int kMostTries = 4;  // of one sync; the next goes on
  const int tries = std::min(static_cast<int>(config_.http.max_retries), kMostTries);
  fetcher_ = std::make_unique<FileFetcher>(
      FetchContext{*transport_,
                   *content_,
                   *room_,
                   bandwidth_,
                   hosts_,
                   env_,
                   {.first_ms = 200, .most_ms = 10000, .tries = tries},
                   received_,
                   unsigned_of(config_.files.max_file),
                   over_.get_token(),
                   leftovers_.get()},
      links_);
}

void FileSync::add_leftovers() {
  std::string after;
  do {
    leftovers_->add(store_.content.leftovers(after));
    observer_.moved();
  } while (!after.empty() && !stop_.stop_requested());
}

bool FileSync::goes_on() {
  if (stop_.stop_requested() || report_.unreachable) return false;
  const std::int64_t limit = request_.time_limit.count();
  return limit == 0 || env_.monotonic_ms() - began_ms_ < limit;
}

void FileSync::fetch_all() {
  DownloadPool pool(
      static_cast<std::size_t>(config_.files.concurrency),
      [this](const DueFile& file, const std::stop_token& stop) {
        return fetcher_->fetch(file, stop);
      },
      stop_);
  queue_ = std::make_unique<DueFiles>(store_.files, links_, env_, request_.project_ids, began_at_,
                                      config_.http.page_size);
  bool over = false;
  while (true) {
    if (!over && !goes_on()) {
      over = true;
      over_.request_stop();
      pool.abandon();
      if (stop_.stop_requested()) report_.stopped = true;
      report_.out_of_time = !report_.stopped && !report_.unreachable;
    }
    if (!over && !queue_->is_through() && pool.inside() < fewest_inside()) fill(pool);
    if (pool.inside() == 0 && (over || queue_->is_through())) break;
    const std::optional<EndedFetch> ended = pool.take();
    if (ended) note(*ended);
    if (group_is_due()) settle();
    tell_progress();
  }
  settle();
  if (stop_.stop_requested()) report_.stopped = true;
  if (queue_->is_through() && !over) forget_leavings();
}

std::int64_t FileSync::files_a_minute() const {
  const std::int64_t passed = std::max<std::int64_t>(env_.monotonic_ms() - began_ms_, 1);
  return ended_ * kMinute / passed;
}

// With fewer in the pool it is filled. Of files with links that were listed a quarter of a minute's
// worth is enough: these links die.
std::size_t FileSync::fewest_inside() const {
  constexpr std::size_t kEnough = kPiece / 2;
  if (!queue_->lists()) return kEnough;
  return std::clamp(static_cast<std::size_t>(files_a_minute() / 4),
                    static_cast<std::size_t>(2 * config_.files.concurrency), kEnough);
}

void FileSync::fill(DownloadPool& pool) {
  if (queue_->waits_for_record()) {
    if (pool.inside() > 0) return;
    settle();
    queue_->recorded();
  }
  for (DueFile& file : queue_->next(kPiece, files_a_minute(), [this] { return goes_on(); })) {
    pool.add(std::move(file));
  }
}

void FileSync::note(const EndedFetch& ended) {
  const FetchOutcome& outcome = ended.outcome;
  switch (outcome.end) {
    case FetchEnd::fetched:
    case FetchEnd::left_over:
      group_.push_back(
          {ended.file,
           FileResult::What::fetched,
           {outcome.content.sha256, outcome.content_type, outcome.etag, outcome.content.crc32c,
            outcome.content.md5, static_cast<std::int64_t>(outcome.content.bytes),
            outcome.content.cut_jpeg}});
      compare_with_server(ended);
      if (outcome.end == FetchEnd::left_over) break;
      group_bytes_ += outcome.content.bytes;
      ++report_.files.fetched;
      report_.files.bytes += static_cast<std::int64_t>(outcome.content.bytes);
      break;
    case FetchEnd::unchanged:
      group_.push_back({ended.file, FileResult::What::unchanged});
      break;
    case FetchEnd::no_room:
      if (!queue_->comes_again(ended.file)) missing_room_ += outcome.missing_bytes;
      return;
    case FetchEnd::too_large:
      group_.push_back({ended.file, FileResult::What::left_out});
      ++left_out_;
      break;
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
}

bool FileSync::group_is_due() const {
  return group_.size() >= kGroup || group_bytes_ >= kGroupBytes ||
         (!group_.empty() && env_.monotonic_ms() - settled_ms_ >= kGroupMs);
}

void FileSync::settle() {
  settled_ms_ = env_.monotonic_ms();
  if (group_.empty()) return;
  content_->settle();
  store_.files.record(group_, env_.now_ms());
  group_.clear();
  group_bytes_ = 0;
}

void FileSync::report() {
  report_.asked = links_.count();
  report_.files.missing = std::max<std::int64_t>(due_.files - ended_, 0);
  if (!report_.unreachable) report_.unreachable = hosts_.trouble();
  if (left_out_ > 0) {
    log::info(text::counted(left_out_, "file is", "files are") +
              " larger than max_file and left out");
  }
  if (missing_room_ > 0) {
    report_.no_room.emplace(
        ErrorCode::machine, "fetching", "files into " + content_->dir().string(),
        text::rough_size(missing_room_) + " do not fit above min_free (" +
            text::rough_size(unsigned_of(config_.files.min_free)) + " stay free)",
        "make room on that disk, or change [files] dir or min_free");
  }
  for (const auto& [project, files] : unlike_the_server_) {
    log::warning(text::counted(files, "file has", "files have") +
                     " another size or type than the server says",
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
  const auto go_on = [&] {
    observer.moved();
    return !stop.stop_requested();
  };
  if (!store.files.reconcile(wanted, go_on)) {
    FileSyncReport stopped;
    stopped.stopped = true;
    return stopped;
  }
  FileSyncReport report = FileSync(config, request, env, observer, stop, store).run();
  if (!report.stopped) remove_unused(config, false, env.now_ms(), store, go_on);
  return report;
}

}  // namespace nexus_mirror::files
