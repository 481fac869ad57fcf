#include "log/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <utility>

#include "log/diversion.h"
#include "nexus_mirror/env.h"
#include "text/json_writer.h"
#include "text/number.h"
#include "text/utf8.h"

namespace nexus_mirror::log {
namespace {

// What configure() decided; written before other threads log.
struct Sink {
  Level level;
  Style style;
  std::unique_ptr<spdlog::logger> logger;
};

std::unique_ptr<spdlog::logger> make_logger(Style style, text::Zone zone) {
  spdlog::sink_ptr sink;
  if (style == Style::text) {
    const char* no_color = std::getenv("NO_COLOR");
    const bool plain = no_color != nullptr && *no_color != '\0';
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_unique<spdlog::logger>("nexus-mirror", sink);
  logger->set_level(spdlog::level::trace);  // write() has decided already
  if (style != Style::text) {
    logger->set_pattern("%v");
  } else if (zone == text::Zone::utc) {
    logger->set_pattern("%H:%M:%SZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern("%H:%M:%S%z %^%l%$ %v", spdlog::pattern_time_type::local);
  }
  return logger;
}

Sink& output() {
  static Sink the_output{Level::info, Style::text, make_logger(Style::text, text::Zone::utc)};
  return the_output;
}

struct Diverted {
  std::mutex mutex;  // guards what follows
  Diversion::Take take;
};

Diverted& diverted() {
  static Diverted the_diverted;
  return the_diverted;
}

spdlog::level::level_enum library_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error", "off"};
  return kNames[static_cast<std::size_t>(level)];
}

// sd-daemon(3): the priorities of syslog.
std::string_view journal_prefix(Level level) {
  constexpr std::array<std::string_view, 5> kPrefixes = {"<7>", "<6>", "<4>", "<3>", ""};
  return kPrefixes[static_cast<std::size_t>(level)];
}

// Control characters (C0, DEL and C1, which is two bytes in UTF-8) as spaces: a terminal obeys
// them, and a line break would let a name from outside forge a log line. Valid UTF-8, since text
// from outside may be none, which no reader of the log must stumble over.
std::string printable(std::string_view text) {
  std::string line = text::valid_utf8(text);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte < 0x20 || byte == 0x7f) line[i] = ' ';
    if (byte == 0xc2 && static_cast<unsigned char>(line[i + 1]) < 0xa0) line.replace(i, 2, " ");
  }
  return line;
}

std::string quoted_if_needed(std::string_view value) {
  std::string text = printable(value);
  if (!text.empty() && text.find_first_of(" \"=\\") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string field_text(const Attribute& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    return quoted_if_needed(*text);
  }
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) return std::to_string(*number);
  return text::number_text(std::get<double>(field.value));
}

std::string text_line(std::string_view message, std::initializer_list<Attribute> fields) {
  std::string line = printable(message);
  for (const Attribute& field : fields) {
    line.append(" ").append(printable(field.key)).append("=").append(field_text(field));
  }
  return line;
}

// With the project before it, as an error has it, and without the number of the sync that runs.
std::string text_for_people(std::string_view message, std::initializer_list<Attribute> fields) {
  std::string line, rest;
  for (const Attribute& field : fields) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    if (field.key == "project" && text != nullptr) {
      line = printable(*text) + ": ";
    } else if (field.key != "sync_id") {
      rest.append(" ").append(printable(field.key)).append("=").append(field_text(field));
    }
  }
  return line + printable(message) + rest;
}

// RFC 3339 in UTC, with milliseconds.
std::string timestamp(std::int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, static_cast<int>(now_ms % 1000));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string json_line(Level level, std::string_view message,
                      std::initializer_list<Attribute> fields) {
  text::JsonWriter json;
  json.begin_object();
  json.member("ts", timestamp(Env::system().now_ms()));
  json.member("level", level_name(level));
  json.member("msg", message);
  for (const Attribute& field : fields) {
    json.key(field.key);
    std::visit([&](const auto& value) { json.value(value); }, field.value);
  }
  json.end_object();
  return json.take();
}

}  // namespace

std::string line_past(Level level, std::string_view text) {
  switch (output().style) {
    case Style::json:
      return json_line(level, text, {});
    case Style::journal:
      return std::string(journal_prefix(level)).append(text);
    case Style::text:
      break;
  }
  return std::string(text);
}

Diversion::Diversion(Take take) {
  const std::lock_guard lock(diverted().mutex);
  diverted().take = std::move(take);
}

Diversion::~Diversion() {
  const std::lock_guard lock(diverted().mutex);
  diverted().take = {};
}

Style suitable_style() {
  const char* journal = std::getenv("JOURNAL_STREAM");
  struct stat stream = {};
  if (journal == nullptr || ::fstat(STDERR_FILENO, &stream) != 0) return Style::text;
  const std::string here = std::to_string(stream.st_dev) + ":" + std::to_string(stream.st_ino);
  return here == journal ? Style::journal : Style::text;
}

void configure(Level level, Style style, text::Zone zone) {
  output() = {level, style, make_logger(style, zone)};
}

Style style() { return output().style; }

bool enabled(Level level) { return level != Level::off && level >= output().level; }

void write(Level level, std::string_view message, std::initializer_list<Attribute> fields) {
  if (!enabled(level)) return;
  const Sink& out = output();
  const auto put = [&] {
    std::string line;
    if (out.style == Style::json) {
      line = json_line(level, message, fields);
    } else {
      if (out.style == Style::journal) line = journal_prefix(level);
      line += text_line(message, fields);
    }
    out.logger->log(library_level(level), spdlog::string_view_t(line.data(), line.size()));
  };
  Diverted& other = diverted();
  const std::lock_guard lock(other.mutex);
  other.take ? other.take(level, text_for_people(message, fields), put) : put();
}

}  // namespace nexus_mirror::log
