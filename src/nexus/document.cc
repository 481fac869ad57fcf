#include "nexus/document.h"

#include <simdjson.h>

#include "nexus_mirror/error.h"
#include "text/json.h"
#include "text/utf8.h"

namespace nexus_mirror::nexus {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Deeper than any object of the API by far, shallow enough for every recursion over it.
constexpr std::size_t kMaxDepth = 64;

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
  simdjson::dom::parser parser;
  element root;
  // The rows one by one, when the body as a whole holds something that the parser rejects.
  bool split = false;
  std::vector<std::string> raw_rows;
  std::optional<std::string> next;

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(ErrorCode::bad_response, doing, subject, reason,
                "a proxy in between, or a server that is no Nexus");
  }

  simdjson::error_code parse_body() {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    if (parser.allocate(body.size() + 1, kMaxDepth) != simdjson::SUCCESS) fail("out of memory");
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

  void parse_whole() {
    auto error = parse_body();
    if (error != simdjson::SUCCESS && mend_text()) error = parse_body();
    if (error == simdjson::SUCCESS) {
      read_cursor();
    } else if (!split_rows()) {
      fail(std::string("the answer is no JSON (") + simdjson::error_message(error) + ")");
    }
  }

  void read_cursor() {
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) return;
    for (const char* key : {"nextPage", "next_page"}) {
      element value;
      if (object[key].get(value) != simdjson::SUCCESS || value.is_null()) continue;
      std::string_view cursor;
      if (value.get(cursor) != simdjson::SUCCESS) fail("the page's cursor is no text");
      if (!cursor.empty()) next = std::string(cursor);
      return;
    }
  }

  // simdjson's On-Demand front end looks at values only when asked, so it finds the rows' ends
  // in a body of which one row cannot be represented. False when the body is no JSON at all.
  bool split_rows() {
    namespace od = simdjson::ondemand;
    od::parser lazy;
    od::document document;
    if (lazy.iterate(body.data(), body.size(), body.capacity()).get(document) !=
        simdjson::SUCCESS) {
      return false;
    }
    od::json_type type;
    if (document.type().get(type) != simdjson::SUCCESS) return false;
    const bool complete = type == od::json_type::array    ? take_array(document.get_array())
                          : type == od::json_type::object ? take_page(document)
                                                          : false;
    split = complete && document.current_location().error() != simdjson::SUCCESS;
    return split;
  }

  template <typename Document>
  bool take_page(Document& document) {
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) return false;
    bool found = false;
    for (auto field : object) {
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (key == "data") {
        found = take_array(field.value().get_array());
        if (!found) return false;
      } else if (key == "nextPage" || key == "next_page") {
        bool absent = false;
        if (field.value().is_null().get(absent) != simdjson::SUCCESS) return false;
        if (absent) continue;
        std::string_view cursor;
        if (field.value().get_string().get(cursor) != simdjson::SUCCESS) return false;
        next = std::string(cursor);
      }
    }
    return found;
  }

  template <typename Array>
  bool take_array(Array array) {
    if (array.error() != simdjson::SUCCESS) return false;
    for (auto item : array) {
      simdjson::ondemand::object object;
      std::string_view raw;
      if (item.get_object().get(object) != simdjson::SUCCESS) return false;
      if (object.raw_json().get(raw) != simdjson::SUCCESS) return false;
      raw_rows.emplace_back(raw);
    }
    return true;
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
  content->parse_whole();
  return Document(std::move(content));
}

const std::optional<std::string>& Document::next_page() const { return content_->next; }

void Document::for_each_row(const std::function<void(const element&)>& row,
                            std::vector<UnreadableRow>& unreadable) const {
  if (content_->split) {
    simdjson::dom::parser parser;
    for (const std::string& raw : content_->raw_rows) {
      element value;
      if (parser.allocate(raw.size() + 1, kMaxDepth) != simdjson::SUCCESS) {
        content_->fail("out of memory");
      }
      const auto error = parser.parse(raw.data(), raw.size()).get(value);
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
  if (content_->split || content_->root.type() != element_type::OBJECT) {
    content_->fail("the answer is not one readable object");
  }
  return content_->root;
}

std::optional<std::string> Document::text_at(const char* key) const {
  std::string_view text;
  if (content_->split || content_->root[key].get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

}  // namespace nexus_mirror::nexus
