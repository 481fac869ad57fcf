// HTTP/1.1 answers off a connection (RFC 9112).
//
// An answer that was cut short must never pass for a whole one: rows that it lacks would look as if
// they were gone. Poco's own streams end quietly where a chunked body or a gzip stream was cut
// (pocoproject/poco issue 5032), copy every byte three times and know no limit; so head
// and framing are read here.
//
// Where a body ends, in this order: there is none behind 204 and 304; `chunked` is the only
// transfer encoding, and its last chunk the end; Content-Length, once or several times the same;
// else the end of the connection, which alone cannot be told from a cut, so that what it brought
// has to show it (JSON, a gzip stream). Answers 1xx before the real one are passed over, 8 at most.
// Bytes go from the socket straight into the body, except what is packed and what came along when
// the head or a chunk's size was read. The limit holds for what is on the wire and for what it
// unpacks to, before room is made.
//
// The connection carries another request only where nobody can disagree about the end: it is kept
// alive, the body's length was said in one way, and nothing came behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nexus_mirror/transport.h"
#include "transport/body.h"
#include "transport/connection.h"
#include "transport/response_head.h"

namespace nexus_mirror::transport {

struct Answer {
  HttpResponse response;
  ResponseHead head;      // all that it says
  std::string location;   // of a redirect
  bool reusable = false;  // the connection may carry another request
};

// Reads one answer. One thread, one use.
class ResponseReader {
 public:
  // `limit` is for a body packed and unpacked; with a `drain` the body goes there and not into the
  // answer. The reader refers to `connection` and `stop`.
  ResponseReader(Connection& connection, const StopSignal& stop, BodyLimit limit,
                 Body::Drain drain = {});

  // Throws Failure: closed (cut short), timed_out, unusable (no HTTP, too large, cannot be
  // unpacked), interrupted.
  Answer read();

  // The two halves of read(), for whoever decides by the head whether the body is wanted.
  Answer read_head();
  void read_body(Answer& answer);

  // After read_head(). What Content-Length says, where it counts; whether the body is packed;
  // whether only the end of the connection ends it, so that nobody can tell it from a cut.
  std::optional<std::uint64_t> length() const;
  bool packed() const { return head_.packed; }
  bool until_close() const { return head_.framing == Framing::until_close; }

  // Between the two halves: `wire` is given what comes of a packed body before it is unpacked.
  void listen(Body::Drain wire) { wire_ = std::move(wire); }

  // True as soon as the server has said anything: then a repeated request would be a second one.
  bool begun() const { return begun_; }

 private:
  enum class Framing { none, length, chunked, until_close };
  struct Head {
    Framing framing = Framing::none;
    std::size_t length = 0;  // with Framing::length
    bool packed = false;     // gzip or deflate
  };

  Head take_head(Answer& answer);
  void read_length(const Head& head);
  void read_chunked(const Head& head);
  void read_until_close(const Head& head);
  void read_exactly(std::size_t size, const Head& head);

  bool fill();  // more bytes into buffer_; false when the connection has ended
  std::string read_line();
  std::size_t take_buffered(char* target, std::size_t size);
  void count(std::size_t size);  // of the body on the wire
  std::string_view buffered() const { return {buffer_.data() + begin_, end_ - begin_}; }

  Connection& connection_;
  const StopSignal& stop_;
  const BodyLimit limit_;
  Body::Drain wire_;  // may be empty
  Head head_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what of buffer_ is not used yet
  bool begun_ = false;
  std::uint64_t received_ = 0;
  Body body_;
  Inflater inflater_;
};

}  // namespace nexus_mirror::transport
