#include "docs/roff.h"

#include "text/ascii.h"
#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

constexpr std::size_t kWidth = 78;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = text::upper(c);
  return result;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

std::string roff_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";  // a minus that can be copied, not a hyphen
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '"':
        result += "\\(dq";  // safe in an argument of a macro
        break;
      case '`':
        result += "\\(ga";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + roff_text(text) + "\\fR"; }

std::string italic(std::string_view text) { return "\\fI" + roff_text(text) + "\\fR"; }

ManPage::ManPage(std::string_view name, int section_number, std::string_view date,
                 std::string_view about) {
  line(".TH " + quoted(roff_text(upper(name))) + " " + std::to_string(section_number) + " " +
       quoted(date) + " " + quoted(roff_text("nexus-mirror " NEXUS_MIRROR_VERSION)) + " " +
       quoted(roff_text("nexus-mirror")));
  line(".nh");
  line(".ad l");
  section("NAME");
  text_line(roff_text(name) + " \\- " + roff_text(about));
}

void ManPage::section(std::string_view title) {
  line(".SH " + quoted(roff_text(upper(title))));
  titled_ = true;
}

void ManPage::subsection(std::string_view title) {
  line(".SS " + quoted(roff_text(title)));
  titled_ = true;
}

void ManPage::paragraph(std::string_view roff) {
  if (!titled_) line(".PP");
  text_lines(roff);
}

void ManPage::item(std::string_view term, std::string_view roff) {
  line(".TP");
  text_line(term);
  text_lines(roff);
}

void ManPage::more(std::string_view roff) {
  line(".br");
  text_lines(roff);
}

void ManPage::literal(const std::vector<std::string>& lines) {
  if (!titled_) line(".PP");
  line(".RS 4");
  line(".nf");
  for (const std::string& each : lines) text_line(roff_text(each));
  line(".fi");
  line(".RE");
}

void ManPage::see_also(const std::vector<std::pair<std::string, int>>& pages) {
  section("SEE ALSO");
  line(text::joined(pages, ",\n", [](const auto& page) {
    return ".BR " + roff_text(page.first) + " (" + std::to_string(page.second) + ")";
  }));
}

void ManPage::line(std::string_view macro) {
  text_.append(macro).append("\n");
  titled_ = false;
}

// A text that begins with a dot would be a macro.
void ManPage::text_line(std::string_view roff) {
  line(std::string(roff.starts_with('.') ? "\\&" : "").append(roff));
}

// The same, in lines that an editor shows whole.
void ManPage::text_lines(std::string_view roff) {
  while (roff.size() > kWidth) {
    auto space = roff.rfind(' ', kWidth);
    if (space == std::string_view::npos) space = roff.find(' ');
    if (space == std::string_view::npos) break;
    text_line(roff.substr(0, space));
    roff.remove_prefix(space + 1);
  }
  text_line(roff);
}

}  // namespace nexus_mirror::docs
