// One pass over one project: its listings, each a task that any worker may run.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "nexus/decoder.h"
#include "sync/sync.h"
#include "sync/writer_thread.h"

namespace nexus_mirror::sync {

// What the passes of one workspace share. Constant while they run, but for what locks itself.
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
};

class ProjectPass {
 public:
  // `project` holds the project's row as listed.
  ProjectPass(PassContext& context, objects::RowBatch project);

  const std::string& id() const { return id_; }

  // The tasks of this pass; each catches what goes wrong with this project alone and lets the rest
  // out (401, no connection, the mirror, a stop). They may run in any order, on any threads.
  std::vector<std::function<void()>> tasks();

  // After the last task: settles the pass and tells how it went. One thread.
  ProjectResult finish(bool interrupted);

 private:
  void run(const std::function<void()>& task);
  void prepare();

  void update_project();
  void simple_listing(const nexus::Endpoint& endpoint);
  void runs();
  void artifacts();
  void operations();
  void paged_listing(const nexus::Endpoint& endpoint, std::vector<std::string> asset_ids);
  void quick_annotations();

  struct Page;
  Page fetch(const nexus::Endpoint& endpoint, const std::vector<std::string>& asset_ids,
             const std::string& cursor);
  void read_pages(const nexus::Endpoint& endpoint, store::Listing& listing);
  void report(const std::vector<nexus::Unreadable>& unreadable, const objects::Table& table,
              store::Listing* listing, bool& complete);
  void end_listing(const nexus::Endpoint& endpoint, store::Listing& listing, bool complete);
  bool ask_for_missing(const nexus::Endpoint& endpoint, store::Listing& listing,
                       const std::vector<store::Missing::Row>& rows, bool all);
  bool guard_refuses(const store::Missing& missing) const;
  void refuse(const objects::Table& table, const std::string& reason);
  void note(Outcome outcome, const std::string& error);
  void count(const store::RowCounts& rows, std::int64_t seen);
  nexus::Context decode_context() const { return {id_, &context_.project_ids}; }

  PassContext& context_;
  objects::RowBatch project_;
  std::string id_, name_;
  std::optional<std::int64_t> total_;
  bool full_annotations_ = true;
  bool statistic_changed_ = false;
  std::once_flag prepared_;
  std::atomic<std::int64_t> rows_seen_{0};
  std::atomic<bool> abandoned_{false};  // its server does not answer: what is left is not tried
  std::mutex mutex_;
  ProjectResult result_;   // guarded by mutex_
  bool transient_ = true;  // guarded by mutex_: all failures were the server's silence
};

}  // namespace nexus_mirror::sync
