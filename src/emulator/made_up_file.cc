#include "emulator/made_up_file.h"

#include <Poco/Checksum.h>
#include <Poco/DeflatingStream.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "emulator/synthetic_records.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 28;
constexpr std::uint64_t kMostJpegSide = 65535;

std::uint64_t seed_of(std::string_view id) {
  std::uint64_t seed = id.size();
  for (const char c : id) seed = mixed(seed ^ static_cast<unsigned char>(c));
  return seed;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

// PNG: ISO/IEC 15948. ---------------------------------------------------------------------------

void append_chunk(std::string& out, std::string_view type, std::string_view data) {
  append_big_endian(out, data.size(), 4);
  const std::size_t begin = out.size();
  out.append(type).append(data);
  Poco::Checksum crc(Poco::Checksum::TYPE_CRC32);
  crc.update(out.data() + begin, static_cast<unsigned>(out.size() - begin));
  append_big_endian(out, crc.checksum(), 4);
}

std::string deflated_rows(const FileTraits& traits, char grey) {
  std::ostringstream packed;
  Poco::DeflatingOutputStream deflater(packed, Poco::DeflatingStreamBuf::STREAM_ZLIB, 1);
  const std::string row = '\0' + std::string(traits.width, grey);
  for (std::uint64_t y = 0; y < traits.height; ++y) {
    deflater.write(row.data(), static_cast<std::streamsize>(row.size()));
  }
  deflater.close();
  return packed.str();
}

std::string png(const FileTraits& traits, std::string_view id) {
  std::string header;
  append_big_endian(header, traits.width, 4);
  append_big_endian(header, traits.height, 4);
  header.append("\x08\0\0\0\0", 5);  // eight bits of grey
  std::string out("\x89PNG\r\n\x1a\n");
  append_chunk(out, "IHDR", header);
  const std::string pixels = deflated_rows(traits, static_cast<char>(64 + seed_of(id) % 128));
  std::string comment("Comment");
  comment.append(1, '\0').append(id);
  constexpr std::size_t kChunkFrame = 12;
  const std::size_t smallest = out.size() + 3 * kChunkFrame + comment.size() + pixels.size();
  if (traits.bytes > smallest) comment.append(traits.bytes - smallest, ' ');
  append_chunk(out, "tEXt", comment);
  append_chunk(out, "IDAT", pixels);
  append_chunk(out, "IEND", {});
  return out;
}

// JPEG: ITU-T T.81, baseline, one component. ------------------------------------------------------

// Every coefficient but the first block's average is zero. So two codes do for differences of
// averages, "0" for none and "10" for one of seven bits, and one, "0", for "nothing else".
std::string jpeg_tables(const FileTraits& traits) {
  std::string out("\xff\xdb\0\x43\0", 5);  // quantisation: 8 throughout
  out.append(64, '\x08');
  out.append("\xff\xc0\0\x0b\x08", 5);  // frame of eight bits a sample
  append_big_endian(out, traits.height, 2);
  append_big_endian(out, traits.width, 2);
  out.append("\x01\x01\x11\0", 4);
  out.append("\xff\xc4\0\x15\0\x01\x01", 7).append(14, '\0').append("\0\x07", 2);
  out.append("\xff\xc4\0\x14\x10\x01", 6).append(15, '\0').append(1, '\0');
  out.append("\xff\xda\0\x08\x01\x01\0\0\x3f\0", 10);
  return out;
}

std::string jpeg_scan(const FileTraits& traits, std::uint64_t seed) {
  const std::uint64_t blocks = (traits.width + 7) / 8 * ((traits.height + 7) / 8);
  // "10", seven bits of 64..127 above the middle grey, "0"; then "00" for each further block.
  const std::uint64_t level = 64 + seed % 63;
  const std::uint64_t first = (std::uint64_t{2} << 8) | (level << 1);  // ten bits
  const std::uint64_t bits = 10 + 2 * (blocks - 1);
  std::string out((bits + 7) / 8, '\0');
  for (int i = 0; i < 10; ++i) {
    if ((first >> (9 - i)) & 1)
      out[static_cast<std::size_t>(i / 8)] |= static_cast<char>(0x80 >> i % 8);
  }
  const std::uint64_t left = out.size() * 8 - bits;
  out.back() = static_cast<char>(out.back() | ((1 << left) - 1));  // filled up with ones
  return out;  // no byte is FF, which would have to be marked
}

// Comments of `bytes` in all, four or more.
void append_comments(std::string& out, std::uint64_t bytes, std::string_view id) {
  constexpr std::uint64_t kLargest = 2 + 65535, kSmallest = 4;
  while (bytes > 0) {
    std::uint64_t size = std::min(bytes, kLargest);
    if (bytes - size > 0 && bytes - size < kSmallest) size -= kSmallest;
    out.append("\xff\xfe", 2);
    append_big_endian(out, size - 2, 2);
    std::string text(id.substr(0, size - kSmallest));
    text.resize(size - kSmallest, ' ');
    out.append(text);
    bytes -= size;
  }
}

std::string jpeg(const FileTraits& traits, std::string_view id) {
  const std::string body = jpeg_tables(traits) + jpeg_scan(traits, seed_of(id));
  std::string out("\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 20);
  id = id.substr(0, 1000);
  const std::uint64_t smallest = out.size() + 4 + id.size() + body.size() + 2;
  append_comments(out, 4 + id.size() + (traits.bytes > smallest ? traits.bytes - smallest : 0), id);
  return out.append(body).append("\xff\xd9", 2);
}

// Anything else. ----------------------------------------------------------------------------------

std::string_view first_bytes(std::string_view mime_type) {
  using namespace std::string_view_literals;
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kFirst = {{
      {"image/png", "\x89PNG\r\n\x1a\n"sv},
      {"image/jpeg", "\xff\xd8\xff\xe0"sv},
      {"image/gif", "GIF89a"sv},
      {"image/bmp", "BM"sv},
      {"image/tiff", "II*\0"sv},
      {"image/webp", "RIFF\xff\xff\xff\x7fWEBPVP8 "sv},
      {"video/mp4",
       "\0\0\0\x18"
       "ftypmp42\0\0\0\0mp42isom"sv},
      {"application/gzip", "\x1f\x8b\x08"sv},
      {"application/pdf", "%PDF-1.7\n"sv},
  }};
  for (const auto& [type, bytes] : kFirst) {
    if (type == mime_type) return bytes;
  }
  return {};
}

}  // namespace

std::string made_up_bytes(std::size_t count, std::string_view id) {
  std::string out;
  out.reserve(count + 8);
  const std::uint64_t seed = seed_of(id);
  for (std::uint64_t i = 0; out.size() < count; ++i) append_big_endian(out, mixed(seed + i), 8);
  out.resize(count);
  return out;
}

std::string made_up_file(const FileTraits& said, std::string_view id) {
  FileTraits traits = said;
  traits.bytes = std::min(traits.bytes, kMostMadeUpBytes);
  const bool has_size = traits.width > 0 && traits.height > 0 && traits.width <= kMostPixels &&
                        traits.height <= kMostPixels / traits.width;
  if (has_size && traits.mime_type == "image/png") return png(traits, id);
  if (has_size && traits.mime_type == "image/jpeg" &&
      std::max(traits.width, traits.height) <= kMostJpegSide) {
    return jpeg(traits, id);
  }
  const std::string_view first = first_bytes(traits.mime_type);
  std::string out = made_up_bytes(std::max<std::uint64_t>(traits.bytes, first.size()), id);
  return out.replace(0, first.size(), first);
}

}  // namespace nexus_mirror::emulator
