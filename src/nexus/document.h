// A parsed answer of the server. simdjson stays behind this header and decoder.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simdjson::dom {
class element;
}

namespace nexus_mirror::nexus {

// A row that could not be taken in: its id where one could be read (else empty), and why.
struct UnreadableRow {
  std::string id;
  std::string reason;
};

// One thread at a time; movable between threads. Keeps the body alive.
class Document {
 public:
  // Parses `body` (at least 64 bytes of spare capacity avoid a copy). Throws Error(bad_response)
  // when it is no JSON; `doing` and `subject` are for its text. Half a surrogate pair and bytes
  // that are no UTF-8 are read as U+FFFD. A number that simdjson cannot represent spoils only the
  // row that holds it (for_each_row).
  static Document parse(std::string body, const std::string& doing, const std::string& subject);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // The cursor of the page after this one, under `nextPage` or `next_page`; nullopt at the end.
  // Throws Error(bad_response) when it is neither text nor null.
  const std::optional<std::string>& next_page() const;

  // Calls `row` for each element of the list: the root, or `data` of a page. A row that cannot be
  // parsed goes to `unreadable`. Throws Error(bad_response) when there is no list.
  void for_each_row(const std::function<void(const simdjson::dom::element&)>& row,
                    std::vector<UnreadableRow>& unreadable) const;

  // The root itself. Throws Error(bad_response) when the answer is not one readable object.
  const simdjson::dom::element& object() const;

  // Text at `key` of the root object; nullopt when it is not there or no text.
  std::optional<std::string> text_at(const char* key) const;

 private:
  struct Content;
  explicit Document(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

}  // namespace nexus_mirror::nexus
