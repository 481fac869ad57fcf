// Every setting of the configuration file, once: reading, checking, printing, suggestions and the
// manual page all come from this list. A new setting is a member in config.h and a line here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

// What a value may be and how it is written.
enum class SettingKind {
  text,
  variable,    // the name of an environment variable
  credential,  // the name of a systemd credential
  secret,      // never shown
  path,        // a file or folder, not empty; relative to the configuration file
  other_path,  // the same, "" = not set
  endpoint,    // an API's address
  proxy,       // a proxy's address
  heartbeat,   // an address to GET
  listen,      // host:port
  integer,     // within low..high
  real,        // within low..high
  boolean,
  duration,        // within low..high, in ms
  other_duration,  // the same, "" = not set
  size,            // within low..high, in bytes
  mode,            // permission bits
  sync_mode,       // "full" or "quick"
  names,           // a list of names, ids or globs
  some_names,      // the same, at least one
  formats,         // a list of export_formats()
  statuses,        // a list of asset_statuses()
  kinds,           // a list of skippable_kinds()
  command,         // a program and its arguments
  sets,            // the sets of a split by asset groups
  split_by,        // what a split must not tear apart
};

// Where a setting's value lives in a Config.
using SettingSlot =
    std::variant<std::string*, std::filesystem::path*, std::vector<std::string>*, std::int64_t*,
                 double*, bool*, Milliseconds*, unsigned*, SyncMode*, GroupSets*>;

struct Setting {
  std::string_view section;
  std::string_view key;
  SettingKind kind;
  std::int64_t low, high;  // for numbers, durations and sizes; 0 otherwise
  SettingSlot (*slot)(Config& config,
                      std::size_t index);  // index: of the [[section]], else ignored
  std::string_view meaning;                // one line
};

struct Section {
  std::string_view name;
  bool repeated;  // written [[name]]
  std::string_view meaning;
  std::size_t (*count)(const Config& config);  // how many the configuration has; 1 if not repeated
  void (*append)(Config& config);              // adds one with its defaults; null if not repeated
};

// Both in the order of the sample file. Valid for ever.
std::span<const Section> sections();
std::span<const Setting> settings();

// The settings of one section, in order.
std::span<const Setting> settings_of(std::string_view section);

// Nullptr when there is none.
const Section* find_section(std::string_view name);
const Setting* find_setting(std::string_view section, std::string_view key);

std::span<const std::string_view> export_formats();   // CONTRACT.md 5
std::span<const std::string_view> asset_statuses();   // in the API's spelling
std::span<const std::string_view> skippable_kinds();  // names of tables

// `text`, which is valid UTF-8, as a TOML string.
std::string toml_text(std::string_view text);

// `slot`'s value as TOML; what may be secret in it becomes "***".
std::string toml_value(const Setting& setting, const SettingSlot& slot);

// The default as TOML, and what may be written, for people: "a duration, 1s to 3650d".
std::string default_value(const Setting& setting);
std::string value_description(const Setting& setting);

}  // namespace nexus_mirror::config
