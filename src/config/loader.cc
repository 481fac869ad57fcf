#include "config/loader.h"

#include <algorithm>
#include <array>
#include <set>

#include "config/file_text.h"
#include "config/settings.h"
#include "config/spelling.h"
#include "config/value_reader.h"
#include "env/real_path.h"
#include "nexus_mirror/error.h"
#include "text/joined.h"

namespace nexus_mirror::config {
namespace {

constexpr std::string_view kMinimalWorkspace =
    "add the lines [[workspace]], name = \"my-team\" and secret_key_env = \"NEXUS_SECRET_KEY\"";

bool is_left_out(const Node& node) {
  const auto* text = std::get_if<std::string>(&node.value);
  return text != nullptr && text->empty();
}

// "[http]", "[[workspace]]"
std::string header_of(const Section& section) {
  return (section.repeated ? "[[" : "[") + std::string(section.name) +
         (section.repeated ? "]]" : "]");
}

class Loader {
 public:
  explicit Loader(const std::filesystem::path& file) : file_(file) { loaded_.config.file = file; }

  Loaded run() {
    FileText read;
    try {
      read = read_file(file_);
    } catch (const std::system_error& error) {
      add({}, "cannot be read: " + read_failure(error));
      return std::move(loaded_);
    }
    others_can_read_ = read.others_can_read;
    return run(read.text);
  }

  Loaded run(std::string_view text) {
    std::error_code ignored;  // the folder of a relative path, when even that fails
    folder_ = std::filesystem::absolute(file_, ignored).lexically_normal().parent_path();
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
      add({1, 1}, "the file is empty; " + std::string(kMinimalWorkspace));
      return std::move(loaded_);
    }
    const auto document = parse_document(text, loaded_.problems);
    if (!document) return std::move(loaded_);
    read_document(*document);
    // One mirror has one path, whatever links lead to it: its locks, -wal and -shm lie beside it.
    auto& database = loaded_.config.mirror.database;
    database = env::real_path(database);
    sort_by_position(loaded_.problems);
    return std::move(loaded_);
  }

 private:
  void add(TextPosition position, std::string message) {
    loaded_.problems.push_back({position, std::move(message)});
  }

  void read_document(const TomlTable& document) {
    bool has_workspace = false;
    for (const TomlEntry& entry : document) {
      const Section* section = find_section(entry.key);
      if (section == nullptr) {
        add(entry.position, unknown_section(entry));
      } else {
        const auto* array = std::get_if<Array>(&entry.value.value);
        const bool none = array != nullptr && array->empty();
        has_workspace = has_workspace || (section->name == "workspace" && !none);
        read_section(*section, entry);
      }
    }
    if (!has_workspace) {
      add({1, 1}, "no [[workspace]]; " + std::string(kMinimalWorkspace));
    }
    check_workspaces();
    check_splits();
  }

  std::string unknown_section(const TomlEntry& entry) {
    const bool is_value = !std::holds_alternative<TomlTable>(entry.value.value) &&
                          !std::holds_alternative<Array>(entry.value.value);
    std::vector<std::string_view> names, keys;
    for (const Section& section : sections()) names.push_back(section.name);
    for (const Setting& setting : settings()) keys.push_back(setting.key);
    std::string message =
        std::string("unknown ") + (is_value ? "key " : "section ") + in_quotes(entry.key);
    if (is_value) {
      if (const auto key = nearest_word(entry.key, keys)) {
        const auto section = std::find_if(settings().begin(), settings().end(),
                                          [&](const Setting& one) { return one.key == *key; });
        return message + " outside of any section (did you mean " + in_quotes(*key) + " in " +
               header_of(*find_section(section->section)) + "?)";
      }
    }
    if (const auto name = nearest_word(entry.key, names)) {
      return message + " (did you mean " + in_quotes(*name) + "?)";
    }
    return message + "; there are " + text::joined(names, ", ");
  }

  void read_section(const Section& section, const TomlEntry& entry) {
    const auto* table = std::get_if<TomlTable>(&entry.value.value);
    const auto* array = std::get_if<Array>(&entry.value.value);
    if (!section.repeated) {
      if (table != nullptr) return read_table(section, 0, *table);
      return add(entry.position,
                 std::string(section.name) +
                     " must be a section, written with single brackets: " + header_of(section));
    }
    const auto not_repeated = [&](TextPosition position) {
      add(position,
          std::string(section.name) + " must be written with two brackets: " + header_of(section));
    };
    if (array == nullptr) return not_repeated(entry.position);
    for (const Node& element : *array) {
      const auto* one = std::get_if<TomlTable>(&element.value);
      if (one == nullptr) {
        not_repeated(element.position);
        continue;
      }
      section.append(loaded_.config);
      if (section.name == "workspace") loaded_.workspaces.push_back(element.position);
      read_table(section, section.count(loaded_.config) - 1, *one);
    }
  }

  void read_table(const Section& section, std::size_t index, const TomlTable& table) {
    for (const TomlEntry& entry : table) {
      const Setting* setting = find_setting(section.name, entry.key);
      if (setting == nullptr) {
        add(entry.position, unknown_key(section, entry.key));
        continue;
      }
      if (!is_left_out(entry.value)) {
        loaded_.given[{section.name, index, setting->key}] = entry.value.position;
      }
      read_value(*setting, entry.value, setting->slot(loaded_.config, index), folder_,
                 loaded_.problems);
    }
  }

  static std::string unknown_key(const Section& section, std::string_view key) {
    std::vector<std::string_view> keys;
    for (const Setting& setting : settings_of(section.name)) keys.push_back(setting.key);
    const std::string message = "unknown key " + in_quotes(key) + " in " + header_of(section);
    for (const Setting& setting : settings()) {
      if (setting.key != key) continue;
      return message + " (it belongs in " + header_of(*find_section(setting.section)) + ")";
    }
    if (const auto nearest = nearest_word(key, keys)) {
      return message + " (did you mean " + in_quotes(*nearest) + "?)";
    }
    return message + "; there are " + text::joined(keys, ", ");
  }

  void check_splits() {
    constexpr double kRounding = 1e-9;  // 0.7 and 0.3 are not quite 1
    for (std::size_t i = 0; i < loaded_.config.exports.size(); ++i) {
      const ExportConfig& block = loaded_.config.exports[i];
      if (block.split_ratio + block.test_ratio <= 1 + kRounding) continue;
      add(loaded_.position("export", i, "test_ratio"),
          "split_ratio and test_ratio are more than 1 together; what they leave goes to train");
    }
  }

  void check_workspaces() {
    std::set<std::string> names;
    for (std::size_t i = 0; i < loaded_.config.workspaces.size(); ++i) {
      const WorkspaceConfig& workspace = loaded_.config.workspaces[i];
      if (!loaded_.given.contains({"workspace", i, "name"})) {
        add(loaded_.workspaces[i], "[[workspace]] needs a name");
      } else if (!workspace.name.empty() && !names.insert(workspace.name).second) {
        add(loaded_.position("workspace", i, "name"),
            "two workspaces have the name " + in_quotes(workspace.name));
      }
      check_keys(i);
    }
  }

  void check_keys(std::size_t index) {
    constexpr std::array<std::string_view, 4> kSources = {"secret_key_env", "secret_key_file",
                                                          "secret_credential", "secret_key"};
    const auto given = [&](std::string_view key) {
      return loaded_.given.contains({"workspace", index, key});
    };
    std::vector<std::string_view> used;
    for (const std::string_view source : kSources) {
      if (given(source)) used.push_back(source);
    }
    if (used.size() > 1) {
      add(loaded_.position("workspace", index, used.back()),
          "more than one place for the key: " + text::joined(used, ", ") + "; keep one");
    }
    const bool certificate = given("client_certificate");
    const bool certificate_key = given("client_key");
    if (certificate != certificate_key) {
      add(loaded_.position("workspace", index, certificate ? "client_certificate" : "client_key"),
          certificate ? "client_certificate needs client_key beside it"
                      : "client_key needs client_certificate beside it");
    }
    if (used.empty() && !certificate && !certificate_key) {
      add(loaded_.workspaces[index],
          "[[workspace]] has no key; set secret_key_env = \"NEXUS_SECRET_KEY\" (or "
          "secret_key_file, secret_credential, secret_key), or client_certificate and client_key");
    }
    if (given("secret_key") && others_can_read_) {
      add(loaded_.position("workspace", index, "secret_key"),
          "secret_key stands in a file that others can read; run chmod 600 " +
              one_line(file_.string()));
    }
  }

  const std::filesystem::path& file_;
  std::filesystem::path folder_;
  bool others_can_read_ = false;
  Loaded loaded_;
};

}  // namespace

TextPosition Loaded::position(std::string_view section, std::size_t index,
                              std::string_view key) const {
  const auto found = given.find({section, index, key});
  if (found != given.end()) return found->second;
  return section == "workspace" && index < workspaces.size() ? workspaces[index] : TextPosition{};
}

Loaded load(const std::filesystem::path& file) { return Loader(file).run(); }

Loaded load_text(const std::filesystem::path& file, std::string_view text) {
  return Loader(file).run(text);
}

std::string problem_text(const std::filesystem::path& file, const Problem& problem) {
  std::string place = file.string();
  if (problem.position.line > 0) {
    place +=
        ":" + std::to_string(problem.position.line) + ":" + std::to_string(problem.position.column);
  }
  return one_line(place + ": " + (problem.warning ? "warning: " : "") + problem.message);
}

void sort_by_position(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& one, const Problem& other) {
    return one.position < other.position;
  });
}

}  // namespace nexus_mirror::config
