#include "files/due_files.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <map>
#include <utility>

#include "files/file_fetcher.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::files {
namespace {

constexpr std::int64_t kMany = 64;      // dead links of a project in a piece of the queue
constexpr std::int64_t kPageCost = 10;  // questions by id that a page counts for
constexpr std::int64_t kFewestOfAPage = 50, kFirstPage = 100;

}  // namespace

DueFiles::DueFiles(store::KeptFiles& kept, FreshLinks& links, Env& env,
                   const std::vector<std::string>& project_ids, std::int64_t due_at,
                   std::int64_t page_size)
    : kept_(kept),
      links_(links),
      env_(env),
      project_ids_(project_ids),
      due_at_(due_at),
      page_size_(page_size) {}

std::vector<store::DueFile> DueFiles::next(std::size_t most, std::int64_t files_a_minute,
                                           const std::function<bool()>& go_on) {
  if (state_ == QueueState::queue) return from_queue(most);
  if (state_ == QueueState::listing) return from_listing(files_a_minute, go_on);
  return {};
}

std::vector<store::DueFile> DueFiles::from_queue(std::size_t most) {
  std::vector<store::DueFile> files =
      kept_.due(project_ids_, due_at_, last_, static_cast<std::int64_t>(most));
  const bool is_last = files.size() < most;
  const std::int64_t now = env_.now_ms();
  const auto is_dead = [&](const store::DueFile& file) {
    return file.entity == "assets" && !has_usable_link(file, now);
  };
  std::map<std::string, std::int64_t> dead;
  for (const store::DueFile& file : files) {
    if (!is_dead(file) || ++dead[file.project_id] != kMany || !pays(file.project_id)) continue;
    project_ = file.project_id;
    cursor_.clear();
    state_ = QueueState::listing;
    // What lies before its first dead link goes as it is; the listing has the rest.
    const auto first = std::find_if(files.begin(), files.end(), [&](const store::DueFile& each) {
      return each.project_id == project_ && is_dead(each);
    });
    files.erase(first, files.end());
    break;
  }
  if (!files.empty()) last_ = files.back();
  if (is_last && state_ == QueueState::queue) state_ = QueueState::through;
  return files;
}

// Once a project: whether to list it.
bool DueFiles::pays(const std::string& project_id) {
  if (!looked_at_.insert(project_id).second) return false;
  for (const auto& dead : kept_.dead_links({project_id}, due_at_, env_.now_ms() + kLinkMargin)) {
    const std::int64_t pages = (dead.assets + page_size_ - 1) / page_size_;
    if (dead.files >= pages * kPageCost) return true;
  }
  return false;
}

// Of the project that is listed: by the queue. It is under way, or not recorded yet.
bool DueFiles::was_given(const std::string& asset_id) const {
  return last_.project_id == project_ && last_.entity == "assets" && asset_id <= last_.entity_id;
}

bool DueFiles::comes_again(const store::FileId& file) const {
  return (state_ == QueueState::listing || state_ == QueueState::listed) &&
         file.project_id == project_ && file.entity == "assets" && !was_given(file.entity_id);
}

// An answer may take longer than there is time.
ListedLinks DueFiles::ask_for_page(std::int64_t limit, const std::function<bool()>& go_on) {
  constexpr auto kLookEvery = std::chrono::milliseconds(100);
  std::stop_source ended;
  // Without a thread it is asked for here, and heard to its end.
  std::future<ListedLinks> page = std::async(
      std::launch::async | std::launch::deferred,
      [&, stop = ended.get_token()] { return links_.list(project_, cursor_, limit, stop); });
  while (page.wait_for(kLookEvery) == std::future_status::timeout) {
    if (!go_on()) ended.request_stop();
  }
  return page.get();
}

std::vector<store::DueFile> DueFiles::from_listing(std::int64_t files_a_minute,
                                                   const std::function<bool()>& go_on) {
  // Half a minute's worth: what is in hand lives for longer.
  const std::int64_t soon = files_a_minute > 0 ? files_a_minute / 2 : kFirstPage;
  const std::int64_t limit = std::clamp(soon, std::min(kFewestOfAPage, page_size_), page_size_);
  ListedLinks page;
  try {
    page = ask_for_page(limit, go_on);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::machine) throw;
    // By id, then, which meets the same trouble or does not.
    log::debug(error.what());
    state_ = QueueState::listed;
    return {};
  }
  std::vector<std::string> ids;
  std::map<std::string, const ListedLink*> links;
  for (const ListedLink& link : page.links) {
    if (was_given(link.asset_id)) continue;
    ids.push_back(link.asset_id);
    links.emplace(link.asset_id, &link);
  }
  std::vector<store::DueFile> files = kept_.due_of(project_, ids, due_at_);
  for (store::DueFile& file : files) {
    file.link = links.at(file.entity_id)->link;
    file.link_expiry = links.at(file.entity_id)->expiry;
  }
  cursor_ = std::move(page.next);
  if (cursor_.empty()) state_ = QueueState::listed;
  return files;
}

}  // namespace nexus_mirror::files
