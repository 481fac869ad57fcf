// A listing fetched by the rows that its own rows belong to: annotations by batches of assets.
//
// A page's cursor comes with the page before it, so that a plain listing waits for the server once
// a page, however far away it is. Batches of assets need no cursor: as soon as assets are in the
// mirror, as many requests go out as may be in flight. They are written in the order of their
// assets, each with how far it went (the rowid of its last asset) in place of a cursor.
//
// But the server cannot be asked for annotations of assets that nobody knows of. So this counts as
// a listing only where each row was readable, the assets were all listed, and the rows came to the
// project's own count, as it was before and as it is when the last batch is in. Else the plain
// listing follows. Rows that are missing then are asked for by their ids like any others.
#include <algorithm>
#include <deque>
#include <future>

#include "log/log.h"
#include "objects/columns.h"
#include "sync/pages_in_writing.h"
#include "sync/project_pass.h"
#include "text/number.h"
#include "text/percent.h"

namespace nexus_mirror::sync {

using nexus::Decoder;
using nexus::Endpoint;
using nexus::UnreadableRow;
using objects::RowBatch;

namespace {

constexpr std::int64_t kFewestPages = 20;      // of a plain listing; fewer are soon there
constexpr std::int64_t kLeastDistanceMs = 20;  // else the server is as fast as the mirror
constexpr std::size_t kMostBatches = 8;  // under way or waiting, each with its pages in memory
constexpr std::size_t kMostPages = 3;    // of a batch; it is made for one
// Bytes of a request's line. Many servers and what stands before them take no more than 8 KiB with
// the headers; those that take 16 are asked half as often.
constexpr std::size_t kLongLine = 12'000, kShortLine = 7'500;
constexpr std::size_t kBesideId = 15;       // "&assetId%5B%5D="
constexpr std::int64_t kMostParents = 210;  // a request: of the API's ids, in a long line

// The server does not know the question, or takes it for another one.
bool is_refused(const Error& error) {
  const int status = error.http_status();
  return status == 400 || status == 404 || status == 413 || status == 414 || status == 431;
}

// Some parents have so many rows that they had better come page by page, or the server gives the
// rows of all of them.
struct UnfitBatch {};

}  // namespace

// Rows of some parents, with all their pages.
struct ProjectPass::ParentBatch {
  std::vector<std::string> ids;
  std::int64_t last_rowid = 0;
  std::future<std::vector<ListedPage>> pages;
};

// The parents in the order of their rowids, as they become known.
class ProjectPass::ParentsInOrder {
 public:
  ParentsInOrder(ProjectPass& pass, const objects::Table& table, std::int64_t behind,
                 std::size_t size, std::size_t longest_line)
      : pass_(pass),
        table_(table),
        progress_(pass.progress_of(table)),
        behind_(behind),
        size_(size),
        longest_line_(longest_line) {}

  // The next `size` of them, or as many as a line can hold; fewer at the end, and then none.
  // Nullopt where so many are not known yet, or with `wait` waits for them.
  std::optional<ParentBatch> next(bool wait) {
    while (known_.size() < size_ && !all_known_) {
      const std::int64_t enough = pages_ + 1;
      const ListingProgress::State state =
          progress_.wait_for(wait ? enough : 0, pass_.context_.stop);
      if (pass_.context_.stop.stop_requested()) {
        throw Error(ErrorCode::interrupted, "listing", std::string(table_.name), "asked to stop");
      }
      if (state.pages >= enough || state.ended) look(state);
      if (known_.size() < size_ && !all_known_ && !wait) return std::nullopt;
    }
    ParentBatch batch;
    std::size_t line = 0;
    for (; batch.ids.size() < size_ && !known_.empty(); known_.pop_front()) {
      line += kBesideId + text::percent_encoded(known_.front().id).size();
      if (line > longest_line_ && !batch.ids.empty()) break;
      batch.last_rowid = known_.front().rowid;
      batch.ids.push_back(std::move(known_.front().id));
    }
    return batch;
  }
  bool whole() const { return whole_; }
  bool all_taken() const { return all_known_ && known_.empty(); }

 private:
  // Rows that are written after `state` was taken are found next time.
  void look(const ListingProgress::State& state) {
    const std::size_t most = 32 * size_;
    auto found = pass_.context_.writer.run([&](store::Store& store) {
      return store.listings.rows_behind(pass_.id_, table_, behind_, most);
    });
    behind_ = found.place;
    if (found.all) {
      pages_ = state.pages;
      all_known_ = state.ended;
      whole_ = state.whole;
    }
    std::move(found.rows.begin(), found.rows.end(), std::back_inserter(known_));
  }

  ProjectPass& pass_;
  const objects::Table& table_;
  ListingProgress& progress_;
  std::int64_t behind_;
  const std::size_t size_, longest_line_;
  std::int64_t pages_ = -1;  // that were looked through
  bool all_known_ = false, whole_ = false;
  std::deque<store::Missing::Candidate> known_;
};

// How many parents a request asks for; 0 = the plain listing is as fast.
std::int64_t ProjectPass::parents_per_request(const Endpoint& endpoint,
                                              const store::Listing& listing) const {
  const auto parents = expected_.find(endpoint.quick_by);
  if (parents == expected_.end() || parents->second <= 0 || listing.expected <= 0) return 0;
  const std::int64_t page = context_.config.http.page_size;
  const double rows_of_one =
      std::max(static_cast<double>(listing.expected) / static_cast<double>(parents->second), 1.0);
  // Some have more rows than others; what does not go onto one page costs another round trip.
  const double filled = static_cast<double>(page) * 7 / 8;
  const auto batch =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(filled / rows_of_one), 1, kMostParents);
  // A place is left for the listing of the parents.
  const auto at_once = static_cast<double>(context_.config.http.concurrency - 1);
  const double rows = at_once * static_cast<double>(batch) * rows_of_one;
  return 2 * rows >= 3 * static_cast<double>(page) ? batch : 0;
}

bool ProjectPass::suits_by_parent(const Endpoint& endpoint, const store::Listing& listing) const {
  if (context_.quick) return false;  // whose parents are listed before, and tell nobody
  if (listing.by_parent) return true;
  return endpoint.quick_by != nullptr && listing.asset_ids.empty() && listing.cursor.empty() &&
         !context_.request.dry_run &&
         context_.config.http.requests_per_second <= 0 &&  // it asks more often
         listing.expected >= kFewestPages * context_.config.http.page_size &&
         context_.distance_ms && context_.distance_ms() >= kLeastDistanceMs &&
         parents_per_request(endpoint, listing) > 0;
}

bool ProjectPass::read_by_parent(const Endpoint& endpoint, store::Listing& listing) {
  context_.writer.run([&](store::Store&) { listing.by_parent = true; });
  try {
    if (!read_batches(endpoint, listing)) return false;
  } catch (const UnfitBatch&) {
    return false;
  } catch (const Error& error) {
    if (!is_refused(error)) throw;
    log::debug("listing page by page: " + std::string(error.what()), {{"project", name_}});
    return false;
  }
  auto answer =
      std::async(kBesideUs, [this] { return context_.client.project(id_, context_.stop); });
  const std::int64_t met = context_.writer.run([&](store::Store& store) {
    count(store.listings.settle(listing), 0);
    return listing.problem.empty() ? listing.seen.total() : -1;
  });
  // Meanwhile, though it is not known yet whether the rows come once more.
  make_indexes(endpoint, listing);
  RowBatch project(objects::projects);
  std::vector<UnreadableRow> unreadable;
  Decoder::of(objects::projects).decode_object(answer.get(), {}, project, unreadable);
  const bool whole =
      unreadable.empty() && met == listing.expected && counts_in(project)[endpoint.table] == met;
  if (!whole) {
    log::info("the project's own count is another than that of its assets; listing " +
                  std::string(endpoint.table->name) + " page by page",
              {{"project", name_}, {"here", met}, {"server", listing.expected}});
  }
  return whole;
}

bool ProjectPass::read_batches(const Endpoint& endpoint, store::Listing& listing) {
  try {
    return read_batches(endpoint, listing, kLongLine);
  } catch (const Error& error) {
    if (!is_refused(error)) throw;
    log::debug("asking for fewer assets at once: " + std::string(error.what()),
               {{"project", name_}});
  }
  return read_batches(endpoint, listing, kShortLine);
}

// Goes on behind the last batch that was written. False where it cannot be the whole of it.
bool ProjectPass::read_batches(const Endpoint& endpoint, store::Listing& listing,
                               std::size_t longest_line) {
  // A place is left for the listing of the parents: its next page is what all others wait for.
  const std::size_t at_once = std::clamp<std::size_t>(
      static_cast<std::size_t>(context_.config.http.concurrency) - 1, 1, kMostBatches);
  const std::int64_t size = std::max<std::int64_t>(parents_per_request(endpoint, listing), 1);
  const std::int64_t behind = text::parse_number<std::int64_t>(listing.cursor).value_or(0);
  ParentsInOrder parents(*this, *endpoint.quick_by, behind, static_cast<std::size_t>(size),
                         longest_line);
  PagesInWriting writing(context_.writer);
  std::deque<ParentBatch> coming;
  std::string cursor = listing.cursor;  // of what was handed to the writer
  std::future<void> indexes;            // of the parents, made while the last batches are coming
  do {
    while (coming.size() < at_once) {
      std::optional<ParentBatch> batch = parents.next(coming.empty());
      if (!batch || batch->ids.empty()) break;
      coming.push_back(std::move(*batch));
      const std::vector<std::string> ids = coming.back().ids;
      const auto request = [this, &endpoint, &listing, ids] {
        return fetch_all(endpoint, ids, listing.known);
      };
      coming.back().pages = std::async(kBesideUs, request);
    }
    if (coming.empty()) break;
    const objects::Table& of = *endpoint.quick_by;
    if (parents.all_taken() && !indexes.valid() && fills_no_more(of, 0)) {
      indexes = context_.writer.post([&of](store::Store& store) { store.make_indexes(of); });
    }
    if (!write_batch(endpoint, listing, coming.front(), cursor, writing)) return false;
    coming.pop_front();
  } while (true);
  writing.finish();
  if (indexes.valid()) indexes.get();
  return parents.whole();
}

std::vector<ProjectPass::ListedPage> ProjectPass::fetch_all(const Endpoint& endpoint,
                                                            const std::vector<std::string>& parents,
                                                            const KnownSet& known) {
  std::vector<ListedPage> pages;
  do {
    if (pages.size() == kMostPages) throw UnfitBatch();
    const std::string cursor = pages.empty() ? std::string() : pages.back().next;
    pages.push_back(fetch(endpoint, parents, cursor, known));
  } while (!pages.back().next.empty());
  return pages;
}

// The pages of a batch are one: its cursor comes with the last of them. False when the server gives
// rows of other parents.
bool ProjectPass::write_batch(const Endpoint& endpoint, store::Listing& listing, ParentBatch& batch,
                              std::string& cursor, PagesInWriting& writing) {
  const std::set<std::string, std::less<>> parents(batch.ids.begin(), batch.ids.end());
  const std::size_t parent = endpoint.table->at("asset_id");
  std::vector<ListedPage> pages = batch.pages.get();
  for (ListedPage& page : pages) {
    if (page.next.empty()) cursor = std::to_string(batch.last_rowid);
    if (page.known != nullptr) {
      hand_over(endpoint, listing, std::move(page), cursor, writing);
      continue;
    }
    DecodedPage decoded = decode(endpoint, std::move(page));
    for (std::size_t i = 0; i < decoded.rows.size(); ++i) {
      if (!parents.contains(decoded.rows.row(i)[parent].text())) return false;
    }
    hand_over(listing, std::move(decoded), cursor, writing);
  }
  return true;
}

}  // namespace nexus_mirror::sync
