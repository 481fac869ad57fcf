#include "cli/table.h"

#include <algorithm>
#include <utility>

#include "cli/text.h"
#include "text/counted.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kRowsForLayout = 1000;
constexpr std::size_t kNarrowest = 8;  // a text column is not shrunk below this
constexpr std::string_view kGap = "  ";

std::string padded(std::string text, std::size_t width, bool right) {
  const std::size_t used = display_width(text);
  if (used >= width) return text;
  const std::string space(width - used, ' ');
  return right ? space + text : text + space;
}

void without_trailing_space(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

TextTable::TextTable(Output& output, RowStyle style) : output_(output), style_(std::move(style)) {}

void TextTable::begin(const std::vector<std::string>& columns) {
  for (const std::string& name : columns) {
    Column column;
    column.name = printable(name);
    column.width = display_width(column.name);
    column.uncut = !output_.terminal().is_terminal ||
                   std::find(style_.uncut_columns.begin(), style_.uncut_columns.end(), name) !=
                       style_.uncut_columns.end();
    columns_.push_back(std::move(column));
  }
}

void TextTable::row(const store::Row& row) {
  ++count_;
  if (laid_out_) return print(row);
  waiting_.push_back(row);
  if (waiting_.size() >= kRowsForLayout) lay_out();
}

void TextTable::end() {
  if (!laid_out_) lay_out();
  if (!output_.terminal().is_terminal) return;
  output_.write('(' + text::counted(count_, "row") + ")\n");
}

void TextTable::lay_out() {
  laid_out_ = true;
  for (const store::Row& row : waiting_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      Column& column = columns_[i];
      if (std::holds_alternative<std::monostate>(row[i])) continue;
      column.has_value = true;
      if (std::holds_alternative<std::string>(row[i])) column.numeric = false;
      const std::string shown = printable(format_value(row[i]));
      column.width = std::max(column.width, display_width(shown));
    }
  }
  std::size_t total = columns_.empty() ? 0 : kGap.size() * (columns_.size() - 1);
  const std::size_t gaps = total;
  for (Column& column : columns_) {
    if (!column.has_value) column.numeric = false;
    total += column.width;
  }
  const Terminal& terminal = output_.terminal();
  if (terminal.is_terminal && total > terminal.width) {
    blocks_ = terminal.width <= gaps || !shrink_to(terminal.width - gaps);
  }
  if (!blocks_ || waiting_.empty()) {
    std::string names, rule;
    for (const Column& column : columns_) {
      const bool first = &column == &columns_.front();
      names += first ? std::string_view() : kGap;
      rule += first ? std::string_view() : kGap;
      names += padded(cell(column.name, column), column.width, column.numeric);
      rule.append(column.width, '-');
    }
    without_trailing_space(names);
    output_.write(names + '\n' + rule + '\n');
  }
  for (const store::Row& row : waiting_) print(row);
  waiting_ = {};
}

// Gives each text column at most an equal share of what the others leave. Returns false when that
// would make them unreadable.
bool TextTable::shrink_to(std::size_t available) {
  std::vector<Column*> texts;
  std::size_t least = 0;
  for (Column& column : columns_) {
    const bool gives_way = !column.numeric && !column.uncut;
    least += gives_way ? std::min(column.width, kNarrowest) : column.width;
    if (gives_way) {
      texts.push_back(&column);
    } else if (column.width <= available) {
      available -= column.width;
      least -= column.width;
    }
  }
  if (least > available) return false;
  std::stable_sort(texts.begin(), texts.end(),
                   [](const Column* a, const Column* b) { return a->width < b->width; });
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i]->width = std::min(texts[i]->width, available / (texts.size() - i));
    available -= texts[i]->width;
  }
  return true;
}

std::string TextTable::cell(const store::Value& value, const Column& column) const {
  std::string shown = printable(format_value(value));
  const bool cut = !column.uncut && std::holds_alternative<std::string>(value);
  return cut ? fit(shown, column.width, output_.terminal().utf8 ? "…" : "...") : shown;
}

void TextTable::print(const store::Row& row) {
  if (blocks_) return print_block(row);
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line += kGap;
    const bool number = !std::holds_alternative<std::string>(row[i]);
    line += padded(cell(row[i], columns_[i]), columns_[i].width, columns_[i].numeric && number);
  }
  without_trailing_space(line);
  output_.write(line += '\n');
}

void TextTable::print_block(const store::Row& row) {
  const Terminal& terminal = output_.terminal();
  std::size_t name_width = 0;
  for (const Column& column : columns_) {
    name_width = std::max(name_width, display_width(column.name));
  }
  name_width = std::min(name_width, std::max<std::size_t>(terminal.width / 3, kNarrowest));
  const std::size_t used = name_width + kGap.size();
  const std::string_view ellipsis = terminal.utf8 ? "…" : "...";
  std::string block;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::string value = printable(format_value(row[i]));
    if (!columns_[i].uncut) {
      value = fit(value, terminal.width > used ? terminal.width - used : 1, ellipsis);
    }
    std::string line = padded(fit(columns_[i].name, name_width, ellipsis), name_width, false);
    line.append(kGap).append(value);
    without_trailing_space(line);
    block += line + '\n';
  }
  output_.write(block += '\n');
}

}  // namespace nexus_mirror::cli
