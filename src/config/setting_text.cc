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

std::string toml_list(const std::vector<std::string>& values) {
  return "[" + text::joined(values, ", ", toml_text) + "]";
}

std::string toml_sets(const GroupSets& sets) {
  if (sets.empty()) return "{}";
  std::vector<std::string> given;
  const auto add = [&](const char* set, const std::vector<std::string>& groups) {
    if (!groups.empty()) given.push_back(set + (" = " + toml_list(groups)));
  };
  add("train", sets.train);
  add("validate", sets.validate);
  add("test", sets.test);
  return "{ " + text::joined(given, ", ") + " }";
}

std::string shown_text(SettingKind kind, const std::string& text) {
  if (kind == SettingKind::secret) return text.empty() ? "" : "***";
  if (kind == SettingKind::proxy || kind == SettingKind::heartbeat) return mask_url(text);
  return text;
}

std::string_view kind_description(SettingKind kind) {
  switch (kind) {
    case SettingKind::text:
    case SettingKind::secret:
      return "text";
    case SettingKind::variable:
      return "the name of an environment variable";
    case SettingKind::credential:
      return "the name of a credential";
    case SettingKind::path:
    case SettingKind::other_path:
      return "a path, relative to this file's folder or from ~/";
    case SettingKind::endpoint:
    case SettingKind::proxy:
    case SettingKind::heartbeat:
      return "an address";
    case SettingKind::listen:
      return "host:port";
    case SettingKind::integer:
      return "a whole number";
    case SettingKind::real:
      return "a number";
    case SettingKind::boolean:
      return "true or false";
    case SettingKind::duration:
      return "a duration like \"90s\" or \"1h30m\"";
    case SettingKind::other_duration:
      return "a duration like \"90s\" or \"1h30m\", or \"\"";
    case SettingKind::size:
      return "a size like \"64MiB\"";
    case SettingKind::mode:
      return "octal permission bits in quotes";
    case SettingKind::sync_mode:
      return "\"full\" or \"quick\"";
    case SettingKind::names:
    case SettingKind::some_names:
      return "a list of text";
    case SettingKind::formats:
      return "a list of formats";
    case SettingKind::kinds:
      return "a list of tables that a sync can do without";
    case SettingKind::statuses:
      return "a list of asset statuses";
    case SettingKind::command:
      return "a list: a program and its arguments";
    case SettingKind::sets:
      return "a table of lists of groups: train, validate, test";
    case SettingKind::split_by:
      return "\"asset\", \"group\", \"filename:REGEX\" or \"metadata:KEY\"";
  }
  return "";
}

bool is_duration(SettingKind kind) {
  return kind == SettingKind::duration || kind == SettingKind::other_duration;
}

std::string bound_text(SettingKind kind, std::int64_t bound) {
  if (is_duration(kind)) return text::exact_duration(Milliseconds(bound));
  if (kind == SettingKind::size) return text::exact_size(bound);
  return std::to_string(bound);
}

}  // namespace

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

std::string toml_value(const Setting& setting, const SettingSlot& slot) {
  return std::visit(
      Overloaded{
          [&](const std::string* text) { return toml_text(shown_text(setting.kind, *text)); },
          [](const std::filesystem::path* path) { return toml_text(path->string()); },
          [](const std::vector<std::string>* list) { return toml_list(*list); },
          [&](const std::int64_t* number) {
            return setting.kind == SettingKind::size ? toml_text(text::exact_size(*number))
                                                     : std::to_string(*number);
          },
          [](const double* number) { return text::number_text(*number); },
          [](const bool* flag) { return std::string(*flag ? "true" : "false"); },
          [&](const Milliseconds* duration) {
            const bool unset =
                setting.kind == SettingKind::other_duration && duration->count() == 0;
            return toml_text(unset ? "" : text::exact_duration(*duration));
          },
          [](const unsigned* mode) { return toml_text(text::exact_mode(*mode)); },
          [](const SyncMode* mode) {
            return toml_text(*mode == SyncMode::quick ? "quick" : "full");
          },
          [](const GroupSets* sets) { return toml_sets(*sets); }},
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
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  if (setting.high == kAny) return text;
  return text + (is_duration(setting.kind) || setting.kind == SettingKind::size ? ", " : " from ") +
         bound_text(setting.kind, setting.low) + " to " + bound_text(setting.kind, setting.high);
}

}  // namespace nexus_mirror::config
