#include "content/content_digest.h"

#include <algorithm>

#include "text/base64.h"
#include "text/crc32c.h"

namespace nexus_mirror::content {

bool is_cut_jpeg(std::string_view first, std::string_view last) {
  return first.starts_with("\xff\xd8\xff") && last != "\xff\xd9";
}

void ContentDigest::update(std::string_view bytes) {
  sha256_.update(bytes);
  md5_.update(bytes);
  crc_ = text::crc32c(bytes, crc_);
  bytes_ += bytes.size();
  if (first_.size() < kJpegBegin) first_ += bytes.substr(0, kJpegBegin - first_.size());
  last_ += bytes.substr(bytes.size() - std::min(bytes.size(), kJpegEnd));
  last_.erase(0, last_.size() - std::min(last_.size(), kJpegEnd));
}

ContentHashes ContentDigest::take() {
  std::string crc;
  for (int shift = 24; shift >= 0; shift -= 8) crc += static_cast<char>((crc_ >> shift) & 0xff);
  return {sha256_.hexadecimal(), text::base64(crc), text::base64(md5_.bytes()), bytes_,
          is_cut_jpeg(first_, last_)};
}

}  // namespace nexus_mirror::content
