#include "store/schema_doc.h"

#include "objects/table.h"
#include "store/views.h"

namespace nexus_mirror::store {
std::vector<ColumnDoc> schema_documentation() {
  std::vector<ColumnDoc> documentation;
  for (const objects::Table* table : objects::all_tables()) {
    documentation.push_back({table->name, "", "table", table->meaning});
    for (const objects::Field& field : table->fields) {
      documentation.push_back(
          {table->name, field.column, objects::sql_type(field.kind), field.meaning});
    }
    if (table->has_extra) {
      documentation.push_back({table->name, "extra", "TEXT",
                               "JSON object of the keys that nobody knew, where they stood"});
    }
  }
  for (const View& view : all_views()) {
    documentation.push_back({view.name, "", "view", view.meaning});
    for (const ViewColumn& column : view.columns) {
      documentation.push_back({view.name, column.name, column.type, column.meaning});
    }
  }
  return documentation;
}

}  // namespace nexus_mirror::store
