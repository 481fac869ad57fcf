#include "docs/man_pages.h"
#include "docs/roff.h"
#include "store/schema_doc.h"

namespace nexus_mirror::docs {
namespace {

std::string sentence(std::string_view meaning) {
  return roff_text(meaning) + (meaning.ends_with('.') ? "" : ".");
}

void add_relations(ManPage& page, std::string_view type) {
  bool wanted = false;
  for (const store::ColumnDoc& line : store::schema_documentation()) {
    if (line.column.empty()) {
      wanted = line.type == type;
      if (!wanted) continue;
      page.subsection(line.table);
      page.paragraph(sentence(line.meaning));
    } else if (wanted) {
      page.item(bold(line.column) + " " + roff_text(line.type), sentence(line.meaning));
    }
  }
}

}  // namespace

std::string schema_page(const std::string& date) {
  ManPage page("nexus-mirror-schema", 7, date, "tables, views and columns of the mirror");
  page.section("DESCRIPTION");
  page.paragraph(
      "The mirror is an SQLite database in WAL mode: any reader of SQLite may open it at any time, "
      "also while a sync runs. Times are UNIX milliseconds, coordinates 0 to 1 of the image, truth "
      "values 0 and 1, lists and objects JSON text. NULL: the server did not say.");
  page.paragraph(bold("nexus-mirror schema") + " prints the same as a table, CSV or JSON.");
  page.section("TABLES");
  add_relations(page, "table");
  page.section("VIEWS");
  add_relations(page, "view");
  page.see_also({{"nexus-mirror", 1}, {"nexus-mirror.toml", 5}, {"sqlite3", 1}});
  return page.text();
}

}  // namespace nexus_mirror::docs
