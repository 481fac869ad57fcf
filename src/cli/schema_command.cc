#include "cli/schema_command.h"

#include <string_view>
#include <vector>

#include "config/spelling.h"
#include "store/schema_doc.h"
#include "text/joined.h"

namespace nexus_mirror::cli {

ExitCode run_schema(const SchemaOptions& options, CommandContext& context) {
  std::vector<store::ColumnDoc> shown;
  std::vector<std::string_view> tables;
  std::string_view previous;
  for (const store::ColumnDoc& each : store::schema_documentation()) {
    if (each.table != previous) tables.push_back(each.table);
    previous = each.table;
    if (options.table.empty() || each.table == options.table) shown.push_back(each);
  }
  if (shown.empty()) {
    throw Error(
        ErrorCode::usage, "looking up", "'" + options.table + "'",
        "the mirror has no such table or view",
        config::did_you_mean(options.table, tables, "there are: " + text::joined(tables, " ")));
  }
  const auto writer = make_row_writer(options.format, context.out, {{}, {"type"}});
  writer->begin({"table", "column", "type", "meaning"});
  for (const store::ColumnDoc& each : shown) {
    writer->row({std::string(each.table), std::string(each.column), std::string(each.type),
                 std::string(each.meaning)});
  }
  writer->end();
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
