#include "transport/body.h"

#include <algorithm>
#include <new>
#include <utility>

#include "text/counted.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {
namespace {

constexpr std::size_t kFirstCapacity = 16 * 1024;
constexpr std::size_t kStep = 64 * 1024;

}  // namespace

std::string size_text(std::int64_t bytes) {
  constexpr std::int64_t kMiB = 1 << 20;
  return bytes > 0 && bytes % kMiB == 0 ? std::to_string(bytes / kMiB) + " MiB"
                                        : text::counted(bytes, "byte");
}

void BodyLimit::refuse() const {
  throw Failure(Failure::Cause::unusable,
                "the answer is larger than " + std::string(name) + ", " + size_text(bytes),
                std::string(hint));
}

void Body::expect(std::size_t size) {
  if (!drain_) bytes_.reserve(std::min(size, most_) + kSpare);
}

void Body::drain() {
  drain_(std::string_view(bytes_).substr(0, held()));
  drained_ = size_;
}

Body::Room Body::room(std::size_t wish) {
  if (full()) limit_.refuse();
  if (drain_ && held() >= kStep) drain();
  if (bytes_.size() == held()) {
    if (bytes_.capacity() < held() + 1 + kSpare) {
      const std::size_t capacity = std::max(kFirstCapacity, 2 * held());
      bytes_.reserve(std::min(capacity, most_) + kSpare);
    }
    // A little at a time: resize() fills with zeros, and the cache should still hold them.
    bytes_.resize(std::min({bytes_.capacity() - kSpare, held() + kStep, most_}));
  }
  return {bytes_.data() + held(), std::min({wish, bytes_.size() - held(), most_ - size_})};
}

std::string Body::take() {
  if (drain_) {
    drain();
    return {};
  }
  bytes_.resize(size_);
  bytes_.reserve(size_ + kSpare);
  return std::move(bytes_);
}

Inflater::~Inflater() {
  if (started_) ::inflateEnd(&stream_);
}

void Inflater::start(unsigned char first_byte) {
  // 32: tell gzip and zlib apart by their headers. "deflate" means zlib, but some servers send it
  // bare; a zlib header begins with 8 in its low half, a sensible bare stream never does.
  const bool bare = first_byte != 0x1f && (first_byte & 0x0f) != 8;
  if (::inflateInit2(&stream_, bare ? -MAX_WBITS : MAX_WBITS + 32) != Z_OK) {
    throw std::bad_alloc();  // windows that zlib knows are asked for
  }
  started_ = true;
}

void Inflater::feed(std::string_view packed) {
  if (packed.empty()) return;
  if (!started_) start(static_cast<unsigned char>(packed.front()));
  // zlib does not write to its input; its type only predates const.
  stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream_.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  do {
    if (result == Z_STREAM_END) ::inflateReset(&stream_);
    inside_member_ = true;
    // Asking for the room first: at the limit, another byte of output is one too many, but the
    // checksum at the end of a member needs none.
    char overflow = 0;
    const Body::Room room = output_.full() ? Body::Room{&overflow, 1} : output_.room(kStep);
    stream_.next_out = reinterpret_cast<Bytef*>(room.data);
    stream_.avail_out = static_cast<uInt>(room.size);
    result = ::inflate(&stream_, Z_NO_FLUSH);
    const std::size_t produced = room.size - stream_.avail_out;
    if (produced > 0 && room.data == &overflow) output_.room(1);
    output_.written(produced);
    if (result == Z_STREAM_END) {
      inside_member_ = false;
      if (stream_.avail_in == 0) return;
    }
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      throw Failure(Failure::Cause::unusable,
                    std::string("the answer cannot be unpacked: ") +
                        (stream_.msg != nullptr ? stream_.msg : "not gzip"),
                    "a proxy in between may have damaged it");
    }
  } while (stream_.avail_in > 0 || stream_.avail_out == 0);
}

void Inflater::finish() const {
  if (inside_member_) {
    throw Failure(Failure::Cause::closed, "the answer was cut short: its packed data ends early");
  }
}

}  // namespace nexus_mirror::transport
