#include "store/known_pages.h"

#include <string_view>
#include <vector>

#include "store/listings.h"
#include "store/session.h"
#include "store/statement.h"
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
  RowRuns runs;
  while (!text.empty()) {
    const auto first = text::take_number<std::int64_t>(text);
    if (!first || !text.starts_with('+')) return {};
    text.remove_prefix(1);
    const auto rows = text::take_number<std::int64_t>(text);
    if (!rows || *rows <= 0 || *rows > kMostRows || !(text.empty() || text.starts_with(' ')))
      return {};
    if (!text.empty()) text.remove_prefix(1);
    runs.push_back({*first, *rows});
  }
  return runs;
}

}  // namespace

bool KnownPages::suits(const objects::Table& table) {
  return table.storage == objects::Storage::bulk && table.link.empty() && table.children.empty();
}

std::shared_ptr<const KnownPageSet> KnownPages::load(const std::string& project_id,
                                                     const objects::Table& table) {
  auto set = std::make_shared<KnownPageSet>();
  Statement& select = session_.statement(
      "SELECT runs, rows_digest, etag, next, digest, request FROM page_digests "
      "WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id)).bind(2, table.name);
  while (select.step()) {
    KnownPage& page = set->pages_.emplace_back();
    page.runs = runs_of(select.text(0));
    page.rows = select.text(1);
    page.etag = select.text(2);
    page.next = select.text(3);
    set->answers_[std::string(select.text(4))] = &page;
    if (!page.etag.empty()) set->requests_[std::string(select.text(5))] = &page;
  }
  return set;
}

bool KnownPages::holds(const objects::Table& table, const KnownPage& page) {
  return !page.runs.empty() && session_.appender(table).digest_of(page.runs) == page.rows;
}

bool KnownPages::may_remember(const Listing& listing, const objects::RowBatch& rows,
                              const PageDigests& digests) const {
  std::int64_t marked = 0;
  for (const RowRun& run : listing.seen.runs()) marked += run.rows;
  return !digests.answer.empty() && marked > 0 && marked == static_cast<std::int64_t>(rows.size());
}

void KnownPages::remember(Listing& listing, const objects::RowBatch& rows,
                          const PageDigests& digests) {
  if (!may_remember(listing, rows, digests)) return;
  const RowRuns& runs = listing.seen.runs();
  const std::string lie = text_of(runs);
  Statement& put = session_.statement(
      "INSERT OR REPLACE INTO page_digests(project_id, entity, first_row, runs, digest, "
      "rows_digest, request, etag, next) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
  put.bind(3, runs.front().first).bind(4, std::string_view(lie));
  put.bind_blob(5, digests.answer).bind_blob(6, digests.rows);
  if (digests.etag.empty()) {
    for (const int parameter : {7, 8, 9}) put.bind_null(parameter);
  } else {
    put.bind_blob(7, digests.request).bind(8, std::string_view(digests.etag));
    put.bind(9, std::string_view(digests.next));
  }
  put.run();
  listing.met_pages.insert(runs.front().first);
}

void KnownPages::forget_others(const Listing& listing) {
  if (!listing.known || !listing.from_start) return;
  std::vector<std::int64_t> gone;
  listing.known->for_each([&](const KnownPage& page) {
    const std::int64_t first = page.runs.empty() ? 0 : page.runs.front().first;
    if (!listing.met_pages.contains(first)) gone.push_back(first);
  });
  if (gone.empty()) return;
  Session::Transaction transaction(session_);
  Statement& remove = session_.statement(
      "DELETE FROM page_digests WHERE project_id = ? AND entity = ? AND first_row = ?");
  for (const std::int64_t row : gone) {
    remove.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
    remove.bind(3, row).run();
  }
  transaction.commit();
}

}  // namespace nexus_mirror::store
