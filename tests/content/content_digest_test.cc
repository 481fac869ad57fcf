// Content is known while it passes, in whatever pieces it comes.
#include "content/content_digest.h"

#include <gtest/gtest.h>

#include <string>

#include "text/digest.h"

namespace nexus_mirror::content {
namespace {

bool is_cut(const std::string& bytes, std::size_t piece) {
  ContentDigest digest;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    digest.update(std::string_view(bytes).substr(at, piece));
  }
  const ContentHashes hashes = digest.take();
  EXPECT_EQ(hashes.sha256, text::sha256(bytes));
  EXPECT_EQ(hashes.bytes, bytes.size());
  return hashes.cut_jpeg;
}

TEST(ContentDigestTest, SeesHowAJpegEndsWhateverThePieces) {
  const std::string begin = "\xff\xd8\xff", end = "\xff\xd9";
  for (const std::size_t piece : {1, 2, 3, 5, 100}) {
    EXPECT_FALSE(is_cut(begin + "pixels" + end, piece)) << piece;
    EXPECT_TRUE(is_cut(begin + "pixels", piece)) << piece;
    EXPECT_TRUE(is_cut(begin + "pixels" + end + "\n", piece)) << piece;
    EXPECT_TRUE(is_cut(begin + "pixels\xff", piece)) << piece;
    EXPECT_TRUE(is_cut(begin, piece)) << piece;
    EXPECT_FALSE(is_cut("\x89PNG pixels", piece)) << piece;
    EXPECT_FALSE(is_cut("\xff\xd8", piece)) << piece;
  }
  EXPECT_FALSE(is_cut("", 1));
}

}  // namespace
}  // namespace nexus_mirror::content
