#include "text/json_writer.h"

#include <cmath>
#include <utility>

namespace nexus_mirror::text {

void JsonWriter::separate() {
  if (comma_) text_ += ',';
  if (new_line_) text_ += '\n';
  comma_ = new_line_ = false;
}

void JsonWriter::begin(char bracket) {
  separate();
  text_ += bracket;
}

void JsonWriter::end(char bracket) {
  if (new_line_) text_ += '\n';
  text_ += bracket;
  new_line_ = false;
  comma_ = true;
}

void JsonWriter::begin_object(std::string_view name) {
  key(name);
  begin_object();
}

void JsonWriter::begin_array(std::string_view name) {
  key(name);
  begin_array();
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_string(text_, name, escapes_);
  text_ += ':';
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_string(text_, text, escapes_);
  comma_ = true;
}

void JsonWriter::value(std::nullptr_t) { raw("null"); }

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  separate();
  append_number(text_, number);
  comma_ = true;
}

void JsonWriter::value(const std::vector<std::string>& texts) {
  begin_array();
  for (const std::string& text : texts) value(text);
  end_array();
}

void JsonWriter::real(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  separate();
  append_real(text_, number);
  comma_ = true;
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
  comma_ = true;
}

void JsonWriter::raw_member(std::string_view name, std::string_view json) {
  key(name);
  raw(json);
}

std::string JsonWriter::take() { return std::exchange(text_, {}); }

void JsonWriter::clear() {
  text_.clear();
  comma_ = new_line_ = false;
}

}  // namespace nexus_mirror::text
