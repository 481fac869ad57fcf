#include "cli/row_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/json_text.h"
#include "cli/table.h"
#include "cli/text.h"
#include "text/csv.h"

namespace nexus_mirror::cli {
namespace {

class CsvRows : public RowWriter {
 public:
  explicit CsvRows(Output& output) : output_(output) {}

  void begin(const std::vector<std::string>& columns) override {
    store::Row header;
    for (const std::string& name : columns) header.emplace_back(name);
    row(header);
  }

  void row(const store::Row& row) override {
    std::string line;
    for (const store::Value& value : row) {
      if (&value != &row.front()) line += ',';
      append(line, value);
    }
    // An empty line would be no record at all to most readers.
    if (line.empty()) line = "\"\"";
    output_.write(line += '\n');
  }

  void end() override {}

 private:
  static void append(std::string& line, const store::Value& value) {
    if (const auto* field = std::get_if<std::string>(&value)) {
      text::append_csv_field(line, *field);
    } else {
      line += format_value(value);
    }
  }

  Output& output_;
};

class JsonRows : public RowWriter {
 public:
  // `lines`: an object a line (ndjson) instead of an array.
  JsonRows(Output& output, RowStyle style, bool lines)
      : output_(output), style_(std::move(style)), lines_(lines) {}

  void begin(const std::vector<std::string>& columns) override {
    std::set<std::string> taken(columns.begin(), columns.end());
    std::set<std::string> used;
    for (const std::string& name : columns) {
      std::string key = name;
      for (int i = 2; used.count(key) > 0; ++i) {
        const std::string candidate = name + "_" + std::to_string(i);
        if (taken.count(candidate) == 0) key = candidate;
      }
      used.insert(key);
      taken.insert(key);
      embedded_.push_back(std::find(style_.json_columns.begin(), style_.json_columns.end(), name) !=
                          style_.json_columns.end());
      keys_.push_back(std::move(key));
    }
    if (!lines_) output_.write("[");
  }

  void row(const store::Row& row) override {
    json_.clear();
    json_.begin_object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      json_.key(keys_[i]);
      const auto* text = std::get_if<std::string>(&row[i]);
      if (embedded_[i] && text != nullptr) {
        write_embedded(json_, *text);
      } else {
        write_value(json_, row[i]);
      }
    }
    json_.end_object();
    if (!lines_) output_.write(first_ ? "\n" : ",\n");
    first_ = false;
    output_.write(json_.text());
    if (lines_) output_.write("\n");
  }

  void end() override {
    if (!lines_) output_.write(first_ ? "]\n" : "\n]\n");
  }

 private:
  Output& output_;
  RowStyle style_;
  bool lines_;
  bool first_ = true;
  std::vector<std::string> keys_;
  std::vector<bool> embedded_;  // by column
  text::JsonWriter json_;
};

}  // namespace

std::unique_ptr<RowWriter> make_row_writer(RowFormat format, Output& output, RowStyle style) {
  switch (format) {
    case RowFormat::csv:
      return std::make_unique<CsvRows>(output);
    case RowFormat::json:
      return std::make_unique<JsonRows>(output, std::move(style), false);
    case RowFormat::ndjson:
      return std::make_unique<JsonRows>(output, std::move(style), true);
    case RowFormat::table:
      break;
  }
  return std::make_unique<TableWriter>(output, std::move(style));
}

}  // namespace nexus_mirror::cli
