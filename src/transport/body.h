// The body of an answer as it grows, and the unpacking of it, both within a limit.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus_mirror::transport {

// A string that is written at its end and never gets larger than a limit. One thread at a time.
class Body {
 public:
  static constexpr std::size_t kSpare = 64;  // capacity beyond the size, for JSON parsers

  explicit Body(std::int64_t limit) : limit_(static_cast<std::size_t>(limit)) {}

  // Makes room for `size` bytes in all, as announced by the server.
  void expect(std::size_t size);

  // Room for at least one byte more, up to `wish` bytes. Valid until the next call.
  // Throws Failure(unusable) when the limit is reached.
  struct Room {
    char* data;
    std::size_t size;
  };
  Room room(std::size_t wish);
  void written(std::size_t size) { size_ += size; }  // into the last room

  std::size_t size() const { return size_; }
  bool full() const { return size_ >= limit_; }
  std::string take();  // once, at the end

 private:
  const std::size_t limit_;
  std::string bytes_;     // as long as the rooms given out
  std::size_t size_ = 0;  // bytes that were written
};

// Unpacks gzip (any number of members), zlib and raw deflate into a Body. One thread at a time.
class Inflater {
 public:
  explicit Inflater(Body& output) : output_(output) {}
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Throws Failure(unusable): no such data, or more than the Body takes.
  void feed(std::string_view packed);

  // Throws Failure(closed) when the packed data ended early. No data at all is an empty body.
  void finish() const;

 private:
  void start(unsigned char first_byte);

  Body& output_;
  z_stream stream_{};
  bool started_ = false;        // stream_ holds zlib's memory
  bool inside_member_ = false;  // between the first and the last byte of a member
};

// The limit as text: "256 MiB", or bytes.
std::string size_text(std::int64_t bytes);

}  // namespace nexus_mirror::transport
