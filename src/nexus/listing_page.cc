#include "nexus/listing_page.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "nexus/cursor_keys.h"
#include "nexus/parser_pool.h"
#include "text/digest.h"

namespace nexus_mirror::nexus {
namespace {

namespace od = simdjson::ondemand;

struct FoundCursor {
  std::string text;         // empty = null, or empty
  std::string_view quoted;  // where its value stands in the answer
};

// Of an object with one cursor that is text or null. Other values are stepped over: whether they
// are what they should be is seen when the answer is parsed, or was of one with these bytes.
std::optional<FoundCursor> cursor_in(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  ParserPool<od::parser>::Loan loan(ParserPool<od::parser>::shared());
  od::parser& parser = loan.parser();
  od::document document;
  od::object object;
  if (parser.iterate(body.data(), body.size(), body.capacity()).get(document) ||
      document.get_object().get(object)) {
    return std::nullopt;
  }
  std::optional<FoundCursor> cursor;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key)) return std::nullopt;
    if (std::find(kCursorKeys.begin(), kCursorKeys.end(), key) == kCursorKeys.end()) continue;
    if (cursor) return std::nullopt;
    cursor.emplace();
    od::value value;
    od::json_type type;
    if (field.value().get(value) || value.type().get(type)) return std::nullopt;
    cursor->quoted = value.raw_json_token();
    if (type == od::json_type::null) {
      const std::size_t end = cursor->quoted.find_last_not_of(" \t\n\r") + 1;
      if (cursor->quoted.substr(0, end) != "null") return std::nullopt;
      continue;
    }
    std::string_view text;
    if (value.get_string().get(text)) return std::nullopt;
    cursor->text = text;
  }
  if (document.current_location().error() == simdjson::SUCCESS) return std::nullopt;
  return cursor;
}

}  // namespace

std::string ListingPage::digest(std::string_view rules) {
  const std::optional<FoundCursor> cursor = cursor_in(body_);
  if (!cursor) return {};
  next_ = cursor->text;
  const std::string_view body = body_;
  const auto begin = static_cast<std::size_t>(cursor->quoted.data() - body.data());
  text::Sha256 digest;
  digest.update(rules);
  digest.update(std::string_view("\0", 1));
  digest.update(body.substr(0, begin));
  digest.update(body.substr(begin + cursor->quoted.size()));
  return digest.bytes();
}

const Document& ListingPage::document() {
  if (!document_) {
    document_ = Document::parse(std::move(body_), doing_, subject_);
    next_ = document_->next_page().value_or("");
  }
  return *document_;
}

const std::string& ListingPage::next() {
  if (!next_) {
    if (std::optional<FoundCursor> cursor = cursor_in(body_)) next_ = std::move(cursor->text);
  }
  if (!next_) document();
  return *next_;
}

}  // namespace nexus_mirror::nexus
