// RapidJSON's reader over a text whose position is known inside every event.
#pragma once

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {

// RapidJSON works on a local copy of its own StringStream, whose Tell() lags behind in events;
// a stream type of one's own is used by reference.
class JsonTextStream {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the names are RapidJSON's
  using Ch = char;
  explicit JsonTextStream(std::string_view text) : text_(text) {}
  Ch Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Ch Take() { return at_ < text_.size() ? text_[at_++] : '\0'; }
  std::size_t Tell() const { return at_; }
  // Output half of the concept; RapidJSON requires the names but only calls them in-situ.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  std::size_t PutEnd(Ch*) { return 0; }
  // NOLINTEND(readability-identifier-naming)

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Sends `text` through `handler`, numbers as their own text, without recursion. Throws
// Error(config) when it is not one JSON value.
template <class Handler>
void read_json(JsonTextStream& stream, Handler& handler) {
  rapidjson::Reader reader;
  const rapidjson::ParseResult result =
      reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag>(stream,
                                                                                           handler);
  if (result) return;
  throw Error(ErrorCode::config, "reading", "JSON",
              std::string(rapidjson::GetParseError_En(result.Code())) + " (byte " +
                  std::to_string(result.Offset()) + ")",
              "correct the text");
}

}  // namespace nexus_mirror::emulator
