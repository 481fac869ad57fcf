// Rows as a table for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/row_writer.h"

namespace nexus_mirror::cli {

// Prints rows under their column names, numbers to the right, control characters escaped. On a
// terminal a table is never wider than that: text columns give way fairly, numbers are never cut;
// where the columns do not fit at all, each row is a block of "name  value" lines. Elsewhere
// nothing is cut. The widths come from the first 1,000 rows, so memory does not grow with the
// result; on a terminal a last line tells the number of rows.
class TextTable : public RowWriter {
 public:
  TextTable(Output& output, RowStyle style);

  void begin(const std::vector<std::string>& columns) override;
  void row(const store::Row& row) override;
  void end() override;

 private:
  struct Column {
    std::string name;
    std::size_t width = 0;
    bool numeric = true;  // no value seen that is not a number
    bool has_value = false;
    bool uncut = false;
  };

  void lay_out();
  bool shrink_to(std::size_t available);
  void print(const store::Row& row);
  void print_block(const store::Row& row);
  std::string cell(const store::Value& value, const Column& column) const;

  Output& output_;
  RowStyle style_;
  std::vector<Column> columns_;
  std::vector<store::Row> waiting_;  // until the layout is decided
  bool laid_out_ = false;
  bool blocks_ = false;
  std::size_t count_ = 0;
};

}  // namespace nexus_mirror::cli
