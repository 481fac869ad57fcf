// Log lines of the program, to stderr. The only place that knows spdlog.
//
// Any thread may call write() and enabled(); configure() belongs to the start of the program.
// Callers never pass a secret key nor the query part of a link.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "text/moment.h"

namespace nexus_mirror::log {

enum class Level { debug, info, warning, error, off };

// text: "12:01:07Z warning message key=value", with the zone's offset in place of the Z; json: one
// object a line with the stable keys `ts level msg` and the fields; journal: "<4>message key=value"
// as systemd's journal reads it.
enum class Style { text, json, journal };

struct Attribute {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double> value;
};

// journal when stderr is connected to systemd's journal ($JOURNAL_STREAM says so), else text.
Style suitable_style();

// A line of `level` for whoever writes to stderr past this log: behind "<3>" where the journal
// reads it, a JSON object where lines are such, else `text` as it is.
std::string line_past(Level level, std::string_view text);

// `zone` is that of the times in text lines; those in JSON are UTC.
void configure(Level level, Style style, text::Zone zone = text::Zone::utc);
Style style();
bool enabled(Level level);
void write(Level level, std::string_view message, std::initializer_list<Attribute> fields = {});

inline void debug(std::string_view message, std::initializer_list<Attribute> fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Attribute> fields = {}) {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Attribute> fields = {}) {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Attribute> fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace nexus_mirror::log
