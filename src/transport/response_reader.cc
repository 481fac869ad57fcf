#include "transport/response_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "text/ascii.h"
#include "text/counted.h"
#include "text/hex.h"
#include "text/number.h"
#include "transport/failure.h"
#include "transport/response_head.h"

namespace nexus_mirror::transport {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::size_t kLongestLine = 4096;  // of a chunk's size or a trailer
constexpr std::size_t kMostTrailers = 100;
constexpr int kMostInterim = 8;  // 1xx before the real answer

[[noreturn]] void throw_cut_short(const std::string& detail) {
  throw Failure(Failure::Cause::closed, "the answer was cut short: " + detail);
}

// Where the head ends (behind its empty line), or npos. `from` skips what was searched before.
std::size_t head_end(std::string_view text, std::size_t from) {
  for (auto at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (text.compare(at + 1, 1, "\n") == 0) return at + 2;
    if (text.compare(at + 1, 2, "\r\n") == 0) return at + 3;
  }
  return std::string_view::npos;
}

// The one Content-Length of a head; repeated equal values count once (RFC 9112, 6.3).
std::size_t content_length(const ResponseHead& head) {
  std::string value;
  for (const auto& [name, said] : head.fields) {
    if (!text::equal_ignoring_case(name, "Content-Length")) continue;
    if (!value.empty() && said != value) throw_no_http("two lengths");
    value = said;
  }
  const auto length = text::parse_number<std::size_t>(value);
  if (!length) throw_no_http("its length is no number");
  return *length;
}

bool is_packed(const std::string& encoding) {
  const std::string coding = text::lower(encoding);
  if (coding.empty() || coding == "identity") return false;
  if (coding == "gzip" || coding == "x-gzip" || coding == "deflate") return true;
  throw Failure(Failure::Cause::unusable,
                "the answer cannot be unpacked: its encoding is " + one_line(coding).substr(0, 40),
                "a proxy in between may have chosen it");
}

bool keeps_alive(const ResponseHead& head) {
  const std::string connection = text::lower(head.get("Connection"));
  if (connection.find("close") != std::string::npos) return false;
  return head.http11 || connection.find("keep-alive") != std::string::npos;
}

}  // namespace

ResponseReader::ResponseReader(Connection& connection, const StopSignal& stop, BodyLimit limit,
                               Body::Drain drain)
    : connection_(connection),
      stop_(stop),
      limit_(limit),
      buffer_(kBufferSize),
      body_(limit, std::move(drain)),
      inflater_(body_) {}

Answer ResponseReader::read() {
  Answer answer = read_head();
  read_body(answer);
  return answer;
}

Answer ResponseReader::read_head() {
  Answer answer;
  head_ = take_head(answer);
  for (int interim = 0; answer.response.status < 200; ++interim) {
    if (interim == kMostInterim || answer.response.status == 101) {
      throw_no_http("status " + std::to_string(answer.response.status));
    }
    answer = {};
    head_ = take_head(answer);
  }
  return answer;
}

void ResponseReader::read_body(Answer& answer) {
  switch (head_.framing) {
    case Framing::none:
      break;
    case Framing::length:
      read_length(head_);
      break;
    case Framing::chunked:
      read_chunked(head_);
      break;
    case Framing::until_close:
      read_until_close(head_);
      answer.reusable = false;
      break;
  }
  if (head_.packed) inflater_.finish();
  if (begin_ != end_) answer.reusable = false;  // more than was announced: out of step
  answer.response.bytes_received = received_;
  answer.response.body = body_.take();
}

std::optional<std::uint64_t> ResponseReader::length() const {
  if (head_.framing == Framing::none) return 0;
  if (head_.framing != Framing::length) return std::nullopt;
  return head_.length;
}

ResponseReader::Head ResponseReader::take_head(Answer& answer) {
  std::string text;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const std::size_t searched = text.size() < 3 ? 0 : text.size() - 3;
    if (begin_ == end_ && !fill()) {
      if (text.empty()) {
        throw Failure(Failure::Cause::closed, "the server closed the connection without an answer");
      }
      throw_cut_short("its head is incomplete");
    }
    const std::size_t before = text.size();
    text.append(buffered());
    end = head_end(text, searched);
    if ((end == std::string::npos ? text.size() : end) > kLargestHead) {
      throw_no_http("its head is larger than 64 KiB");
    }
    begin_ = end == std::string::npos ? end_ : begin_ + (end - before);
  }
  text.resize(end);

  answer.head = parse_head(text);
  const ResponseHead& head = answer.head;
  HttpResponse& response = answer.response;
  const int status = response.status = head.status;
  response.content_type = head.get("Content-Type");
  response.retry_after = head.get("Retry-After");
  response.date = head.get("Date");
  response.etag = head.get("ETag");
  answer.location = head.get("Location");
  answer.reusable = keeps_alive(head);

  Head result;
  if (status < 200 || status == 204 || status == 304) return result;
  result.packed = is_packed(head.get("Content-Encoding"));
  if (head.has("Transfer-Encoding")) {
    if (!text::equal_ignoring_case(head.get("Transfer-Encoding"), "chunked")) {
      throw_no_http("its transfer encoding is not chunked");
    }
    result.framing = Framing::chunked;
    if (head.has("Content-Length")) answer.reusable = false;  // somebody disagrees about its end
  } else if (head.has("Content-Length")) {
    result.framing = Framing::length;
    result.length = content_length(head);
    if (result.length > static_cast<std::size_t>(limit_.bytes)) limit_.refuse();
  } else {
    result.framing = Framing::until_close;
  }
  return result;
}

void ResponseReader::read_length(const Head& head) {
  connection_.expect(head.length);
  if (!head.packed) body_.expect(head.length);
  read_exactly(head.length, head);
}

void ResponseReader::read_chunked(const Head& head) {
  while (true) {
    const std::string line = read_line();
    std::string_view rest = line;
    const auto size = text::take_number<std::size_t>(rest, 16);
    // Digits, and yet no number: more than any size has.
    if (!size && !line.empty() && text::hex_value(line.front())) limit_.refuse();
    // A chunk's extensions stand behind ';' and mean nothing to us.
    if (!size || rest.find_first_not_of(" \t") != rest.find(';')) {
      throw_no_http("a chunk without its size");
    }
    if (*size == 0) break;
    if (*size > static_cast<std::size_t>(limit_.bytes)) limit_.refuse();
    read_exactly(*size, head);
    if (!read_line().empty()) throw_no_http("a chunk that is longer than its size");
  }
  std::size_t trailers = 0;
  while (!read_line().empty()) {
    if (++trailers > kMostTrailers) throw_no_http("too many trailers");
  }
}

void ResponseReader::read_until_close(const Head& head) {
  while (true) {
    if (begin_ == end_ && !fill()) break;
    read_exactly(end_ - begin_, head);
  }
}

void ResponseReader::read_exactly(std::size_t size, const Head& head) {
  count(size);
  while (size > 0) {
    std::size_t got = 0;
    if (head.packed) {
      if (begin_ == end_ && !fill()) throw_cut_short("its packed data ends early");
      got = std::min(size, end_ - begin_);
      if (wire_) wire_(buffered().substr(0, got));
      inflater_.feed(buffered().substr(0, got));
      begin_ += got;
    } else {
      const Body::Room room = body_.room(size);
      got = take_buffered(room.data, room.size);
      if (got == 0) got = connection_.receive(room.data, room.size, stop_);
      body_.written(got);
    }
    if (got == 0) throw_cut_short(text::counted(size, "byte is", "bytes are") + " missing");
    size -= got;
  }
}

bool ResponseReader::fill() {
  begin_ = 0;
  end_ = connection_.receive(buffer_.data(), buffer_.size(), stop_);
  if (end_ > 0) begun_ = true;
  return end_ > 0;
}

std::string ResponseReader::read_line() {
  std::string line;
  while (true) {
    if (begin_ == end_ && !fill()) throw_cut_short("its last chunk is missing");
    const std::string_view ready = buffered();
    const auto newline = ready.find('\n');
    line.append(ready.substr(0, newline));
    if (line.size() > kLongestLine) throw_no_http("a chunk without its size");
    if (newline == std::string_view::npos) {
      begin_ = end_;
      continue;
    }
    begin_ += newline + 1;
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
}

std::size_t ResponseReader::take_buffered(char* target, std::size_t size) {
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(target, buffer_.data() + begin_, taken);
  begin_ += taken;
  return taken;
}

void ResponseReader::count(std::size_t size) {
  received_ += size;
  if (received_ > static_cast<std::uint64_t>(limit_.bytes)) limit_.refuse();
}

}  // namespace nexus_mirror::transport
