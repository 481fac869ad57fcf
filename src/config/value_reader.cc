#include "config/value_reader.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <stdexcept>

#include "config/spelling.h"
#include "config/url_rules.h"
#include "text/ascii.h"
#include "text/expression.h"
#include "text/hex.h"
#include "text/joined.h"
#include "text/quantity.h"

namespace nexus_mirror::config {
namespace {

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// People put the key where its place should be named; such a value must never be shown.
bool looks_like_key(std::string_view text) {
  return text.size() >= 32 && std::all_of(text.begin(), text.end(),
                                          [](char c) { return text::hex_value(c).has_value(); });
}

std::string variable_problem(std::string_view name) {
  const auto fits = [](char c) { return text::is_letter_or_digit(c) || c == '_'; };
  if (std::all_of(name.begin(), name.end(), fits) && !text::is_digit(name.front())) return "";
  return "must be the name of an environment variable, not the key";
}

std::string credential_problem(std::string_view name) {
  if (name.find('/') == std::string_view::npos && name != "." && name != "..") return "";
  return "must be the name of a credential, not a path";
}

// The server spells asset statuses in many ways.
std::optional<std::string> canonical_status(std::string_view text) {
  for (const std::string_view status : asset_statuses()) {
    if (text::folded(status) == text::folded(text)) return std::string(status);
  }
  return std::nullopt;
}

std::optional<std::string> known_format(std::string_view text) {
  const auto known = export_formats();
  if (std::find(known.begin(), known.end(), text) == known.end()) return std::nullopt;
  return std::string(text);
}

std::string unknown_word(std::string_view what, std::string_view word,
                         std::span<const std::string_view> known) {
  std::string message = "unknown " + std::string(what) + " " + in_quotes(word);
  if (const auto nearest = nearest_word(word, known)) {
    return message + " (did you mean " + in_quotes(*nearest) + "?)";
  }
  return message + "; there are " + text::joined(known, ", ");
}

std::string split_by_problem(std::string_view text) {
  constexpr std::string_view kFilename = "filename:", kMetadata = "metadata:";
  if (text == "asset" || text == "group") return "";
  if (text.starts_with(kMetadata)) {
    return text.size() > kMetadata.size() ? "" : "names no key behind metadata:";
  }
  if (!text.starts_with(kFilename)) {
    return "must be \"asset\", \"group\", \"filename:REGEX\" or \"metadata:KEY\", not " +
           in_quotes(text);
  }
  if (text.size() == kFilename.size()) return "names no regular expression behind filename:";
  try {
    const text::Expression expression{std::string(text.substr(kFilename.size()))};
  } catch (const std::invalid_argument& error) {
    return "holds a regular expression that cannot be read: " + std::string(error.what());
  }
  return "";
}

class ValueReader {
 public:
  ValueReader(const Setting& setting, const Node& node, const std::filesystem::path& folder,
              std::vector<Problem>& problems)
      : setting_(setting), node_(node), folder_(folder), problems_(problems) {}

  void operator()(std::string* value) {
    const auto* text = as_text();
    if (text == nullptr) return;
    if (text->empty()) return;
    if (const std::string problem = text_problem(*text); !problem.empty()) return reject(problem);
    *value = *text;
    if (setting_.kind == SettingKind::endpoint) {
      while (value->ends_with('/')) value->pop_back();
    }
  }

  void operator()(std::filesystem::path* value) {
    const auto* text = as_text();
    if (text == nullptr) return;
    if (text->empty()) {
      if (setting_.kind == SettingKind::path) reject("must not be empty");
      return;
    }
    if (has_control_characters(*text)) return reject("holds control characters");
    if (setting_.key == "secret_key_file" && looks_like_key(*text)) {
      return reject("must be the path of a file, not the key");
    }
    if (const auto problem = path_problem(*text); !problem.empty()) return reject(problem);
    *value = absolute_path(*text);
  }

  void operator()(std::vector<std::string>* value) {
    const auto* list = std::get_if<Array>(&node_.value);
    if (list == nullptr) {
      const auto* text = std::get_if<std::string>(&node_.value);
      return wrong_type("a list of text", text == nullptr ? "" : "put it in square brackets");
    }
    std::vector<std::string> read;
    bool usable = true;
    for (const Node& element : *list) {
      auto text = list_element(element, &element == &list->front());
      usable = usable && text.has_value();
      if (text && (setting_.kind == SettingKind::command || !contains(read, *text))) {
        read.push_back(std::move(*text));
      }
    }
    if (!usable) return;
    if (list->empty() && setting_.kind == SettingKind::some_names) {
      return reject("must name at least one; [\"*\"] is all");
    }
    *value = std::move(read);
  }

  void operator()(std::int64_t* value) {
    const auto* number = std::get_if<std::int64_t>(&node_.value);
    const auto* text = std::get_if<std::string>(&node_.value);
    std::optional<std::int64_t> read;
    if (setting_.kind == SettingKind::size) {
      if (number == nullptr && text == nullptr) return wrong_type("a size like \"64MiB\"", "");
      read = number != nullptr ? *number : text::parse_size(*text);
      if (!read) return reject("must be a size like \"64MiB\", not " + in_quotes(*text));
    } else {
      if (number == nullptr) {
        return wrong_type("a whole number", text == nullptr ? "" : "write it without quotes");
      }
      read = *number;
    }
    if (*read < setting_.low || *read > setting_.high) {
      return out_of_range(setting_.kind == SettingKind::size ? text::exact_size(*read)
                                                             : std::to_string(*read));
    }
    *value = *read;
  }

  void operator()(double* value) {
    double read = 0;
    if (const auto* number = std::get_if<std::int64_t>(&node_.value)) {
      read = static_cast<double>(*number);
    } else if (const auto* real = std::get_if<double>(&node_.value)) {
      read = *real;
    } else {
      const bool text = std::holds_alternative<std::string>(node_.value);
      return wrong_type("a number", text ? "write it without quotes" : "");
    }
    const bool within = read >= static_cast<double>(setting_.low) &&
                        read <= static_cast<double>(setting_.high);  // false for NaN
    if (!within) return reject("must be " + value_description(setting_));
    *value = read;
  }

  void operator()(bool* value) {
    if (const auto* flag = std::get_if<bool>(&node_.value)) {
      *value = *flag;
      return;
    }
    const auto* text = std::get_if<std::string>(&node_.value);
    const bool word = text != nullptr && (*text == "true" || *text == "false");
    wrong_type("true or false", word ? "write it without quotes" : "");
  }

  void operator()(Milliseconds* value) {
    if (const auto* number = std::get_if<std::int64_t>(&node_.value)) {
      return wrong_type("a duration in quotes", "write \"" + std::to_string(*number) +
                                                    (*number == 0 ? "\"" : "s\" for seconds"));
    }
    const auto* text = std::get_if<std::string>(&node_.value);
    if (text == nullptr) return wrong_type("a duration like \"90s\" or \"1h30m\"", "");
    if (text->empty() && setting_.kind == SettingKind::other_duration) {
      *value = Milliseconds(0);
      return;
    }
    const auto duration = text::parse_duration(*text);
    if (!duration) {
      return reject(
          "must be a duration like \"500ms\", \"90s\", \"15m\", \"24h\", \"7d\" or "
          "\"1h30m\", not " +
          in_quotes(*text));
    }
    if (duration->count() < setting_.low || duration->count() > setting_.high) {
      return out_of_range(in_quotes(*text));
    }
    *value = *duration;
  }

  void operator()(unsigned* value) {
    const auto* text = std::get_if<std::string>(&node_.value);
    if (text == nullptr) {
      return wrong_type("octal permission bits in quotes", "write \"0600\" or \"0640\"");
    }
    const auto mode = text::parse_mode(*text);
    if (!mode) {
      return reject("must be octal permission bits like \"0640\", not " + in_quotes(*text));
    }
    if ((*mode & ~0666U) != 0) return reject("must hold read and write bits only");
    if ((*mode & 0006U) != 0) return reject("must give others nothing: its last digit is 0");
    if ((*mode & 0600U) != 0600U) return reject("must let the owner read and write: \"06.0\"");
    *value = *mode;
  }

  void operator()(SyncMode* value) {
    const auto* text = std::get_if<std::string>(&node_.value);
    if (text == nullptr) return wrong_type("\"full\" or \"quick\"", "");
    if (*text != "full" && *text != "quick") {
      return reject("must be \"full\" or \"quick\", not " + in_quotes(*text));
    }
    *value = *text == "quick" ? SyncMode::quick : SyncMode::full;
  }

  void operator()(GroupSets* value) {
    const auto* table = std::get_if<TomlTable>(&node_.value);
    if (table == nullptr) {
      return wrong_type("a table like { train = [\"a\"], test = [\"b\"] }", "");
    }
    GroupSets read;
    const std::size_t before = problems_.size();
    for (const TomlEntry& entry : *table) {
      std::vector<std::string>* groups = set_of(entry.key, read);
      if (groups == nullptr) {
        problems_.push_back({entry.position, std::string(setting_.key) + ": " +
                                                 unknown_word("set", entry.key, kSets)});
        continue;
      }
      const Setting one{setting_.section, setting_.key, SettingKind::names, 0, 0, nullptr, {}};
      ValueReader(one, entry.value, folder_, problems_)(groups);
    }
    if (problems_.size() == before) *value = std::move(read);
  }

 private:
  static constexpr std::array<std::string_view, 3> kSets = {"train", "validate", "test"};

  // nullptr where there is no such set.
  static std::vector<std::string>* set_of(std::string_view name, GroupSets& sets) {
    if (name == kSets[0]) return &sets.train;
    if (name == kSets[1]) return &sets.validate;
    return name == kSets[2] ? &sets.test : nullptr;
  }

  void reject(const std::string& reason) {
    problems_.push_back({node_.position, std::string(setting_.key) + " " + reason});
  }

  void wrong_type(std::string_view wanted, std::string_view hint) {
    std::string reason = "must be " + std::string(wanted) + ", not ";
    reason += type_name(node_);
    if (!hint.empty()) reason.append("; ").append(hint);
    reject(reason);
  }

  void out_of_range(const std::string& shown) {
    reject("must be " + value_description(setting_) + ", not " + shown);
  }

  const std::string* as_text() {
    const auto* text = std::get_if<std::string>(&node_.value);
    if (text == nullptr) wrong_type("text", "write it in quotes");
    return text;
  }

  // `text` is not empty.
  std::string text_problem(const std::string& text) const {
    switch (setting_.kind) {
      case SettingKind::secret:
        if (text.starts_with('$')) {
          return "begins with $, and variables are not expanded here; name the variable with "
                 "secret_key_env";
        }
        return secret_problem(text);
      case SettingKind::variable:
        return looks_like_key(text) ? "must be the name of an environment variable, not the key"
                                    : variable_problem(text);
      case SettingKind::credential:
        if (looks_like_key(text)) return "must be the name of a credential, not the key";
        return has_control_characters(text) ? "holds control characters" : credential_problem(text);
      case SettingKind::endpoint:
        return endpoint_problem(text);
      case SettingKind::proxy:
        return proxy_problem(text);
      case SettingKind::heartbeat:
        return heartbeat_problem(text);
      case SettingKind::listen:
        return listen_problem(text);
      case SettingKind::split_by:
        return split_by_problem(text);
      default:
        return has_control_characters(text) ? "holds control characters" : "";
    }
  }

  // Why `text` cannot be taken for a path; empty when it can.
  static std::string path_problem(std::string_view text) {
    if (text.find('$') != std::string_view::npos) {
      return "holds a $, and variables are not expanded here; write the path out, or begin it with "
             "~/ for the home folder";
    }
    if (!text.starts_with('~')) return {};
    const std::string_view first = text.substr(0, text.find('/'));
    if (first != "~" && first.size() < text.size()) {
      return "begins with " + std::string(first) +
             "/, and of home folders only that of this user is known, as ~/; write the path out";
    }
    const char* home = std::getenv("HOME");
    if (first == "~" && (home == nullptr || *home == '\0')) {
      return "begins with ~/, but the environment variable HOME is not set";
    }
    return {};
  }

  // From the configuration file's folder, "~/" from the home folder. `text` has no path_problem().
  std::filesystem::path absolute_path(std::string_view text) const {
    std::filesystem::path path = text;
    if (text == "~" || text.starts_with("~/")) {
      path = std::filesystem::path(std::getenv("HOME")) /
             text.substr(std::min<std::size_t>(2, text.size()));
    }
    path = (folder_ / path).lexically_normal();
    return path.has_filename() ? path : path.parent_path();  // without a slash at the end
  }

  std::optional<std::string> list_element(const Node& element, bool first) {
    const auto fail = [&](const std::string& message) -> std::optional<std::string> {
      problems_.push_back({element.position, std::string(setting_.key) + ": " + message});
      return std::nullopt;
    };
    const auto* text = std::get_if<std::string>(&element.value);
    if (text == nullptr) {
      return fail("each element must be text, not " + std::string(type_name(element)));
    }
    const bool argument = setting_.kind == SettingKind::command && !first;
    if (text->empty() && !argument) return fail("an element is empty");
    if (text->find('\0') != std::string::npos) return fail("an element holds a zero byte");
    if (setting_.kind == SettingKind::formats) {
      if (auto format = known_format(*text)) return format;
      return fail(unknown_word("format", *text, export_formats()));
    }
    if (setting_.kind == SettingKind::statuses) {
      if (auto status = canonical_status(*text)) return status;
      return fail(unknown_word("asset status", *text, asset_statuses()));
    }
    if (setting_.kind == SettingKind::kinds) {
      const auto kinds = skippable_kinds();
      if (std::find(kinds.begin(), kinds.end(), *text) != kinds.end()) return *text;
      return fail(unknown_word("kind that can be skipped", *text, kinds));
    }
    if (setting_.kind == SettingKind::command && first) {
      if (const auto problem = path_problem(*text); !problem.empty()) {
        return fail("the program " + problem);
      }
      // One given with a path is found from the file's folder, not from where we run.
      if (text->find('/') != std::string::npos) return absolute_path(*text).string();
    }
    return *text;
  }

  static bool contains(const std::vector<std::string>& list, const std::string& text) {
    return std::find(list.begin(), list.end(), text) != list.end();
  }

  const Setting& setting_;
  const Node& node_;
  const std::filesystem::path& folder_;
  std::vector<Problem>& problems_;
};

}  // namespace

void read_value(const Setting& setting, const Node& node, const SettingSlot& slot,
                const std::filesystem::path& folder, std::vector<Problem>& problems) {
  std::visit(ValueReader(setting, node, folder, problems), slot);
}

}  // namespace nexus_mirror::config
