// What tells content apart, of bytes that pass once: SHA-256, by which it is kept, the two hashes
// that Google Cloud Storage gives, and whether it is a picture that its readers would mend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "text/digest.h"

namespace nexus_mirror::content {

// What was hashed. Rule for the last two: x-goog-hash of the XML API of Google Cloud Storage.
struct ContentHashes {
  std::string sha256;  // 64 hexadecimal digits in lower case
  std::string crc32c;  // Base64 of four bytes, the first the most significant
  std::string md5;     // Base64
  std::uint64_t bytes = 0;
  bool cut_jpeg = false;  // is_cut_jpeg()
};

// How much of content is_cut_jpeg() asks for.
inline constexpr std::size_t kJpegBegin = 3, kJpegEnd = 2;

// Whether content of these first and last bytes (fewer of shorter content) is a JPEG without the
// mark of its end, FF D9: one that was cut, or has something behind. Ultralytics writes such files
// anew where they lie.
bool is_cut_jpeg(std::string_view first, std::string_view last);

// One thread at a time. Throws std::bad_alloc alone.
class ContentDigest {
 public:
  void update(std::string_view bytes);
  ContentHashes take();  // of everything so far; once, at the end

 private:
  text::Sha256 sha256_;
  text::Md5 md5_;
  std::uint32_t crc_ = 0;
  std::uint64_t bytes_ = 0;
  std::string first_, last_;  // for is_cut_jpeg()
};

}  // namespace nexus_mirror::content
