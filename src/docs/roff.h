// A manual page in roff's man macros, built line by line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus_mirror::docs {

// `text` so that roff prints just that, wherever it stands in a line.
std::string roff_text(std::string_view text);
// The same in bold, and in italics.
std::string bold(std::string_view text);
std::string italic(std::string_view text);

class ManPage {
 public:
  // `about` is what whatis(1) shows. `date` is YYYY-MM-DD, or empty for a page without one.
  ManPage(std::string_view name, int section, std::string_view date, std::string_view about);

  // What follows takes roff as it is: pass texts through the functions above.
  void section(std::string_view title);
  void subsection(std::string_view title);
  void paragraph(std::string_view roff);
  void item(std::string_view term, std::string_view roff);  // a term and, indented, what it is
  void more(std::string_view roff);                         // a further paragraph of an item
  void literal(const std::vector<std::string>& lines);      // printed as they are: plain text
  void see_also(const std::vector<std::pair<std::string, int>>& pages);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view macro);
  void text_line(std::string_view roff);
  void text_lines(std::string_view roff);

  std::string text_;
  bool titled_ = false;  // the last line is a title, which begins a paragraph by itself
};

}  // namespace nexus_mirror::docs
