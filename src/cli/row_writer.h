// Rows of a result on their way out, in the format that the user asked for.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"
#include "store/reader.h"

namespace nexus_mirror::cli {

enum class RowFormat { table, csv, json, ndjson };

// What a command knows of its columns; by column name.
struct RowStyle {
  std::vector<std::string> json_columns;   // hold JSON text: embedded as such in JSON
  std::vector<std::string> uncut_columns;  // whole in a table, whatever the terminal's width
};

// begin() once, row() for each row, end() once. Throws what Output throws. One thread at a time.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual void begin(const std::vector<std::string>& columns) = 0;
  virtual void row(const store::Row& row) = 0;
  virtual void end() = 0;
};

// - table: for people; see table.h.
// - csv: RFC 4180 with a header and LF line ends; NULL is empty, empty text is "".
// - json: one array of objects; ndjson: one object a line. Integers and reals are numbers (inf and
//   nan null), a second column of the same name gets "_2", always valid UTF-8.
// All but the table write each row at once.
std::unique_ptr<RowWriter> make_row_writer(RowFormat format, Output& output, RowStyle style = {});

}  // namespace nexus_mirror::cli
