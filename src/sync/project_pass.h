// One pass over one project: its listings, each a task that any worker may run.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "nexus/decoder.h"
#include "sync/listing_progress.h"
#include "sync/listings_ahead.h"
#include "sync/pages_in_writing.h"
#include "sync/sync.h"
#include "sync/writer_thread.h"

namespace nexus_mirror::sync {

// How a request is sent while its caller goes on: on a thread of its own or, where none is left,
// on that of whoever waits for the answer. (Both flags say this in libstdc++ and libc++ alike. The
// function is then taken twice, so it must not be moved into std::async.)
constexpr auto kBesideUs = std::launch::async | std::launch::deferred;

// Why a kind is left out that the configuration names.
constexpr const char* kSkipped = "skipped by [sync] skip";

// What the passes of one workspace share. Constant while they run; what it refers to may be called
// from any thread.
struct PassContext {
  const Config& config;
  const SyncRequest& request;
  bool quick = false;
  Env& env;
  Observer& observer;
  nexus::Client client;
  WriterThread& writer;
  std::stop_token stop;
  std::set<std::string, std::less<>> project_ids;
  std::string server = {};  // the workspace's endpoint
  // How long the fastest answer so far took, ms; -1 = none came. Empty = nobody knows.
  std::function<std::int64_t()> distance_ms = {};
  // Of all passes of the sync; null = others follow.
  ListingsAhead* ahead = nullptr;
};

class ProjectPass {
 public:
  // `project` holds the project's row as listed. `context` outlives the pass.
  ProjectPass(const PassContext& context, objects::RowBatch project);

  const std::string& id() const { return id_; }
  ExpectedProject expected() const { return {id_, name_, total_}; }

  // Decides what the tasks build on: whether an earlier pass left something. Once, before the first
  // of them; throws Error(machine). Returns the rows that one has brought which was cut short.
  std::int64_t prepare();

  // The tasks of this pass; each catches what goes wrong with this project alone and lets the rest
  // out (401, no connection, the mirror, a stop). They may run in any order, on any threads: none
  // needs what another one does.
  std::vector<std::function<void()>> tasks();

  // After the last task: settles the pass and tells how it went. One thread.
  ProjectResult finish(bool interrupted);

 private:
  std::function<void()> counted(std::function<void()> task);
  void run(const std::function<void()>& task);
  void if_given(const std::vector<const objects::Table*>& kinds, const std::function<void()>& read);
  bool skips(const objects::Table& table) const;
  std::vector<const objects::Table*> kinds_of(const nexus::Endpoint& endpoint) const;
  void leave_out(const std::vector<const objects::Table*>& kinds, const std::string& reason);
  void refused(const std::vector<const objects::Table*>& kinds, const Error& error);
  void fail(const Error& error);

  bool update_project();
  void merge_group_statistics();
  void list_and_tell(const nexus::Endpoint& endpoint);
  bool fills_no_more(const objects::Table& table, int ours) const;
  void make_indexes(const nexus::Endpoint& endpoint, const store::Listing& listing);
  void list(const nexus::Endpoint& endpoint);
  void list_at_once(const nexus::Endpoint& endpoint);
  store::Listing open_listing(const objects::Table& table, std::vector<std::string> asset_ids = {});
  void note_problem(const store::Listing& listing);
  void list_runs(const nexus::Endpoint& endpoint);
  void read_run_logs();
  void read_run_matrices();
  void list_artifacts(const nexus::Endpoint& endpoint);
  bool read_artifacts(store::Listing& listing, store::Listing& models);
  void follow_operations();
  void list_pages(const nexus::Endpoint& endpoint, std::vector<std::string> asset_ids = {});
  void list_quickly(const nexus::Endpoint& endpoint);
  void list_pending(const nexus::Endpoint& endpoint, bool statistic_changed);

  struct ListedPage {
    nexus::ListingPage answer;
    std::string next = {};                    // empty = last page
    store::PageDigests digests = {};          // empty = of a kind whose pages are not kept
    const store::KnownPage* known = nullptr;  // it is that one
  };
  // The server says that a page is as it was, but its rows in the mirror are not, or a listing with
  // such pages comes to nothing good: the listing is read again without them.
  struct UnheldPage {};
  using KnownSet = std::shared_ptr<const store::KnownPageSet>;
  ListedPage fetch(const nexus::Endpoint& endpoint, const std::vector<std::string>& asset_ids,
                   const std::string& cursor, const KnownSet& known);
  void read_pages(const nexus::Endpoint& endpoint, store::Listing& listing);
  struct DecodedPage {
    objects::RowBatch rows;
    store::KeptOut kept_out = {};
    store::PageDigests digests = {};
  };
  store::PageDigests digests_of_request(const nexus::ListQuery& query) const;
  std::string rules_for(const std::vector<std::string>& asset_ids) const;
  DecodedPage decode(const nexus::Endpoint& endpoint, ListedPage page);
  void hand_over(const nexus::Endpoint& endpoint, store::Listing& listing, ListedPage page,
                 const std::string& cursor, PagesInWriting& writing);
  void hand_over(store::Listing& listing, DecodedPage page, const std::string& cursor,
                 PagesInWriting& writing);
  void write_page(store::Store& store, store::Listing& listing, const DecodedPage& page,
                  const std::string& cursor);
  void page_written(const store::Listing& listing);
  void read_anew(store::Listing& listing);
  ListingProgress& progress_of(const objects::Table& table) { return progress_.at(&table); }

  // by_parent.cc
  struct ParentBatch;
  class ParentsInOrder;
  std::int64_t parents_per_request(const nexus::Endpoint& endpoint,
                                   const store::Listing& listing) const;
  bool suits_by_parent(const nexus::Endpoint& endpoint, const store::Listing& listing) const;
  bool read_by_parent(const nexus::Endpoint& endpoint, store::Listing& listing);
  bool read_batches(const nexus::Endpoint& endpoint, store::Listing& listing);
  bool read_batches(const nexus::Endpoint& endpoint, store::Listing& listing,
                    std::size_t longest_line);
  std::vector<ListedPage> fetch_all(const nexus::Endpoint& endpoint,
                                    const std::vector<std::string>& parents, const KnownSet& known);
  bool write_batch(const nexus::Endpoint& endpoint, store::Listing& listing, ParentBatch& batch,
                   std::string& cursor, PagesInWriting& writing);

  store::KeptOut report(const std::vector<nexus::UnreadableRow>& unreadable,
                        const objects::Table& table);
  bool end_listing(const nexus::Endpoint& endpoint, store::Listing& listing);
  struct AskedFor {
    std::size_t existing = 0, silent = 0;  // still there, without a readable answer
  };
  AskedFor ask_for_missing(const nexus::Endpoint& endpoint, store::Listing& listing,
                           const std::vector<store::Missing::Candidate>& rows);
  std::string take_in(const objects::Table& table, const nexus::Document& document,
                      const std::string& id);
  bool guard_refuses(const store::Missing& missing) const;
  void refuse(const objects::Table& table, const std::string& reason);
  void note(Outcome outcome, const std::string& error);
  void count(const store::RowCounts& rows, std::int64_t seen);
  nexus::Context decode_context() const { return {id_, &context_.project_ids}; }

  const PassContext& context_;
  objects::RowBatch project_;  // of update_project() alone
  const std::string id_, name_;
  const std::optional<std::int64_t> annotations_;  // the server's own count
  const std::optional<std::int64_t> total_;        // with that of the assets
  using Counts = std::map<const objects::Table*, std::int64_t>;
  static Counts counts_in(const objects::RowBatch& project);
  const std::string rules_;  // what else than an answer decides on the rows that it becomes
  const Counts expected_;    // the server's own, of the kinds that it counts
  std::map<const objects::Table*, ListingProgress> progress_;  // of each listing
  bool list_all_ = true;  // constant after prepare(): pending assets are not all that may differ
  std::atomic<std::int64_t> rows_seen_{0};
  std::atomic<std::size_t> tasks_left_{0};
  std::atomic<bool> abandoned_{false};  // its server does not answer: what is left is not tried
  std::mutex mutex_;
  ProjectResult result_;                      // guarded by mutex_
  std::vector<store::LeftOutKind> left_out_;  // guarded by mutex_
  bool transient_ = true;  // guarded by mutex_: all failures were the server's silence
};

}  // namespace nexus_mirror::sync
