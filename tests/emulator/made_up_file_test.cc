#include "emulator/made_up_file.h"

#include <Poco/Checksum.h>
#include <Poco/InflatingStream.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace nexus_mirror::emulator {
namespace {

std::size_t big_endian(const std::string& bytes, std::size_t at, int count) {
  std::size_t value = 0;
  for (int i = 0; i < count; ++i) {
    value = value * 256 + static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
  }
  return value;
}

// Chunk by chunk, as a reader of PNG goes: the size in pixels and the rows.
void expect_png(const std::string& bytes, std::size_t width, std::size_t height) {
  ASSERT_TRUE(bytes.starts_with("\x89PNG\r\n\x1a\n"));
  std::string order, pixels;
  for (std::size_t at = 8; at < bytes.size();) {
    const std::size_t size = big_endian(bytes, at, 4);
    const std::string type = bytes.substr(at + 4, 4), data = bytes.substr(at + 8, size);
    Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
    crc.update(type + data);
    EXPECT_EQ(big_endian(bytes, at + 8 + size, 4), crc.checksum()) << type;
    if (type == "IHDR") {
      EXPECT_EQ(big_endian(data, 0, 4), width);
      EXPECT_EQ(big_endian(data, 4, 4), height);
    }
    if (type == "IDAT") pixels = data;
    order += type + " ";
    at += 12 + size;
  }
  EXPECT_EQ(order, "IHDR tEXt IDAT IEND ");
  std::istringstream packed(pixels);
  Poco::InflatingInputStream inflater(packed, Poco::InflatingStreamBuf::STREAM_ZLIB);
  std::ostringstream rows;
  rows << inflater.rdbuf();
  EXPECT_EQ(rows.str().size(), (width + 1) * height);
}

// Segment by segment up to the scan, whose blocks are counted bit by bit.
void expect_jpeg(const std::string& bytes, std::size_t width, std::size_t height) {
  ASSERT_TRUE(bytes.starts_with("\xff\xd8\xff\xe0"));
  ASSERT_TRUE(bytes.ends_with("\xff\xd9"));
  std::size_t at = 2, blocks = 0;
  for (int marker = 0; marker != 0xda;) {
    ASSERT_EQ(bytes.at(at), '\xff') << at;
    marker = static_cast<int>(big_endian(bytes, at + 1, 1));
    if (marker == 0xc0) {
      EXPECT_EQ(big_endian(bytes, at + 5, 2), height);
      EXPECT_EQ(big_endian(bytes, at + 7, 2), width);
      blocks = (width + 7) / 8 * ((height + 7) / 8);
    }
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  const std::string scan = bytes.substr(at, bytes.size() - 2 - at);
  EXPECT_EQ(scan.find('\xff'), std::string::npos);
  EXPECT_EQ(scan.size(), (10 + 2 * (blocks - 1) + 7) / 8);
}

TEST(EmulatorMadeUpFileTest, PicturesHaveTheirSizeInPixelsAndBytes) {
  for (const auto& [width, height, bytes] :
       {std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>{640, 480, 20000},
        {1, 1, 4000},
        {1920, 1080, 400001},
        {9, 1, 65537 + 700},
        {100, 70, 200000}}) {
    for (std::uint64_t more = 0; more < 5; ++more) {
      const FileTraits png{"image/png", bytes + more, width, height};
      const std::string made = made_up_file(png, "asset_1");
      EXPECT_EQ(made.size(), bytes + more);
      expect_png(made, width, height);
      const FileTraits jpeg{"image/jpeg", bytes + more, width, height};
      const std::string photo = made_up_file(jpeg, "asset_1");
      EXPECT_EQ(photo.size(), bytes + more);
      expect_jpeg(photo, width, height);
    }
  }
}

TEST(EmulatorMadeUpFileTest, APictureIsAsLargeAsItMustBe) {
  const std::string made = made_up_file({"image/jpeg", 10, 640, 480}, "asset_1");
  EXPECT_GT(made.size(), 1000U);
  expect_jpeg(made, 640, 480);
  expect_png(made_up_file({"image/png", 0, 64, 64}, "asset_1"), 64, 64);
}

TEST(EmulatorMadeUpFileTest, TheIdDecides) {
  for (const char* const type : {"image/png", "image/jpeg", "video/mp4"}) {
    const FileTraits traits{type, 9000, 64, 64};
    EXPECT_EQ(made_up_file(traits, "a"), made_up_file(traits, "a")) << type;
    EXPECT_NE(made_up_file(traits, "a"), made_up_file(traits, "b")) << type;
  }
}

TEST(EmulatorMadeUpFileTest, OtherTypesAreNoiseBehindTheirFirstBytes) {
  const std::string video = made_up_file({"video/mp4", 1000, 640, 480}, "a");
  EXPECT_EQ(video.size(), 1000U);
  EXPECT_EQ(video.substr(4, 4), "ftyp");
  EXPECT_EQ(made_up_file({"application/dicom", 77, 0, 0}, "a").size(), 77U);
  EXPECT_EQ(made_up_file({"image/png", 99, 0, 0}, "a").size(), 99U);
  EXPECT_EQ(made_up_file({"video/mp4", kMostMadeUpBytes + 1, 0, 0}, "a").size(), kMostMadeUpBytes);
  EXPECT_EQ(made_up_file({"", 0, 0, 0}, "a"), "");
}

}  // namespace
}  // namespace nexus_mirror::emulator
