// The body of an answer as it grows, and the unpacking of it, both within a limit.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace nexus_mirror::transport {

// How large a body may get, and what is said of one that is larger.
struct BodyLimit {
  BodyLimit(std::int64_t most, std::string_view its_name = "max_response",
            std::string_view what_to_do = "raise max_response or lower page_size")
      : bytes(most), name(its_name), hint(what_to_do) {}

  [[noreturn]] void refuse() const;  // throws Failure(unusable)

  std::int64_t bytes;
  std::string_view name, hint;  // literals
};

// A string that is written at its end and never gets larger than a limit; or, with a drain, only
// its last part: what came before has gone there. One thread at a time.
class Body {
 public:
  // Takes bytes in their order; what it throws passes through.
  using Drain = std::function<void(std::string_view bytes)>;

  static constexpr std::size_t kSpare = 64;  // capacity beyond the size, for JSON parsers

  explicit Body(BodyLimit limit, Drain drain = {})
      : limit_(limit), most_(static_cast<std::size_t>(limit.bytes)), drain_(std::move(drain)) {}

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
  bool full() const { return size_ >= most_; }
  std::string take();  // once, at the end; empty with a drain, which then has everything

 private:
  std::size_t held() const { return size_ - drained_; }  // written bytes in bytes_
  void drain();

  const BodyLimit limit_;
  const std::size_t most_;  // of limit_
  const Drain drain_;       // may be empty
  std::string bytes_;       // as long as the rooms given out
  std::size_t size_ = 0;    // bytes that were written
  std::size_t drained_ = 0;
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
