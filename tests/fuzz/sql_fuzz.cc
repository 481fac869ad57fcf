// SQL of the user's own and its parameters, on a mirror that is read only, and what comes of it on
// its way out as a table, CSV and JSON.
//
// Input: a byte for what is done, then either NAME=VALUE lines for a statement that shows them, or
// a statement. Statements are only explained, or they would run for ever; pragmas are run.
#include <sys/mman.h>
#include <unistd.h>

#include <simdjson.h>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/output.h"
#include "cli/query_command.h"
#include "cli/row_writer.h"
#include "fuzz/target.h"
#include "nexus_mirror/error.h"
#include "store/database.h"
#include "store/reader.h"
#include "text/utf8.h"

namespace nexus_mirror::fuzz {
namespace {

using store::Reader;
using store::Row;
using store::Value;

struct Result {
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::filesystem::path& mirror() {
  static const std::filesystem::path path = [] {
    store::Database made(folder() / "sql.db", store::Use::write);
    made.execute(
        "INSERT INTO projects(id, name, type) VALUES ('p', 'Cars', 'ObjectDetection');"
        "INSERT INTO tags(project_id, tag_index, name) VALUES ('p', 0, 'car'), ('p', 1, 'bus')");
    made.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    return folder() / "sql.db";
  }();
  return path;
}

Result ask(std::string_view sql, const store::Parameters& parameters) {
  static const std::string before = bytes_of(mirror());
  static Reader reader(mirror());
  constexpr std::size_t kMostRows = 50;
  Result result;
  try {
    reader.query(
        sql, parameters, [&](const std::vector<std::string>& names) { result.columns = names; },
        [&](const Row& row) {
          require(row.size() == result.columns.size(), "a row has a value for each column");
          result.rows.push_back(row);
          return result.rows.size() < kMostRows;
        });
  } catch (const Error& error) {
    require(error.code() == ErrorCode::usage, "what does not run is the query's fault");
  }
  require(bytes_of(mirror()) == before, "a query changes nothing");
  require(bytes_of(mirror().string() + "-wal").empty(), "nor beside it");
  return result;
}

std::string shown(const Result& result, cli::RowFormat format) {
  const int fd = ::memfd_create("rows", MFD_CLOEXEC);
  cli::Output out(fd, "standard output", {});
  const auto writer = cli::make_row_writer(format, out);
  writer->begin(result.columns);
  for (const Row& row : result.rows) writer->row(row);
  writer->end();
  out.flush();
  std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  require(::pread(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "memory");
  ::close(fd);
  return text;
}

// As RFC 4180 has it: fields of all records in turn.
std::vector<std::string> fields_of(std::string_view csv) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    if (csv[i] == '"') {
      if (quoted && csv.substr(i + 1, 1) == "\"")
        fields.back() += csv[++i];
      else
        quoted = !quoted;
    } else if (!quoted && (csv[i] == ',' || csv[i] == '\n')) {
      fields.emplace_back();
    } else {
      fields.back() += csv[i];
    }
  }
  fields.pop_back();
  return fields;
}

void require_readable(const Result& result) {
  if (result.columns.empty()) return;
  const std::string csv = shown(result, cli::RowFormat::csv);
  require(text::valid_utf8(csv) == csv, "CSV is UTF-8");
  const auto fields = fields_of(csv);
  require(fields.size() == (result.rows.size() + 1) * result.columns.size(),
          "CSV has a field for each value");
  auto field = fields.begin() + static_cast<std::ptrdiff_t>(result.columns.size());
  for (const Row& row : result.rows) {
    for (const Value& value : row) {
      const auto* text = std::get_if<std::string>(&value);
      if (text != nullptr) require(*field == text::valid_utf8(*text), "CSV reads back the same");
      ++field;
    }
  }
  simdjson::dom::parser parser;
  const std::string json = shown(result, cli::RowFormat::json);
  simdjson::dom::array rows;
  require(parser.parse(json.data(), json.size()).get(rows) == simdjson::SUCCESS &&
              rows.size() == result.rows.size(),
          "JSON has an object for each row");
  const std::string table = shown(result, cli::RowFormat::table);
  require(text::valid_utf8(table) == table, "a table is UTF-8");
}

void ask_for_parameters(std::string_view input) {
  std::vector<std::string> texts;
  std::istringstream in{std::string(input)};
  for (std::string line; texts.size() < 8 && std::getline(in, line);) texts.push_back(line);
  store::Parameters parameters;
  try {
    parameters = cli::parse_parameters(texts);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::usage, "a bad parameter is a usage");
    return;
  }
  const Result named = ask("SELECT :a, @b, $c, ?4", parameters);
  require_readable(named);
  // Each by a number, so that all of them are bound, whatever their names are.
  std::string sql = "SELECT 1";
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].first = std::to_string(i + 1);
    sql += ", ?" + parameters[i].first;
  }
  const Result all = ask(sql, parameters);
  require(all.rows.size() == 1, "parameters are bound");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    require(all.rows[0][i + 1] == parameters[i].second, "a parameter reads back the same");
    const std::string& text = texts[i];
    const std::string value = text.substr(text.find('=') + 1);
    if (const auto* number = std::get_if<std::int64_t>(&parameters[i].second)) {
      require(std::to_string(*number) == value, "a number is what was written");
    }
  }
  require_readable(all);
}

void run(std::string_view input) {
  const unsigned char what = take_byte(input);
  if (what % 3 == 0) return ask_for_parameters(input);
  const std::string begin = what % 3 == 1 ? "EXPLAIN " : "PRAGMA ";
  require_readable(ask(begin + std::string(input), {}));
}

std::vector<std::string> seeds() {
  std::vector<std::string> all = {
      std::string(1, '\0') + "a=1\n:b=x y\n$c=-0.5\n4=007\n",
      std::string(1, '\0') + "a=9223372036854775808\nb=1e999\nc==\n4=\n",
      std::string(1, '\0') + "1=a\n2=b,\"c\"\n",
  };
  for (const char* sql :
       {"SELECT * FROM projects WHERE name = 'Cars'", "SELECT 1; SELECT 2", "DELETE FROM tags",
        "ATTACH '/tmp/x' AS x", "VACUUM INTO '/tmp/x'", "SELECT load_extension('x')",
        "WITH t(a) AS (SELECT 1) SELECT json_extract(extra, '$.a') FROM assets, t -- c",
        "SELECT count(*) FILTER (WHERE 1) OVER () FROM annotations_v",
        "INSERT INTO tags SELECT * FROM tags RETURNING name", "CREATE TEMP TABLE t(a)"}) {
    all.push_back(std::string("\x01") + sql);
  }
  for (const char* pragma :
       {"table_info(tags)", "journal_mode", "journal_mode = delete", "user_version = 9",
        "writable_schema = on", "integrity_check", "main.page_count", "wal_checkpoint"}) {
    all.push_back(std::string("\x02") + pragma);
  }
  return all;
}

const Registration kSql({"sql", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
