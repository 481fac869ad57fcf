#include "cli/help_text.h"

#include <sstream>

#include "cli/text.h"

namespace nexus_mirror::cli {
namespace {

// Where a line that is broken goes on: below the description of an option or command, else below
// its own first letter.
std::size_t indent_of(const std::string& line, std::size_t column) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string::npos || begin >= column) return column;
  const bool described = begin > 0 && line.size() > column && line[column - 1] == ' ';
  return described ? column : begin;
}

void append_fitted(std::string& text, std::string line, std::size_t column, std::size_t width) {
  const std::size_t indent = indent_of(line, column);
  while (display_width(line) > width && width > indent + 10) {
    std::size_t end = line.rfind(' ', width);
    if (end == std::string::npos || end <= indent) break;
    const std::size_t next = line.find_first_not_of(' ', end);
    text.append(line, 0, end).append("\n");
    line = std::string(indent, ' ') + line.substr(next);
  }
  text.append(line).append("\n");
}

}  // namespace

std::string fitted_help(const std::string& help, std::size_t column, std::size_t width) {
  std::string text;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    append_fitted(text, std::move(line), column, width);
  }
  return text;
}

}  // namespace nexus_mirror::cli
