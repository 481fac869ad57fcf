// In which order the files of a sync are fetched, and by which links (CONTRACT.md 8.3).
//
// They come as the queue has them, with the links of the mirror. Where the links of many assets of
// a project have died, because the queue is longer than they live, its assets are listed again, a
// page at a time and just before the files of that page are fetched: one request brings a thousand
// links. It also brings those of assets that nobody waits for, so it has to pay: a page counts for
// ten questions by id. What a listing leaves behind is asked for by id, as are the few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "files/fresh_links.h"
#include "nexus_mirror/env.h"
#include "store/kept_files.h"

namespace nexus_mirror::files {

// The store's thread.
class DueFiles {
 public:
  // Files of these projects (empty = all) that are due at `due_at` (UNIX ms). All outlive it.
  DueFiles(store::KeptFiles& kept, FreshLinks& links, Env& env,
           const std::vector<std::string>& project_ids, std::int64_t due_at,
           std::int64_t page_size);

  // The next ones, about `most`; none may come although there are more. `files_a_minute` is how
  // fast they go: no more links are listed at once than are used soon. Blocks for an answer of the
  // server's where a page is listed, as long as `go_on` says so. Throws Error(machine).
  std::vector<store::DueFile> next(std::size_t most, std::int64_t files_a_minute,
                                   const std::function<bool()>& go_on);
  bool is_through() const { return state_ == QueueState::through; }
  bool lists() const { return state_ == QueueState::listing; }  // next() brings links that die

  // A listing is through, and what became of its files has to be recorded before the next ones.
  bool waits_for_record() const { return state_ == QueueState::listed; }
  void recorded() { state_ = QueueState::queue; }
  // Whether the queue has the file again where nothing is recorded of it: it came of a listing.
  bool comes_again(const store::FileId& file) const;

 private:
  enum class QueueState { queue, listing, listed, through };

  std::vector<store::DueFile> from_queue(std::size_t most);
  std::vector<store::DueFile> from_listing(std::int64_t files_a_minute,
                                           const std::function<bool()>& go_on);
  ListedLinks ask_for_page(std::int64_t limit, const std::function<bool()>& go_on);
  bool pays(const std::string& project_id);
  bool was_given(const std::string& asset_id) const;

  store::KeptFiles& kept_;
  FreshLinks& links_;
  Env& env_;
  const std::vector<std::string>& project_ids_;
  const std::int64_t due_at_, page_size_;
  QueueState state_ = QueueState::queue;
  store::FileId last_;               // of the queue, that was given
  std::string project_, cursor_;     // that is listed
  std::set<std::string> looked_at_;  // projects that were listed, or are not worth it
};

}  // namespace nexus_mirror::files
