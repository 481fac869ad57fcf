#include "transport/response_head.h"

#include <algorithm>

#include "text/ascii.h"
#include "text/number.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// The line at the start of `text`, which loses it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// "HTTP/1.1 200 OK"
void parse_status_line(std::string_view line, ResponseHead& head) {
  constexpr std::string_view kBegin = "HTTP/1.";
  constexpr std::size_t kVersion = kBegin.size() + 1;
  if (!line.starts_with(kBegin) || line.size() <= kVersion || line[kVersion] != ' ') {
    throw_no_http("its status line");
  }
  head.http11 = line[kVersion - 1] == '1';
  std::string_view rest = trimmed(line.substr(kVersion));
  head.status = text::take_number<int>(rest).value_or(0);
  const bool ends = rest.empty() || kBlanks.find(rest.front()) != std::string_view::npos;
  if (head.status < 100 || head.status > 599 || !ends) throw_no_http("its status line");
}

}  // namespace

std::string ResponseHead::get(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (text::equal_ignoring_case(field, name)) return value;
  }
  return {};
}

bool ResponseHead::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
    return text::equal_ignoring_case(field.first, name);
  });
}

ResponseHead parse_head(std::string_view text) {
  ResponseHead head;
  parse_status_line(take_line(text), head);
  bool goes_on = false;  // the line before was a field
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (kBlanks.find(line.front()) != std::string_view::npos) {
      if (goes_on) head.fields.back().second.append(" ").append(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    goes_on = colon != std::string_view::npos;
    if (goes_on) {
      head.fields.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
  }
  return head;
}

void throw_no_http(const std::string& reason) {
  throw Failure(Failure::Cause::unusable, "the answer is no HTTP: " + reason,
                "check the endpoint and what stands between");
}

}  // namespace nexus_mirror::transport
