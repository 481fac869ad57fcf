#include "store/store.h"

namespace nexus_mirror::store {

Store::Store(const MirrorFile& file, Access access)
    : session_(file, access),
      syncs(session_),
      tables(session_),
      listings(session_, tables),
      run_logs(session_, tables),
      run_matrices(session_, tables),
      left_out(session_),
      consumers(session_),
      hook_troubles(session_),
      exports(session_),
      asset_sets(session_),
      placed(session_),
      files(session_),
      content(session_),
      forgetting(session_) {}

void Store::make_indexes() {
  if (session_.dry_run()) return;
  for (const objects::Table* table : session_.indexes().all_away()) session_.make_indexes(*table);
}

void Store::make_indexes(const objects::Table& table) {
  if (session_.dry_run() || !session_.indexes().away(table)) return;
  session_.commit_pages();  // so that to undo it takes no page along
  session_.make_indexes(table);
}

void Store::keep_little_in_memory(bool little) noexcept {
  constexpr int kLittleKib = 1024;
  session_.database().keep_in_memory(little ? kLittleKib : kKeptKib);
}

std::int64_t Store::begin_sync(std::int64_t now_ms, const std::string& mode,
                               const std::vector<std::string>& following,
                               std::vector<std::string>* dropped) {
  if (session_.dry_run()) return syncs.begin(now_ms, mode);
  Session::Transaction transaction(session_);
  syncs.begin(now_ms, mode);
  std::vector<std::string> gone = consumers.configure(following);
  transaction.commit();
  if (dropped != nullptr) *dropped = std::move(gone);
  return session_.sync_id;
}

void Store::finish_sync(const SyncRecord& record, std::int64_t history) {
  if (session_.dry_run()) return session_.database().check_unchanged();
  session_.forget_failure();  // the sync has failed by now; its record is still to be written
  Session::Transaction transaction(session_);
  syncs.finish(record);
  if (history > 0) {
    const Outlived outlived = syncs.outlived(record.finished_at, history);
    consumers.prune(outlived);
    syncs.forget(outlived.once, session_.changes().oldest_sync());
  }
  transaction.commit();
  // Best effort: a reader in the middle of something only delays it.
  session_.database().checkpoint();
}

}  // namespace nexus_mirror::store
