// Writes JSON documents, the one way of the program but for coco and ndjson, where speed asks for
// text put together by hand (text/json.h).
//
//   text::JsonWriter json;
//   json.begin_object();
//   json.member("id", project.id);            // text, bool, numbers
//   json.member("removed_at", removed_at);    // an optional without a value is null
//   json.begin_array("files");                // or begin_array() for one without a key
//   for (const File& file : files) json.value(file.path);
//   json.end_array();
//   json.raw_member("before", change.before); // JSON already
//   json.end_object();
//   out.write(json.take());
//
// Commas and colons are the writer's; that brackets match and keys are followed by a value is the
// caller's. Without blanks; new_line() puts line breaks. One thread at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/json.h"
#include "text/number.h"

namespace nexus_mirror::text {

class JsonWriter {
 public:
  explicit JsonWriter(Escapes escapes = Escapes::letters) : escapes_(escapes) {}

  void begin_object() { begin('{'); }
  void begin_array() { begin('['); }
  // As the member `key`.
  void begin_object(std::string_view name);
  void begin_array(std::string_view name);
  void end_object() { end('}'); }
  void end_array() { end(']'); }

  void key(std::string_view name);

  void value(std::string_view text);
  void value(std::nullptr_t);  // null
  // What is no number is null.
  void value(double number);
  template <std::integral Number>
  void value(Number number) {
    separate();
    if constexpr (std::same_as<Number, bool>) {
      text_ += number ? "true" : "false";
    } else {
      static_assert(!std::same_as<Number, char>, "a character is no number");
      append_number(text_, number);
    }
    comma_ = true;
  }
  // An array of texts.
  void value(const std::vector<std::string>& texts);
  // null without a value.
  template <class Value>
  void value(const std::optional<Value>& optional) {
    optional ? value(*optional) : value(nullptr);
  }

  // A number that stays a real: "3.0" (append_real()). What is no number is null.
  void real(double number);
  // `json`, which is a JSON value, as it is.
  void raw(std::string_view json);

  // key() and the value.
  template <class Value>
  void member(std::string_view name, const Value& of) {
    key(name);
    value(of);
  }
  void raw_member(std::string_view name, std::string_view json);

  // The next key, value or closing bracket begins a new line, behind the comma if there is one.
  void new_line() { new_line_ = true; }

  // What has been written since the last take(), which leaves none of it; what follows goes on
  // where it ends.
  std::string take();
  // The same, left in place; valid until something is written.
  const std::string& text() const { return text_; }
  // Begins a new document, in the same memory.
  void clear();

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();

  Escapes escapes_;
  std::string text_;
  bool comma_ = false;     // what comes next follows a value
  bool new_line_ = false;  // and begins a line
};

}  // namespace nexus_mirror::text
