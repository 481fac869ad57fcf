// Answers of the API: listings and objects in either dialect, of every kind, up to the mirror.
//
// Input: a byte for the table, then the answer's body. What is decoded stays the same when the body
// is read once more, when another row of it cannot be represented, and when it has been in the
// mirror.
#include <algorithm>
#include <cctype>
#include <regex>

#include "fuzz/stored_rows.h"
#include "fuzz/target.h"
#include "nexus/decoder.h"
#include "nexus/document.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::fuzz {
namespace {

using nexus::Decoder;
using nexus::Document;
using objects::RowBatch;
using objects::Table;

struct Kind {
  const Table* table;
  const char* file;  // of the corpus
};

const Kind kKinds[] = {
    {&objects::annotations, "annotations"}, {&objects::assets, "assets"},
    {&objects::projects, "projects"},       {&objects::workspaces, ""},
    {&objects::project_users, "users"},     {&objects::tags, "tags"},
    {&objects::ontologies, "ontologies"},   {&objects::sequences, ""},
    {&objects::workflows, "workflows"},     {&objects::runs, "runs"},
    {&objects::insights, "insights"},       {&objects::artifacts, "artifacts"},
    {&objects::models, "models"},           {&objects::deployments, "deployments"},
    {&objects::operations, "operations"},
};
constexpr std::size_t kKindCount = std::size(kKinds);

struct Decoded {
  explicit Decoded(const Table& table) : rows(table) {}
  RowBatch rows;
  std::vector<nexus::UnreadableRow> unreadable;
  std::optional<std::string> next;
};

Decoded decode(const Table& table, std::string body) {
  static const std::set<std::string, std::less<>> projects = {"proj", "other"};
  const Document document = Document::parse(std::move(body), "listing", "/fuzz");
  Decoded decoded(table);
  decoded.next = document.next_page();
  Decoder::of(table).decode_list(document, {"proj", &projects}, decoded.rows, decoded.unreadable);
  return decoded;
}

// The body with one more row, first, that holds a number beyond any: the others are as they were.
void require_same_beside_bad_row(const Table& table, const std::string& body,
                                 const Decoded& whole) {
  const std::size_t list = body.find('[');
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (list == std::string::npos || first != list) return;
  const bool empty = body.find_first_not_of(" \t\r\n", list + 1) == body.find(']');
  const Decoded split = decode(table, body.substr(0, list + 1) + R"({"id":"bad","n":1e999})" +
                                          (empty ? "" : ",") + body.substr(list + 1));
  require(split.unreadable.size() == whole.unreadable.size() + 1, "the one bad row is reported");
  require(same_rows(whole.rows, split.rows), "a bad row spoils no other");
}

// The same for a page: as a key that nobody reads the number spoils no row at all.
void require_same_page_in_parts(const Table& table, const std::string& body, const Decoded& whole) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  const std::size_t last = body.find_last_not_of(" \t\r\n");
  if (body[first] != '{') return;
  const Decoded split = decode(table, body.substr(0, last) + R"(,"fuzz":1e999})");
  require(same_rows(whole.rows, split.rows), "a page in parts has the same rows");
  require(whole.unreadable.size() == split.unreadable.size(), "and the same that are none");
  require(whole.next == split.next, "a page in parts has the same cursor");
}

void run(std::string_view input) {
  const Table& table = *kKinds[take_byte(input) % kKindCount].table;
  const std::string body(input);
  try {
    const Document document = Document::parse(body, "reading", "/fuzz");
    RowBatch row(table);
    std::vector<nexus::UnreadableRow> unreadable;
    const bool readable =
        Decoder::of(table).decode_object(document, {"proj", nullptr}, row, unreadable);
    require(readable == (row.size() == 1) && readable == unreadable.empty(),
            "an object is a row or is reported");
    require_storable(row);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_response, "a bad answer is said to be one");
  }
  try {
    const Decoded whole = decode(table, body);
    require(same_rows(whole.rows, decode(table, body).rows), "decoding gives the same again");
    require_same_beside_bad_row(table, body, whole);
    require_same_page_in_parts(table, body, whole);
    require_storable(whole.rows);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_response, "a bad answer is said to be one");
  }
}

std::string snake_case(const std::string& json) {
  static const std::regex key("\"([A-Za-z]+)\"(\\s*:)"), capital("([A-Z])");
  std::string snake;
  std::size_t at = 0;
  for (auto match = std::sregex_iterator(json.begin(), json.end(), key);
       match != std::sregex_iterator(); ++match) {
    const auto start = static_cast<std::size_t>(match->position());
    std::string word = std::regex_replace(match->str(1), capital, "_$1");
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    snake.append(json, at, start - at).append("\"" + word + "\"").append(match->str(2));
    at = start + static_cast<std::size_t>(match->length());
  }
  return snake + json.substr(at);
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  const auto add = [&all](std::size_t kind, const std::string& body) {
    all.push_back(static_cast<char>(kind) + body);
  };
  for (std::size_t kind = 0; kind < kKindCount; ++kind) {
    const std::string file = kKinds[kind].file;
    if (file.empty()) continue;
    const auto rows = source_lines("tests/corpus/" + file + ".ndjson", 2);
    add(kind, rows.front());
    add(kind, "[" + rows.front() + "," + rows.back() + "]");
    add(kind, R"({"data":[)" + rows.front() + R"(],"nextPage":"cursor"})");
    add(kind, snake_case(R"({"data":[)" + rows.back() + R"(],"nextPage":"cursor"})"));
  }
  add(3, source_text("tests/corpus/workspace.json"));
  add(7, R"([{"id":"s1","projectId":"proj","name":"walk","items":["a1","a2"],)"
         R"("attributes":{"items":[{"a":1}]},"create_date":1700000000000}])");
  add(0, R"([{"id":"a\ud800","bound":[[0.1,0.2],[0.3,1e400]],"confidence":-0.0}])");
  add(1, R"([{"id":1,"url":"https://h/a?X-Goog-Signature=1&X-Goog-Date=20260131T120000Z"},)"
         R"({"filename":"no id"},{"id":"x","projectId":"other"},null,[]])");
  add(2, R"({"data":[],"nextPage":"","next_page":"b"})");
  return all;
}

const Registration kPage({"page", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
