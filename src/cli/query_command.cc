#include "cli/query_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <system_error>

#include "cli/past_moment.h"
#include "store/mirror_state.h"
#include "text/number.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::size_t kMaxSql = 1U << 20;

std::string read_sql(int fd) {
  std::string sql;
  std::array<char, 4096> buffer;
  while (sql.size() <= kMaxSql) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return sql;
    if (count > 0) {
      sql.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw Error(ErrorCode::usage, "reading SQL from", "standard input",
                  std::generic_category().message(errno));
    }
  }
  throw Error(ErrorCode::usage, "reading SQL from", "standard input", "it is longer than 1 MiB");
}

store::Value parameter_value(const std::string& text) {
  const auto integer = text::parse_number<std::int64_t>(text);
  if (integer && std::to_string(*integer) == text) return *integer;
  const auto real = text::parse_number<double>(text);
  if (real && std::isfinite(*real) && text::real_text(*real) == text) return *real;
  return text;
}

// Whether the mirror calls a column so that holds UNIX milliseconds (CONTRACT.md 1).
bool is_time(std::string_view column) {
  for (const std::string_view end : {"_date", "_at", "_expiry"}) {
    if (column.ends_with(end)) return true;
  }
  return column == "at" || column == "expiry";
}

store::Row with_times(store::Row row, const std::vector<bool>& times, text::Zone zone) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto* ms = times[i] ? std::get_if<std::int64_t>(&row[i]) : nullptr;
    if (ms != nullptr) row[i] = text::moment_text(*ms, zone);
  }
  return row;
}

}  // namespace

store::Parameters parse_parameters(const std::vector<std::string>& texts) {
  store::Parameters parameters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorCode::usage, "reading --param", "'" + text + "'", "it is not NAME=VALUE",
                  "write --param tag=car for :tag in the SQL");
    }
    std::string name = text.substr(0, equals);
    if (name.front() == ':' || name.front() == '@' || name.front() == '$') name.erase(0, 1);
    const bool again = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const auto& each) { return each.first == name; });
    if (again) {
      throw Error(ErrorCode::usage, "reading --param", "'" + text + "'",
                  "there is another value for " + name, "give each parameter once");
    }
    parameters.emplace_back(name, parameter_value(text.substr(equals + 1)));
  }
  return parameters;
}

namespace {

// What a first sync has left that was cut short looks like a mirror.
void warn_of_part(store::Database& mirror, const CommandContext& context) {
  using objects::Outcome;
  if (mirror.schema_version() != store::latest_schema_version()) return;  // it knows other tables
  const auto last = store::last_sync(mirror);
  const bool ended =
      !last || (last->result != Outcome::running && last->result != Outcome::interrupted &&
                last->result != Outcome::failed);
  if (ended || store::last_success(mirror, context.env.now_ms()).ended) return;
  context.notice(
      "warning: no sync has come to its end yet: this is a part of the workspace; run "
      "'nexus-mirror sync'");
}

}  // namespace

ExitCode run_query(const QueryOptions& options, CommandContext& context) {
  const store::Parameters parameters = parse_parameters(options.parameters);
  const std::string sql = options.sql == "-" ? read_sql(context.console.in_fd) : options.sql;
  store::Reader reader(context.load().mirror);
  warn_of_part(reader.database(), context);
  if (!options.at.empty()) {
    reader.go_back(read_as_of("--at", options.at, reader.database(), context));
  }
  const auto writer = make_row_writer(options.format, context.out);
  std::vector<bool> times;
  reader.query(
      sql, parameters,
      [&](const std::vector<std::string>& columns) {
        for (const std::string& column : columns) times.push_back(options.times && is_time(column));
        writer->begin(columns);
      },
      [&](const store::Row& row) {
        if (!options.times) {
          writer->row(row);
        } else {
          writer->row(with_times(row, times, context.zone));
        }
        return true;
      });
  writer->end();
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
