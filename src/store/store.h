// The mirror as the sync writes it: its parts, one for each thing that it is. Every call belongs to
// one thread, the writer's; all throw Error(machine) when SQLite refuses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/asset_sets.h"
#include "store/consumers.h"
#include "store/content_use.h"
#include "store/export_records.h"
#include "store/forgetting.h"
#include "store/hook_troubles.h"
#include "store/kept_files.h"
#include "store/left_out.h"
#include "store/listings.h"
#include "store/placed_files.h"
#include "store/run_logs.h"
#include "store/run_matrices.h"
#include "store/session.h"
#include "store/sync_log.h"
#include "store/tables.h"

namespace nexus_mirror::store {

class Store {
 private:
  Session session_;  // before the parts that use it

 public:
  // Opens or creates the mirror. In a dry run a mirror that does not exist is taken as empty.
  Store(const MirrorFile& file, Access access);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  SyncLog syncs;
  Tables tables;
  Listings listings;
  RunLogs run_logs;
  RunMatrices run_matrices;
  LeftOutKinds left_out;
  Consumers consumers;
  HookTroubles hook_troubles;
  ExportRecords exports;
  AssetSets asset_sets;
  PlacedFiles placed;
  KeptFiles files;
  ContentUse content;
  Forgetting forgetting;

  // Adds a row for a sync that begins now (UNIX ms) and returns its id; `following` are the
  // consumers that the configuration names, `dropped` receives those that it names no more.
  std::int64_t begin_sync(std::int64_t now_ms, const std::string& mode,
                          const std::vector<std::string>& following = {},
                          std::vector<std::string>* dropped = nullptr);
  // Completes that row and drops changes and syncs older than `history` (ms; 0 = none), whatever
  // has failed before.
  void finish_sync(const SyncRecord& record, std::int64_t history);

  // Pages are committed together while more of them wait (see Session::Transaction). The writer
  // calls this when nothing waits; what goes wrong is thrown by the next call of anything else.
  void flush() noexcept { session_.flush(); }
  void commit_pages() { session_.commit_pages(); }  // the same, and throws at once

  // What a first load that was killed has left without its indexes gets them.
  void make_indexes();
  // Those of one table, if they are away.
  void make_indexes(const objects::Table& table);
  // Asked many times a second while a call takes long; once it says false, that call is undone and
  // throws Error(interrupted).
  void while_it_takes_long(std::function<bool()> go_on) { session_.go_on = std::move(go_on); }

  void set_now(std::int64_t now_ms) { session_.now_ms = now_ms; }  // of changes and checkpoints
  // How much of the mirror stays in memory: kKeptKib, or little while what is written comes in the
  // order in which it lies.
  void keep_little_in_memory(bool little) noexcept;
  // Links that die before `when_ms` (UNIX ms) are renewed by what follows.
  void renew_links_before(std::int64_t when_ms) { session_.renew_before = when_ms; }
};

}  // namespace nexus_mirror::store
