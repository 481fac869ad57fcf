#include "store/known_pages.h"

#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "store/listings.h"
#include "store/session.h"
#include "store/statement.h"
#include "text/digest.h"
#include "text/joined.h"
#include "text/number.h"

namespace nexus_mirror::store {

namespace {

// "1+500 90001+1 501+499".
std::string text_of(const RowRuns& runs) {
  return text::joined(runs, " ", [](const RowRun& run) {
    return std::to_string(run.first) + "+" + std::to_string(run.rows);
  });
}

// None of a text that is none of these.
RowRuns runs_of(std::string_view text) {
  constexpr std::int64_t kMostRows = 1 << 20;  // more are on no page
  constexpr std::int64_t kLastRow = std::numeric_limits<std::int64_t>::max() - kMostRows;
  RowRuns runs;
  while (!text.empty()) {
    const auto first = text::take_number<std::int64_t>(text);
    if (!first || *first > kLastRow || !text.starts_with('+')) return {};
    text.remove_prefix(1);
    const auto rows = text::take_number<std::int64_t>(text);
    if (!rows || *rows <= 0 || *rows > kMostRows || !(text.empty() || text.starts_with(' ')))
      return {};
    if (!text.empty()) text.remove_prefix(1);
    runs.push_back({*first, *rows});
  }
  return runs;
}

constexpr int kFewToLearn = 8;
constexpr std::size_t kManyToWrite = 1000;  // pages: some 300 KiB in memory

// Columns of page_digests, the seal last. Text and blobs alike; NULL counts as empty.
std::string seal_of(std::initializer_list<std::string_view> columns) {
  text::Sha256 seal;
  for (const std::string_view column : columns) seal.update_field(column);
  return seal.bytes();
}

}  // namespace

bool KnownPages::suits(const objects::Table& table) {
  return table.storage == objects::Storage::bulk && table.link.empty() && table.children.empty();
}

std::shared_ptr<const KnownPageSet> KnownPages::load(const std::string& project_id,
                                                     const objects::Table& table) {
  auto set = std::make_shared<KnownPageSet>();
  Statement& select = session_.statement(
      "SELECT runs, digest, rows_digest, request, etag, next, by_parent, first_row, seal "
      "FROM page_digests WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id)).bind(2, table.name);
  while (select.step()) {
    KnownPage page;
    const auto text = [&](int column) { return std::string(select.text(column)); };
    page.runs = runs_of(text(0));
    page.rows = text(2);
    page.etag = text(4);
    page.next = text(5);
    const std::string digest = text(1), request = text(3);
    const std::string seal = seal_of({project_id, table.name, text(0), digest, page.rows, request,
                                      page.etag, page.next, text(6), text(7)});
    if (page.runs.empty() || seal != select.text(8)) continue;  // damaged: it is read as any other
    const KnownPage* const kept = &set->pages_.emplace_back(std::move(page));
    set->answers_[digest] = kept;
    if (!kept->etag.empty()) set->requests_[request] = kept;
  }
  return set;
}

bool KnownPages::holds(const objects::Table& table, const KnownPage& page) {
  return session_.appender(table).digest_of(page.runs) == page.rows;
}

bool KnownPages::is_worth_keeping(const Listing& listing) const {
  return listing.answers_known > 0 || listing.pages_learned < kFewToLearn;
}

bool KnownPages::learn(Listing& listing, const objects::RowBatch& rows,
                       const PageDigests& digests) {
  const RowRuns& runs = listing.seen.runs();
  std::int64_t marked = 0;
  for (const RowRun& run : runs) marked += run.rows;
  if (digests.answer.empty() || marked == 0 || marked != static_cast<std::int64_t>(rows.size())) {
    return false;
  }
  listing.met_pages.emplace(listing.by_parent, runs.front().first);
  listing.learned.push_back({listing.by_parent, runs, digests});
  ++listing.pages_learned;
  return true;
}

bool KnownPages::are_many_learned(const Listing& listing) {
  return listing.learned.size() >= kManyToWrite;
}

void KnownPages::keep_learned(Listing& listing) {
  for (const LearnedPage& page : listing.learned) put(listing, page);
  listing.learned.clear();
}

void KnownPages::put(const Listing& listing, const LearnedPage& page) {
  const PageDigests& digests = page.digests;
  const std::int64_t first = page.runs.front().first, by_parent = page.by_parent ? 1 : 0;
  const std::string lie = text_of(page.runs);
  const bool tagged = !digests.etag.empty();
  const std::string none;
  const std::string& request = tagged ? digests.request : none;
  const std::string& next = tagged ? digests.next : none;
  Statement& put = session_.statement(
      "INSERT OR REPLACE INTO page_digests(project_id, entity, by_parent, first_row, runs, digest, "
      "rows_digest, request, etag, next, seal) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
  put.bind(3, by_parent).bind(4, first).bind(5, std::string_view(lie));
  put.bind_blob(6, digests.answer).bind_blob(7, digests.rows);
  if (tagged) {
    put.bind_blob(8, request).bind(9, std::string_view(digests.etag));
    put.bind(10, std::string_view(next));
  } else {
    for (const int parameter : {8, 9, 10}) put.bind_null(parameter);
  }
  const std::string seal =
      seal_of({listing.project_id, listing.table->name, lie, digests.answer, digests.rows, request,
               digests.etag, next, std::to_string(by_parent), std::to_string(first)});
  put.bind_blob(11, seal).run();
}

void KnownPages::keep_met(Listing& listing) {
  const std::vector<Place> gone = unmet(listing);
  if (gone.empty() && listing.learned.empty()) return;
  Session::Transaction transaction(session_);
  Statement& remove = session_.statement(
      "DELETE FROM page_digests WHERE project_id = ? AND entity = ? AND (by_parent <> 0) = ? AND "
      "first_row = ?");
  for (const auto& [by_parent, row] : gone) {
    remove.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    remove.bind(3, std::int64_t{by_parent}).bind(4, row).run();
  }
  keep_learned(listing);
  transaction.commit();
}

// Those in the mirror that a listing of all pages did not meet.
std::vector<KnownPages::Place> KnownPages::unmet(const Listing& listing) {
  std::vector<Place> places;
  if (!listing.known || !listing.from_start) return places;
  Statement& select = session_.statement(
      "SELECT by_parent, first_row FROM page_digests WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
  while (select.step()) {
    const Place page(select.integer(0) != 0, select.integer(1));
    if (!listing.met_pages.contains(page)) places.push_back(page);
  }
  return places;
}

void KnownPages::forget(Listing& listing) {
  if (!listing.known) return;
  listing.known = std::make_shared<KnownPageSet>();
  listing.met_pages.clear();
  listing.learned.clear();
  listing.answers_known = 1;  // for those that come now are worth keeping
  Session::Transaction transaction(session_);
  session_.statement("DELETE FROM page_digests WHERE project_id = ? AND entity = ?")
      .bind(1, std::string_view(listing.project_id))
      .bind(2, listing.table->name)
      .run();
  transaction.commit();
}

}  // namespace nexus_mirror::store
