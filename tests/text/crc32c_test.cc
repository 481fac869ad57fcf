#include "text/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "text/base64.h"

namespace nexus_mirror::text {
namespace {

// RFC 3720, appendix B.4.
TEST(TextCrc32cTest, IsThatOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(TextCrc32cTest, InstructionAndTablesAgreeAtEachLengthAndInParts) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes)) << i;
    const std::string_view all = bytes;
    const std::size_t middle = bytes.size() / 3;
    EXPECT_EQ(crc32c(all.substr(middle), crc32c(all.substr(0, middle))), crc32c(bytes)) << i;
    EXPECT_EQ(crc32c_by_table(all.substr(middle), crc32c_by_table(all.substr(0, middle))),
              crc32c(bytes))
        << i;
    bytes += static_cast<char>(i * 37 + 11);
  }
}

TEST(TextBase64Test, HasNoLineBreaks) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string(100, 'a')).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::text
