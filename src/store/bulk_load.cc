#include "store/bulk_load.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "nexus_mirror/error.h"
#include "store/per_table.h"
#include "store/row_blob.h"

namespace nexus_mirror::store {
namespace {

using objects::RowBatch;
using objects::Table;

// To make the indexes anew reads and writes all rows of the table; a row that comes directly writes
// some pages. So many rows that are there are worth one that comes.
constexpr std::int64_t kRowsPerRow = 30;

bool are_many(std::int64_t coming, std::int64_t there) {
  return coming > 0 && coming >= there / kRowsPerRow;
}

constexpr std::int64_t kBytesPerRow = 256;
// Of one listing. With ten million keys one in 500 has to wait.
constexpr std::size_t kMostFilterBytes = 10 << 20;
constexpr std::int64_t kFewestKeys = 10'000;

std::string_view id_of(const RowBatch& rows, std::size_t index) {
  return rows.row(index)[rows.table().at(rows.table().id)].text();
}

}  // namespace

// Before each page: another listing of the table may have needed its indexes.
void BulkLoad::choose(Listing& listing) {
  const Table& table = *listing.table;
  const bool away = session_.indexes().away(table);
  const bool decided = listing.place == LoadPlace::direct || listing.place == LoadPlace::aside ||
                       (listing.place == LoadPlace::table && away);
  if (decided) return;
  const auto number = [&](const char* sql) {
    return session_.database().number(per_table(sql, table, ""));
  };
  const bool anew = listing.place == LoadPlace::undecided && listing.inserted == 0 &&
                    listing.seen.count() == 0 && !waits(listing);
  if (table.storage != objects::Storage::bulk || !listing.asset_ids.empty()) {
    listing.place = LoadPlace::direct;
  } else if (anew && (away || number("SELECT max(rowid) FROM ") == 0) &&
             session_.indexes().fills_first(table, listing.project_id)) {
    if (!away) {
      drop_orphans(listing);
      session_.indexes().drop(table);
    }
    listing.place = LoadPlace::table;
    listing.first_rowid = number("SELECT ifnull(max(rowid), 0) + 1 FROM ");
  } else {
    const std::int64_t coming = listing.expected - listing.inserted;
    const bool many = are_many(coming, number("SELECT max(rowid) FROM "));
    listing.place = many || waits(listing) ? LoadPlace::aside : LoadPlace::direct;
  }
}

// Items that were left behind by rows which somebody else has deleted.
void BulkLoad::drop_orphans(const Listing& listing) {
  for (const objects::ChildList& list : listing.table->children) {
    const std::string parent(listing.table->name), key(list.table->parent_key);
    session_.database()
        .prepare(per_table("DELETE FROM ", *list.table, " AS c WHERE NOT EXISTS ") +
                 "(SELECT 1 FROM " + parent + " p WHERE p.id = c." + key +
                 " AND p.project_id = c.project_id)")
        .run();
  }
}

// Of what is here already; there is room for `keys` of them.
void BulkLoad::remember_keys(Listing& listing, std::int64_t keys) {
  listing.keys = std::make_unique<BloomFilter>(keys, kMostFilterBytes);
  Statement select = session_.database().prepare(
      per_table("SELECT id FROM ", *listing.table, " WHERE project_id = ? AND rowid >= ?"));
  select.bind(1, std::string_view(listing.project_id)).bind(2, listing.first_rowid);
  while (select.step()) listing.keys->add(select.text(0));
  for (const bool doubtful : {false, true}) {
    for_each_page(listing, doubtful, [&](const RowBatch& rows) {
      for (std::size_t i = 0; i < rows.size(); ++i) listing.keys->add(id_of(rows, i));
    });
  }
}

RowCounts BulkLoad::take(Listing& listing, const RowBatch& rows) {
  choose(listing);
  if (listing.place == LoadPlace::direct) return tables_.write(rows, &listing.seen, false);
  if (!listing.keys) remember_keys(listing, std::max(listing.expected, kFewestKeys));
  // More came than the server had counted: a filter that is full takes every row for a doubtful
  // one.
  if (listing.keys->full() && listing.keys->bytes() < kMostFilterBytes) {
    remember_keys(listing, 4 * listing.keys->keys());
  }
  std::vector<std::size_t> certain, doubtful;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (listing.keys->add(id_of(rows, i)) ? doubtful : certain).push_back(i);
  }
  if (listing.place == LoadPlace::table) {
    TableWriter& writer = session_.appender(*listing.table);
    for (const std::size_t i : certain) listing.seen.mark(writer.append(rows, i));
  } else {
    keep_aside(listing, rows, certain, false);
  }
  keep_aside(listing, rows, doubtful, true);
  return {static_cast<std::int64_t>(certain.size()), 0, 0};
}

void BulkLoad::keep_aside(Listing& listing, const RowBatch& rows,
                          const std::vector<std::size_t>& places, bool doubtful) {
  if (places.empty()) return;
  const std::string blob = rows_to_blob(rows, places);
  session_
      .statement(
          "INSERT INTO incoming(project_id, entity, page, doubtful, rows) SELECT ?1, ?2, "
          "ifnull(max(page), 0) + 1, ?3, ?4 FROM incoming WHERE project_id = ?1 AND entity = ?2")
      .bind(1, std::string_view(listing.project_id))
      .bind(2, listing.table->name)
      .bind(3, std::int64_t{doubtful})
      .bind_blob(4, blob)
      .run();
}

bool BulkLoad::waits(const Listing& listing) {
  Statement& select =
      session_.statement("SELECT 1 FROM incoming WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  return select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name).step();
}

// About.
std::int64_t BulkLoad::rows_aside(const Listing& listing) {
  Statement& select = session_.statement(
      "SELECT ifnull(sum(length(rows)), 0) FROM incoming WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name).step();
  return select.integer(0) / kBytesPerRow;
}

void BulkLoad::for_each_page(const Listing& listing, bool doubtful, const TakePage& take) {
  Statement select = session_.database().prepare(
      "SELECT rows FROM incoming WHERE project_id = ? AND entity = ? AND doubtful = ? "
      "ORDER BY page");
  select.bind(1, std::string_view(listing.project_id)).bind(2, listing.table->name);
  select.bind(3, std::int64_t{doubtful});
  RowBatch rows(*listing.table);
  while (select.step()) {
    go_on();
    rows.reset();
    rows_from_blob(select.text(0), rows);
    take(rows);
  }
}

RowCounts BulkLoad::settle(Listing& listing) {
  const bool unindexed =
      listing.place == LoadPlace::table && session_.indexes().away(*listing.table);
  RowCounts counts = unindexed ? settle_doubtful(listing) : put_in_places(listing);
  forget_pages(listing);
  listing.inserted += counts.inserted;
  return counts;
}

// Rows that are certain were counted when they came.
RowCounts BulkLoad::put_in_places(Listing& listing) {
  const Table& table = *listing.table;
  const std::int64_t rows = rows_aside(listing);
  const std::int64_t there =
      session_.database().number(per_table("SELECT max(rowid) FROM ", table, ""));
  const bool many = are_many(rows, there);
  // Where they are away they went in this sync, and what was left behind before.
  const bool kept = !session_.indexes().away(table);
  if (many) {
    if (kept) drop_orphans(listing);
    session_.indexes().drop(table);
  }
  for_each_page(listing, false, [&](const RowBatch& page) {
    if (!many) return static_cast<void>(tables_.write(page, &listing.seen, false));
    TableWriter& writer = session_.appender(table);
    for (std::size_t i = 0; i < page.size(); ++i) listing.seen.mark(writer.append(page, i));
  });
  // Triggers have kept the counts of the other projects up to here.
  if (many) session_.make_indexes(table, kept ? std::optional(listing.project_id) : std::nullopt);
  RowCounts counts;
  for_each_page(listing, true,
                [&](const RowBatch& page) { counts += tables_.write(page, &listing.seen, false); });
  return counts;
}

// Without an index the rows that this listing has appended are gone through once.
RowCounts BulkLoad::settle_doubtful(Listing& listing) {
  std::unordered_map<std::string, std::int64_t> rowids;
  for_each_page(listing, true, [&](const RowBatch& page) {
    for (std::size_t i = 0; i < page.size(); ++i) rowids[std::string(id_of(page, i))] = 0;
  });
  RowCounts counts;
  if (rowids.empty()) return counts;
  Statement scan = session_.database().prepare(
      per_table("SELECT rowid, id FROM ", *listing.table, " WHERE rowid >= ? AND project_id = ?"));
  scan.bind(1, listing.first_rowid).bind(2, std::string_view(listing.project_id));
  while (scan.step()) {
    const auto found = rowids.find(std::string(scan.text(1)));
    if (found != rowids.end()) found->second = scan.integer(0);
  }
  TableWriter& writer = session_.appender(*listing.table);
  std::vector<std::size_t> changed;
  for_each_page(listing, true, [&](const RowBatch& page) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      std::int64_t& rowid = rowids[std::string(id_of(page, i))];
      if (rowid == 0) {
        rowid = writer.append(page, i);
        ++counts.inserted;
      } else {
        writer.load(rowid);
        const Difference found = writer.compare(page, i, session_.renew_before, changed);
        if (found == Difference::update) ++counts.updated;
        if (found != Difference::none) writer.update(page, i, rowid, changed);
      }
      listing.seen.mark(rowid);
    }
  });
  return counts;
}

void BulkLoad::forget_pages(const Listing& listing) {
  session_.statement("DELETE FROM incoming WHERE project_id = ? AND entity = ?")
      .bind(1, std::string_view(listing.project_id))
      .bind(2, listing.table->name)
      .run();
}

void BulkLoad::drop(Listing& listing) {
  for_each_page(listing, false, [&](const RowBatch& page) {
    listing.inserted -= static_cast<std::int64_t>(page.size());
  });
  forget_pages(listing);
  listing.place = LoadPlace::undecided;
  listing.keys.reset();
}

void BulkLoad::go_on() const {
  if (!session_.go_on || session_.go_on()) return;
  throw Error(ErrorCode::interrupted, "giving rows their places in", "the mirror", "asked to stop",
              "the next sync goes on where this one ended");
}

}  // namespace nexus_mirror::store
