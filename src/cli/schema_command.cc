#include "cli/schema_command.h"

#include "store/schema_doc.h"

namespace nexus_mirror::cli {

ExitCode run_schema(const SchemaOptions& options, CommandContext& context) {
  std::vector<store::ColumnDoc> shown;
  std::string tables;
  std::string_view previous;
  for (const store::ColumnDoc& each : store::schema_documentation()) {
    if (each.table != previous) (tables += tables.empty() ? "" : " ") += each.table;
    previous = each.table;
    if (options.table.empty() || each.table == options.table) shown.push_back(each);
  }
  if (shown.empty()) {
    throw Error(ErrorCode::usage, "looking up", "'" + options.table + "'",
                "the mirror has no such table or view", "there are: " + tables);
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
