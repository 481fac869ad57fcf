// Settings as text: values as TOML, and what may be written.
#include <limits>

#include "config/settings.h"
#include "config/url_rules.h"
#include "text/hex.h"
#include "text/joined.h"
#include "text/number.h"
#include "text/quantity.h"

namespace nexus_mirror::config {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// A TOML basic string.
std::string toml_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.append("\\").append(1, c);
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += "\\u";
      text::append_hex(quoted, byte, 4, text::HexDigits::upper);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string toml_list(const std::vector<std::string>& values) {
  return "[" + text::joined(values, ", ", toml_text) + "]";
}

std::string shown_text(Kind kind, const std::string& text) {
  if (kind == Kind::secret) return text.empty() ? "" : "***";
  if (kind == Kind::proxy || kind == Kind::heartbeat) return mask_url(text);
  return text;
}

std::string_view kind_description(Kind kind) {
  switch (kind) {
    case Kind::text:
    case Kind::secret:
      return "text";
    case Kind::variable:
      return "the name of an environment variable";
    case Kind::credential:
      return "the name of a credential";
    case Kind::path:
    case Kind::other_path:
      return "a path, relative to this file's folder or from ~/";
    case Kind::endpoint:
    case Kind::proxy:
    case Kind::heartbeat:
      return "an address";
    case Kind::listen:
      return "host:port";
    case Kind::integer:
      return "a whole number";
    case Kind::real:
      return "a number";
    case Kind::boolean:
      return "true or false";
    case Kind::duration:
      return "a duration like \"90s\" or \"1h30m\"";
    case Kind::size:
      return "a size like \"64MiB\"";
    case Kind::mode:
      return "octal permission bits in quotes";
    case Kind::sync_mode:
      return "\"full\" or \"quick\"";
    case Kind::names:
    case Kind::some_names:
      return "a list of text";
    case Kind::formats:
      return "a list of formats";
    case Kind::statuses:
      return "a list of asset statuses";
    case Kind::command:
      return "a list: a program and its arguments";
  }
  return "";
}

std::string bound_text(Kind kind, std::int64_t bound) {
  if (kind == Kind::duration) return text::exact_duration(Milliseconds(bound));
  if (kind == Kind::size) return text::exact_size(bound);
  return std::to_string(bound);
}

}  // namespace

std::string toml_value(const Setting& setting, const Slot& slot) {
  return std::visit(
      Overloaded{
          [&](const std::string* text) { return toml_text(shown_text(setting.kind, *text)); },
          [](const std::filesystem::path* path) { return toml_text(path->string()); },
          [](const std::vector<std::string>* list) { return toml_list(*list); },
          [&](const std::int64_t* number) {
            return setting.kind == Kind::size ? toml_text(text::exact_size(*number))
                                              : std::to_string(*number);
          },
          [](const double* number) { return text::number_text(*number); },
          [](const bool* flag) { return std::string(*flag ? "true" : "false"); },
          [](const Milliseconds* duration) { return toml_text(text::exact_duration(*duration)); },
          [](const unsigned* mode) { return toml_text(text::exact_mode(*mode)); },
          [](const SyncMode* mode) {
            return toml_text(*mode == SyncMode::quick ? "quick" : "full");
          }},
      slot);
}

std::string default_value(const Setting& setting) {
  Config defaults;
  for (const Section& section : sections()) {
    if (section.repeated) section.append(defaults);
  }
  return toml_value(setting, setting.slot(defaults, 0));
}

std::string value_description(const Setting& setting) {
  std::string text(kind_description(setting.kind));
  if (setting.low == setting.high) return text;  // no bounds
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  if (setting.high == any) return text;
  return text + (setting.kind == Kind::duration || setting.kind == Kind::size ? ", " : " from ") +
         bound_text(setting.kind, setting.low) + " to " + bound_text(setting.kind, setting.high);
}

}  // namespace nexus_mirror::config
