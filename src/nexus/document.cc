#include "nexus/document.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <vector>

#include "nexus/cursor_keys.h"
#include "nexus/parser_pool.h"
#include "nexus_mirror/error.h"
#include "text/json.h"
#include "text/utf8.h"

namespace nexus_mirror::nexus {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Bytes. Of a larger answer simdjson's tree is not made, which takes many times as much; its rows
// are parsed one by one.
constexpr std::size_t kLargeAnswer = 1 << 20;

// Deeper than any object of the API by far, shallow enough for every recursion over it.
constexpr std::size_t kMaxDepth = 64;

struct Cursor {
  bool is_null = true;
  std::optional<std::string> text;  // nullopt = of another type
};

std::string id_of(std::string_view raw_row) {
  simdjson::ondemand::parser parser;
  simdjson::padded_string text(raw_row);
  simdjson::ondemand::document document;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS) return {};
  std::string_view id;
  if (document.find_field_unordered("id").get_string().get(id) != simdjson::SUCCESS) return {};
  return std::string(id);
}

}  // namespace

struct Document::Content {
  std::string body;
  std::string doing, subject;
  ParserPool<simdjson::dom::parser>::Loan loan{ParserPool<simdjson::dom::parser>::shared()};
  simdjson::dom::parser& parser = loan.parser();
  element root;
  // The rows one by one, when the body is large or holds something that the parser rejects.
  bool split = false;
  bool readable = false;                   // as a whole, as far as anybody knows
  std::vector<std::string_view> raw_rows;  // in `body`
  std::array<Cursor, kCursorKeys.size()> cursors;
  std::optional<std::string> next;

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::bad_response, doing, subject, reason,
                "a proxy in between, or a server that is no Nexus");
  }

  simdjson::error_code parse_body() {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    const bool fits = parser.capacity() > body.size() && parser.max_depth() == kMaxDepth;
    if (!fits && parser.allocate(body.size() + 1, kMaxDepth) != simdjson::SUCCESS) {
      throw std::bad_alloc();
    }
    return parser.parse(body.data(), body.size(), false).get(root);
  }

  // Text that no encoding can hold becomes U+FFFD: one broken name must not hide a page. Whether
  // there was any.
  bool mend_text() {
    const bool half = text::replace_half_surrogates(body);
    if (simdjson::validate_utf8(body)) return half;
    body = text::valid_utf8(body);
    return true;
  }

  void parse() {
    if (body.size() > kLargeAnswer) {
      mend_text();
      body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
      if (split_rows()) {
        readable = true;
        return;
      }
    }
    parse_whole();
  }

  void parse_whole() {
    auto error = parse_body();
    if (error != simdjson::SUCCESS && mend_text()) error = parse_body();
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();  // that is not the server's fault
    if (error == simdjson::SUCCESS) {
      split = false;
      read_cursor();
    } else if (!split_rows()) {
      fail(std::string("the answer is no JSON (") + simdjson::error_message(error) + ")");
    }
  }

  void read_cursor() {
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) return;
    for (std::size_t i = 0; i < kCursorKeys.size(); ++i) {
      element value;
      if (object[kCursorKeys[i]].get(value) != simdjson::SUCCESS || value.is_null()) continue;
      std::string_view text;
      cursors[i].is_null = false;
      if (value.get(text) == simdjson::SUCCESS) cursors[i].text = text;
    }
    choose_cursor();
  }

  // The first that is not null decides: empty text is the end.
  void choose_cursor() {
    for (const Cursor& cursor : cursors) {
      if (cursor.is_null) continue;
      if (!cursor.text) fail("the page's cursor is no text");
      if (!cursor.text->empty()) next = cursor.text;
      return;
    }
  }

  // simdjson's On-Demand front end looks at values only when asked, so it finds the rows' ends
  // in a body of which one row cannot be represented. False when the body is no JSON at all.
  bool split_rows() {
    namespace od = simdjson::ondemand;
    raw_rows.clear();
    cursors = {};
    od::parser lazy;
    od::document document;
    const auto begun = lazy.iterate(body.data(), body.size(), body.capacity()).get(document);
    if (begun == simdjson::MEMALLOC) throw std::bad_alloc();
    if (begun != simdjson::SUCCESS) return false;
    od::json_type type;
    if (document.type().get(type) != simdjson::SUCCESS) return false;
    const bool complete = type == od::json_type::array    ? take_array(document.get_array())
                          : type == od::json_type::object ? take_page(document)
                                                          : false;
    split = complete && document.current_location().error() != simdjson::SUCCESS;
    return split;
  }

  // Of a key that is there twice the first counts, as it does in a page that is read at once.
  template <typename Document>
  bool take_page(Document& document) {
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    bool found = false;
    std::array<bool, kCursorKeys.size()> taken{};
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (key == "data" && !found) {
        found = take_array(field.value().get_array());
        if (!found) return false;
      }
      const auto at = static_cast<std::size_t>(
          std::find(kCursorKeys.begin(), kCursorKeys.end(), key) - kCursorKeys.begin());
      if (at == taken.size() || taken[at]) continue;
      taken[at] = true;
      if (!take_cursor(field.value(), cursors[at])) return false;
    }
    if (found) choose_cursor();
    return found;
  }

  template <typename Value>
  static bool take_cursor(Value value, Cursor& cursor) {
    simdjson::ondemand::json_type type;
    std::string_view text;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    cursor.is_null = type == simdjson::ondemand::json_type::null;
    if (type != simdjson::ondemand::json_type::string) return is_whole(value, type);
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    cursor.text = text;
    return true;
  }

  template <typename Array>
  bool take_array(Array array) {
    if (array.error() != simdjson::SUCCESS) return false;
    for (auto item : array) {
      std::string_view raw;
      if (!take_raw(item, raw)) return false;
      raw_rows.push_back(raw);
    }
    return true;
  }

  // A row is an object; what is none is for the decoder to report.
  template <typename Value>
  static bool take_raw(Value value, std::string_view& raw) {
    simdjson::ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == simdjson::ondemand::json_type::object) {
      simdjson::ondemand::object object;
      return value.get_object().get(object) == simdjson::SUCCESS &&
             object.raw_json().get(raw) == simdjson::SUCCESS;
    }
    if (type == simdjson::ondemand::json_type::array) {
      simdjson::ondemand::array array;
      return value.get_array().get(array) == simdjson::SUCCESS &&
             array.raw_json().get(raw) == simdjson::SUCCESS;
    }
    return is_whole(value, type) && value.raw_json_token().get(raw) == simdjson::SUCCESS;
  }

  // Its type follows from the first letter alone: "nul" is of the type null.
  template <typename Value>
  static bool is_whole(Value value, simdjson::ondemand::json_type type) {
    bool is = false;
    if (type == simdjson::ondemand::json_type::null) {
      return value.is_null().get(is) == simdjson::SUCCESS && is;
    }
    return type != simdjson::ondemand::json_type::boolean ||
           value.get_bool().get(is) == simdjson::SUCCESS;
  }
};

Document::Document(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::parse(std::string body, const std::string& doing, const std::string& subject) {
  auto content = std::make_unique<Content>();
  content->body = std::move(body);
  content->doing = doing;
  content->subject = subject;
  if (content->body.empty()) content->fail("the answer is empty");
  content->parse();
  return Document(std::move(content));
}

const std::optional<std::string>& Document::next_page() const { return content_->next; }

void Document::for_each_row(const std::function<void(const element&)>& row,
                            std::vector<UnreadableRow>& unreadable) const {
  if (content_->split) {
    simdjson::dom::parser parser;
    for (const std::string_view raw : content_->raw_rows) {
      element value;
      if (parser.capacity() <= raw.size() &&
          parser.allocate(2 * raw.size() + 1, kMaxDepth) != simdjson::SUCCESS) {
        throw std::bad_alloc();
      }
      // Behind it the body goes on, or has the spare bytes that the parser may read.
      const auto error = parser.parse(raw.data(), raw.size(), false).get(value);
      if (error == simdjson::SUCCESS) {
        row(value);
      } else {
        unreadable.push_back({id_of(raw), simdjson::error_message(error)});
      }
    }
    return;
  }
  simdjson::dom::array rows;
  const element& root = content_->root;
  if (root.get(rows) != simdjson::SUCCESS && root["data"].get(rows) != simdjson::SUCCESS) {
    content_->fail("the answer holds no list");
  }
  for (const element item : rows) row(item);
}

const element& Document::object() const {
  if (content_->split && content_->readable) content_->parse_whole();
  if (content_->split || content_->root.type() != element_type::OBJECT) {
    content_->fail("the answer is not one readable object");
  }
  return content_->root;
}

std::optional<std::string> Document::text_at(const char* key) const {
  std::string_view text;
  if (content_->split && content_->readable) content_->parse_whole();
  if (content_->split || content_->root[key].get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

}  // namespace nexus_mirror::nexus
