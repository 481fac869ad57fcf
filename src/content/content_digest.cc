#include "content/content_digest.h"

#include "text/base64.h"
#include "text/crc32c.h"

namespace nexus_mirror::content {

void ContentDigest::update(std::string_view bytes) {
  sha256_.update(bytes);
  md5_.update(bytes);
  crc_ = text::crc32c(bytes, crc_);
  bytes_ += bytes.size();
}

ContentHashes ContentDigest::take() {
  std::string crc;
  for (int shift = 24; shift >= 0; shift -= 8) crc += static_cast<char>((crc_ >> shift) & 0xff);
  return {sha256_.hexadecimal(), text::base64(crc), text::base64(md5_.bytes()), bytes_};
}

}  // namespace nexus_mirror::content
