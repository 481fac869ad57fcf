#include "fuzz/stored_rows.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <memory>

#include "fuzz/target.h"
#include "store/database.h"
#include "store/table_writer.h"
#include "text/utf8.h"

namespace nexus_mirror::fuzz {
namespace {

using objects::RowBatch;
using objects::Table;

void require_text(const RowBatch& rows) {
  const auto& fields = rows.table().fields;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      const objects::Cell& cell = rows.row(i)[column];
      const std::string_view text = cell.text();
      require(text::valid_utf8(text) == text, "stored text is UTF-8");
      const bool json = column >= fields.size() || fields[column].json();
      if (cell.null() || !json) continue;
      simdjson::dom::parser parser;
      require(parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS,
              "a JSON column holds JSON");
    }
  }
}

store::TableWriter& writer(const Table& table, store::Database& mirror) {
  static std::map<const Table*, std::unique_ptr<store::TableWriter>> writers;
  auto& found = writers[&table];
  if (!found) found = std::make_unique<store::TableWriter>(mirror, table);
  return *found;
}

}  // namespace

bool same_rows(const RowBatch& one, const RowBatch& other) {
  const auto same = [](const auto& these, const auto& those) {
    return std::equal(these.begin(), these.end(), those.begin(), those.end());
  };
  if (one.size() != other.size()) return false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (!std::equal(one.row(i), one.row(i) + one.columns(), other.row(i))) return false;
  }
  for (std::size_t list = 0; list < one.table().children.size(); ++list) {
    const auto &these = one.children(list), &those = other.children(list);
    if (these.ends != those.ends || !same(these.cells, those.cells)) return false;
  }
  return true;
}

void require_storable(const RowBatch& rows) {
  require_text(rows);
  static store::Database mirror(folder() / "mirror.db", store::Use::write);
  store::TableWriter& table = writer(rows.table(), mirror);
  mirror.execute("BEGIN");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t rowid = table.insert(rows, i);
    if (rowid == 0) continue;  // a row of the page has the same key
    require(table.find(rows, i) == rowid, "a stored row is found by its key");
    const objects::Cell* stored = table.current().row(0);
    require(std::equal(stored, stored + rows.columns(), rows.row(i)), "a row reads back equal");
    std::vector<std::size_t> changed;
    require(table.compare(rows, i, 0, changed) == store::Difference::none && changed.empty(),
            "a row is no different from itself");
  }
  mirror.execute("ROLLBACK");
}

}  // namespace nexus_mirror::fuzz
