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
#include <mutex>
#include <set>

#include "log/log.h"
#include "store/row_blob.h"
#include "sync/pages_in_writing.h"
#include "sync/project_pass.h"
#include "text/digest.h"

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
constexpr std::size_t kLargePage = 1 << 20;    // bytes; of larger ones one is in memory at a time
constexpr std::size_t kAssetsPerRequest = 50;  // keeps the request's line short

// Of all listings of this process one parses and decodes at a time: a page that is parsed takes ten
// times its size in memory, and the writer, which takes them one by one, is slower.
std::mutex& decoding() {
  static std::mutex one;
  return one;
}

Error endless(const objects::Table& table, const std::string& what) {
  return Error(ErrorCode::bad_response, "listing", std::string(table.name),
               "the server sends " + what + " without end", "report it to the server's operator");
}

bool cursor_died(const Error& error) {
  return error.http_status() == 400 || error.http_status() == 404;
}

// RFC 9110, 8.8.3, in ASCII. "*" and lists would be the same as anything.
bool is_etag(std::string_view text) {
  return text.size() > 2 && std::count(text.begin(), text.end(), '"') == 2 &&
         (text.starts_with('"') || text.starts_with("W/\"")) && text.ends_with('"') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

store::PageDigests ProjectPass::digests_of_request(const nexus::ListQuery& query) const {
  text::Sha256 request;
  request.update(rules_for(query.asset_ids));
  request.update_field(std::to_string(query.limit));
  request.update_field(query.cursor);
  store::PageDigests digests;
  digests.request = request.bytes();
  return digests;
}

// Of which parents the rows are was seen when the answer was read.
std::string ProjectPass::rules_for(const std::vector<std::string>& asset_ids) const {
  text::Sha256 rules;
  rules.update(rules_);
  for (const std::string& id : asset_ids) rules.update_field(id);
  return rules.bytes();
}

// Not parsed: one that is known need not be.
ProjectPass::ListedPage ProjectPass::fetch(const Endpoint& endpoint,
                                           const std::vector<std::string>& asset_ids,
                                           const std::string& cursor, const KnownSet& known) {
  nexus::ListQuery query;
  query.limit = context_.config.http.page_size;
  query.cursor = cursor;
  query.asset_ids = asset_ids;
  store::PageDigests digests;
  const store::KnownPage* asked = nullptr;
  if (known && !rules_.empty()) {
    digests = digests_of_request(query);
    asked = known->asked(digests.request);
    if (asked != nullptr) query.etag = asked->etag;
  }
  ListedPage page{context_.client.page(endpoint, id_, query, context_.stop)};
  if (page.answer.unchanged()) {
    page.known = asked;
    page.next = asked->next;
    return page;
  }
  if (!digests.request.empty()) {
    digests.answer = page.answer.digest(rules_for(asset_ids));
    page.known = known->answered(digests.answer);
  }
  page.next = page.answer.next();
  if (is_etag(page.answer.etag())) digests.etag = page.answer.etag();
  digests.next = page.next;
  page.digests = std::move(digests);
  return page;
}

// Ends with the page: what it was parsed into is many times what is left of it.
ProjectPass::DecodedPage ProjectPass::decode(const Endpoint& endpoint, ListedPage page) {
  const std::lock_guard alone(decoding());
  DecodedPage decoded{RowBatch(*endpoint.table)};
  std::vector<UnreadableRow> unreadable;
  Decoder::of(*endpoint.table)
      .decode_list(page.answer.document(), decode_context(), decoded.rows, unreadable);
  decoded.kept_out = report(unreadable, *endpoint.table);
  decoded.digests = std::move(page.digests);
  if (!decoded.digests.answer.empty()) decoded.digests.rows = store::digest_of(decoded.rows);
  return decoded;
}

void ProjectPass::list_pages(const Endpoint& endpoint, std::vector<std::string> asset_ids) {
  auto listing = open_listing(*endpoint.table, std::move(asset_ids));
  if (listing.done) return;
  if (listing.read) return static_cast<void>(end_listing(endpoint, listing));
  const bool by_parent = suits_by_parent(endpoint, listing);
  for (bool again = by_parent; again;) {
    again = false;
    try {
      if (read_by_parent(endpoint, listing)) {
        return static_cast<void>(end_listing(endpoint, listing));
      }
    } catch (const UnheldPage&) {
      read_anew(listing);
      again = true;
    }
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
    } catch (const UnheldPage&) {
      read_anew(listing);
    } catch (const Error& error) {
      const bool cursor_in_use = began_with_cursor || !listing.cursor.empty();
      if (!cursor_died(error) || !cursor_in_use || restarts == kRestarts) throw;
      log::info("a page's cursor has expired; listing " + std::string(endpoint.table->name) +
                    " again from the first page",
                {{"project", name_}});
      // An answer that is as it was would have the dead cursor again.
      context_.writer.run([&](store::Store& store) { store.listings.read_anew(listing); });
    }
  }
}

// While a page is decoded the next one is on its way, and the ones before are being written.
void ProjectPass::read_pages(const Endpoint& endpoint, store::Listing& listing) {
  // Behind a page that needs no decoding there is nothing to do meanwhile, and no thread is begun.
  const auto ask = [&](const std::string& cursor, bool beside) {
    const auto request = [this, &endpoint, &listing, cursor] {
      return fetch(endpoint, listing.asset_ids, cursor, listing.known);
    };
    return std::async(beside ? kBesideUs : std::launch::deferred, request);
  };
  std::set<std::size_t> cursors;  // hashes of those asked for
  bool all_came = true;           // none of them out of an earlier sync
  PagesInWriting writing(context_.writer);
  cursors.insert(std::hash<std::string>()(listing.cursor));
  std::future<ListedPage> coming = ask(listing.cursor, true);
  for (bool last = false; !last;) {
    ListedPage page = coming.get();
    const std::string next = page.next;
    last = next.empty();
    const bool large = page.answer.bytes() > kLargePage;
    all_came = all_came && !page.answer.unchanged();
    if (!last) {
      if (!cursors.insert(std::hash<std::string>()(next)).second) {
        if (!all_came) throw UnheldPage();
        throw Error(ErrorCode::bad_response, "listing", std::string(endpoint.table->name),
                    "the server repeats a page's cursor, so the listing would never end",
                    "report it to the server's operator");
      }
      if (!large) coming = ask(next, page.known == nullptr);
    }
    hand_over(endpoint, listing, std::move(page), next, writing);
    if (large && !last) {
      writing.finish();
      coming = ask(next, false);
    }
  }
  writing.finish();
  end_listing(endpoint, listing);
}

// One that is known and lies there no more is decoded by the writer: it is seldom.
void ProjectPass::hand_over(const Endpoint& endpoint, store::Listing& listing, ListedPage page,
                            const std::string& cursor, PagesInWriting& writing) {
  if (page.known == nullptr) {
    DecodedPage decoded = decode(endpoint, std::move(page));  // whose end is the document's
    return hand_over(listing, std::move(decoded), cursor, writing);
  }
  auto kept = std::make_shared<ListedPage>(std::move(page));
  writing.add([this, &endpoint, &listing, kept, cursor](store::Store& store) {
    listing.clock_ms = context_.env.monotonic_ms();
    if (!store.listings.apply_known(listing, *kept->known, cursor)) {
      if (kept->answer.unchanged()) throw UnheldPage();
      const DecodedPage decoded = decode(endpoint, std::move(*kept));
      return write_page(store, listing, decoded, cursor);
    }
    if (kept->answer.unchanged()) listing.all_came = false;
    count({}, kept->known->row_count());
    page_written(listing);
  });
}

void ProjectPass::hand_over(store::Listing& listing, DecodedPage page, const std::string& cursor,
                            PagesInWriting& writing) {
  auto kept = std::make_shared<DecodedPage>(std::move(page));
  writing.add([this, &listing, kept, cursor](store::Store& store) {
    write_page(store, listing, *kept, cursor);
  });
}

void ProjectPass::write_page(store::Store& store, store::Listing& listing, const DecodedPage& page,
                             const std::string& cursor) {
  listing.clock_ms = context_.env.monotonic_ms();
  count(store.listings.apply(listing, page.rows, cursor, page.kept_out, page.digests),
        static_cast<std::int64_t>(page.rows.size()));
  page_written(listing);
}

// Without the question whether pages are as they were.
void ProjectPass::read_anew(store::Listing& listing) {
  log::info("pages that the server calls unchanged do not fit the mirror; listing " +
                std::string(listing.table->name) + " again from the first page",
            {{"project", name_}});
  context_.writer.run([&](store::Store& store) { store.listings.read_anew(listing); });
}

void ProjectPass::page_written(const store::Listing& listing) {
  progress_of(*listing.table).page_written();
  if (listing.by_parent) return;  // parents come to an end
  if (!listing.all_came && std::max(listing.stale_pages, listing.empty_pages) > kStalePages) {
    throw UnheldPage();
  }
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
