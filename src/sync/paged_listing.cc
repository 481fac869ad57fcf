// Pages in, differences out: the part of a pass that most rows go through.
//
// Three things go on at once: the next page is on its way, this one is decoded, and up to
// kPagesAhead before it wait for the writer. A page goes to the writer whole, its rows with the
// cursor behind them, and pages are applied in the order in which they came; from the first page on
// the writer's thread alone changes the listing. The cursor that is asked with runs ahead of the
// mirror's, which is that of the last page written: when one cannot be written, those behind it are
// dropped, so after a failure or a kill some pages are fetched again and no row is missed.
//
// Deletions are decided when all of it has come together: the last page, every page written, and no
// row that could not be told apart. A row that cannot be read but has its id counts as met; one
// without an id may be any, and then nothing is deleted.
#include <algorithm>
#include <future>
#include <set>

#include "log/log.h"
#include "sync/pages_in_writing.h"
#include "sync/project_pass.h"

namespace nexus_mirror::sync {

using nexus::Decoder;
using nexus::Endpoint;
using nexus::UnreadableRow;
using objects::RowBatch;

namespace {

constexpr int kRestarts = 3;  // of a listing whose cursor died; at once, for the server is well
// Since a page brought a row that the listing had not met. While others edit, rows move to later
// pages and come again.
constexpr int kStalePages = 100, kEmptyPages = 1000;
constexpr std::size_t kAssetsPerRequest = 50;  // keeps the request's line short

Error endless(const objects::Table& table, const std::string& what) {
  return Error(ErrorCode::bad_response, "listing", std::string(table.name),
               "the server sends " + what + " without end", "report it to the server's operator");
}

bool cursor_died(const Error& error) {
  return error.http_status() == 400 || error.http_status() == 404;
}

}  // namespace

ProjectPass::ListedPage ProjectPass::fetch(const Endpoint& endpoint,
                                           const std::vector<std::string>& asset_ids,
                                           const std::string& cursor) {
  nexus::ListQuery query;
  query.limit = context_.config.http.page_size;
  query.cursor = cursor;
  query.asset_ids = asset_ids;
  ListedPage page{context_.client.list(endpoint, id_, query, context_.stop), {}};
  page.next = page.document.next_page().value_or("");
  return page;
}

void ProjectPass::list_pages(const Endpoint& endpoint, std::vector<std::string> asset_ids) {
  auto listing = open_listing(*endpoint.table, std::move(asset_ids));
  if (listing.done) return;
  if (listing.read) return static_cast<void>(end_listing(endpoint, listing));
  const bool by_parent = suits_by_parent(endpoint, listing);
  if (by_parent && read_by_parent(endpoint, listing)) {
    return static_cast<void>(end_listing(endpoint, listing));
  }
  if (by_parent || listing.by_parent) {
    if (abandoned_) return;  // the server is silent: the next sync goes on
    context_.writer.run([&](store::Store& store) { store.listings.restart(listing); });
  }
  for (int restarts = 0;; ++restarts) {
    const bool began_with_cursor = !listing.cursor.empty();
    try {
      read_pages(endpoint, listing);
      return;
    } catch (const Error& error) {
      const bool cursor_in_use = began_with_cursor || !listing.cursor.empty();
      if (!cursor_died(error) || !cursor_in_use || restarts == kRestarts) throw;
      log::info("a page's cursor has expired; listing " + std::string(endpoint.table->name) +
                    " again from the first page",
                {{"project", name_}});
      context_.writer.run([&](store::Store& store) { store.listings.restart(listing); });
    }
  }
}

// While a page is decoded the next one is on its way, and the ones before are being written.
void ProjectPass::read_pages(const Endpoint& endpoint, store::Listing& listing) {
  const Decoder& decoder = Decoder::of(*endpoint.table);
  const auto ask = [&](const std::string& cursor) {
    const auto request = [this, &endpoint, &listing, cursor] {
      return fetch(endpoint, listing.asset_ids, cursor);
    };
    return std::async(kBesideUs, request);
  };
  std::set<std::size_t> cursors;  // hashes of those asked for
  PagesInWriting writing(context_.writer);
  cursors.insert(std::hash<std::string>()(listing.cursor));
  std::future<ListedPage> coming = ask(listing.cursor);
  for (bool last = false; !last;) {
    ListedPage page = coming.get();
    last = page.next.empty();
    if (!last) {
      if (!cursors.insert(std::hash<std::string>()(page.next)).second) {
        throw Error(ErrorCode::bad_response, "listing", std::string(endpoint.table->name),
                    "the server repeats a page's cursor, so the listing would never end",
                    "report it to the server's operator");
      }
      coming = ask(page.next);
    }
    auto rows = std::make_shared<RowBatch>(*endpoint.table);
    std::vector<UnreadableRow> unreadable;
    decoder.decode_list(page.document, decode_context(), *rows, unreadable);
    auto kept_out = report(unreadable, *endpoint.table);
    writing.add([this, &listing, rows, next = std::move(page.next), kept_out = std::move(kept_out)](
                    store::Store& store) { write_page(store, listing, *rows, next, kept_out); });
  }
  writing.finish();
  end_listing(endpoint, listing);
}

void ProjectPass::write_page(store::Store& store, store::Listing& listing, const RowBatch& rows,
                             const std::string& next, const store::KeptOut& kept_out) {
  listing.clock_ms = context_.env.monotonic_ms();
  count(store.listings.apply(listing, rows, next, kept_out),
        static_cast<std::int64_t>(rows.size()));
  progress_of(*listing.table).page_written();
  if (listing.by_parent) return;  // parents come to an end
  if (listing.stale_pages > kStalePages) {
    throw endless(*listing.table, "pages of rows that it has sent before");
  }
  if (listing.empty_pages > kEmptyPages) throw endless(*listing.table, "empty pages");
}

// A quick pass's listing of `endpoint`, with all that decides which rows it asks for: one after the
// other, so that nothing is asked before it is known.
void ProjectPass::list_quickly(const Endpoint& endpoint) {
  bool statistic_changed = false;
  run([&] { statistic_changed = update_project(); });
  run([&] {
    list(nexus::endpoint_of(*endpoint.quick_by));
    list_pending(endpoint, statistic_changed);
  });
}

// Rows of the assets whose status or statistic differ; all of them when the project's own count
// says that this cannot be the whole difference.
void ProjectPass::list_pending(const Endpoint& endpoint, bool statistic_changed) {
  if (list_all_) return list_pages(endpoint);
  const auto assets =
      context_.writer.run([&](store::Store& store) { return store.listings.pending_assets(id_); });
  if (std::find(assets.begin(), assets.end(), store::kAnyAsset) != assets.end()) {
    return list_pages(endpoint);
  }
  for (std::size_t begin = 0; begin < assets.size(); begin += kAssetsPerRequest) {
    const std::size_t end = std::min(begin + kAssetsPerRequest, assets.size());
    list_pages(endpoint, {assets.begin() + static_cast<std::ptrdiff_t>(begin),
                          assets.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  if (!statistic_changed || !annotations_) return;
  const std::int64_t here = context_.writer.run(
      [&](store::Store& store) { return store.tables.count(*endpoint.table, id_); });
  if (here != *annotations_) list_pages(endpoint);
}

}  // namespace nexus_mirror::sync
