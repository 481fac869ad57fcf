#include "canned_rows.h"

#include <algorithm>
#include <charconv>

namespace nexus_mirror::bench {
namespace {

constexpr std::uint64_t kFirstDate = 1704067200000;  // 2024-01-01, in milliseconds
constexpr std::uint64_t kBlock = 64;                 // assets that are worked on at the same time
constexpr std::uint64_t kStep = 37;                  // prime to kBlock: the order within a block
constexpr std::array<std::string_view, 4> kStatuses = {"Annotated", "Review", "Completed", "Tofix"};

// splitmix64's last steps: each has an inverse, so an id of them leads back to its index.
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t unmixed(std::uint64_t value) {
  value = (value ^ (value >> 31) ^ (value >> 62)) * 0x319642b2d24d8ec3U;
  value = (value ^ (value >> 27) ^ (value >> 54)) * 0x96de1b173f119089U;
  return value ^ (value >> 30) ^ (value >> 60);
}

void append_number(std::uint64_t value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// 0.000000 to 0.999999 in six digits, the last of which is none.
void append_fraction(std::uint64_t millionths, std::string& out) {
  char digits[8] = {'0', '.'};
  for (int i = 7; i > 1; --i, millionths /= 10) {
    digits[i] = static_cast<char>('0' + millionths % 10);
  }
  if (digits[7] == '0') digits[7] = '5';
  out.append(digits, sizeof digits);
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

void append_hex(std::uint64_t value, int digits, std::string& out) {
  char text[16];
  for (int i = digits - 1; i >= 0; --i, value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  out.append(text, static_cast<std::size_t>(digits));
}

CannedProject::CannedProject(std::uint64_t number, std::uint64_t assets)
    : number_(number), assets_(assets), id_("proj_") {
  append_hex(mixed(number + 0x5eed), 16, id_);
  append_hex(mixed(number + 0xfeed), 16, id_);
  for (std::uint64_t i = 0; i < annotations(); ++i) ++counts_[tag_of(i)];
}

std::uint64_t CannedProject::random(Kind kind, std::uint64_t index) const {
  return mixed(mixed(static_cast<std::uint64_t>(kind) << 8 | number_) + index);
}

// A block's annotations go round its assets five times; the last, shorter block in plain order.
std::uint64_t CannedProject::asset_of(std::uint64_t annotation) const {
  const std::uint64_t first = annotation / (kBlock * kAnnotationsPerAsset) * kBlock;
  const std::uint64_t at = annotation - first * kAnnotationsPerAsset;
  const std::uint64_t size = std::min(kBlock, assets_ - first);
  return first + (size == kBlock ? at * kStep % kBlock : at % size);
}

std::array<std::uint64_t, kAnnotationsPerAsset> CannedProject::annotations_of(
    std::uint64_t asset) const {
  constexpr std::uint64_t kBack = 45;  // kStep * kBack = 1 (mod kBlock)
  static_assert(kStep * kBack % kBlock == 1);
  const std::uint64_t first = asset / kBlock * kBlock;
  const std::uint64_t size = std::min(kBlock, assets_ - first);
  const std::uint64_t at = size == kBlock ? (asset - first) * kBack % kBlock : asset - first;
  std::array<std::uint64_t, kAnnotationsPerAsset> found;
  for (std::uint64_t i = 0; i < found.size(); ++i) {
    found[i] = first * kAnnotationsPerAsset + at + i * size;
  }
  return found;
}

std::uint64_t CannedProject::version_of(std::uint64_t asset) const {
  std::uint64_t version = 0;
  for (std::size_t round = 0; round < rounds_.size(); ++round) {
    if (mixed(asset * 64 + round + 1) % rounds_[round] == 0) ++version;
  }
  return version;
}

// Cars are three in ten.
std::size_t CannedProject::tag_of(std::uint64_t annotation) const {
  const std::uint64_t draw = random(Kind::annotation, annotation) % 10;
  return draw < 3 ? 0 : static_cast<std::size_t>(draw - 2);
}

// 16 digits that lead back to the index, 16 that are there for their looks.
void CannedProject::append_id(Kind kind, std::uint64_t index, std::string& out) const {
  const std::uint64_t high =
      mixed((static_cast<std::uint64_t>(kind) << 56) ^ (number_ << 40) ^ index);
  const std::uint64_t low = mixed(high + 1);
  out.append(kind == Kind::asset ? "asset_" : "annot_");
  append_hex(high >> 32, 8, out);
  out += '-';
  append_hex(high >> 16, 4, out);
  out += '-';
  append_hex(high, 4, out);
  out += '-';
  append_hex(low >> 48, 4, out);
  out += '-';
  append_hex(low, 12, out);
}

std::optional<std::uint64_t> CannedProject::index_of(Kind kind, std::string_view id) const {
  std::uint64_t high = 0;
  int digits = 0;
  for (std::size_t at = sizeof "asset_" - 1; at < id.size() && digits < 16; ++at) {
    if (id[at] == '-') continue;
    if (digit_of(id[at]) < 0) return std::nullopt;
    high = high << 4 | static_cast<std::uint64_t>(digit_of(id[at]));
    ++digits;
  }
  const std::uint64_t index =
      unmixed(high) ^ (static_cast<std::uint64_t>(kind) << 56) ^ (number_ << 40);
  if (index >= (kind == Kind::asset ? assets_ : annotations())) return std::nullopt;
  std::string known;
  append_id(kind, index, known);
  return known == id ? std::optional(index) : std::nullopt;
}

void CannedProject::append_project(std::string& out) const {
  out.append(R"({"id":")").append(id_).append(R"(","workspaceId":"ws_bench","name":"bench-)");
  append_number(number_, out);
  out.append(R"(","type":"ObjectDetection","createDate":1704067200000,"localization":"SGP")");
  out.append(R"(,"tags":[)");
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    out.append(i == 0 ? "\"" : ",\"").append(kTags[i]).append("\"");
  }
  out.append(R"(],"groups":["main","night"],"statistic":{"tagsCount":[)");
  for (std::size_t i = 0; i < kTags.size(); ++i) {
    out.append(i == 0 ? "" : ",").append(R"({"name":")").append(kTags[i]).append(R"(","count":)");
    append_number(counts_[i], out);
    out += '}';
  }
  out.append(R"(],"totalAssets":)");
  append_number(assets_, out);
  out.append(R"(,"annotatedAssets":)");
  append_number(assets_, out);
  out.append(R"(,"totalAnnotations":)");
  append_number(annotations(), out);
  out.append("}}");
}

void CannedProject::append_asset(std::uint64_t asset, std::string_view stamp,
                                 std::uint64_t signature, std::string& out) const {
  const std::uint64_t chance = random(Kind::asset, asset);
  out.append(R"({"id":")");
  append_id(Kind::asset, asset, out);
  out.append(R"(","projectId":")").append(id_).append(R"(","filename":"camera)");
  append_number(10 + chance % 50, out);  // so that the order of names is not that of arrival
  out.append("_");
  append_number(1000000000 + asset, out);
  out.append(R"(.jpg","status":")").append(kStatuses[(chance / 64 + version_of(asset)) % 4]);
  out.append(R"(","createDate":)");
  append_number(kFirstDate + asset * 1000, out);
  out.append(R"(,"url":")").append(files_).append(id_).append("/");
  append_id(Kind::asset, asset, out);
  out.append("?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=bench&X-Goog-Date=");
  out.append(stamp).append("&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=");
  for (std::uint64_t i = 1; i <= 4; ++i) append_hex(mixed(signature + asset * 8 + i), 16, out);
  out.append(R"(","metadata":{"fileSize":)");
  append_number(file_bytes_ > 0 ? file_bytes_ : 20000 + chance % 400000, out);
  out.append(R"(,"mimeType":"image/jpeg","height":1080,"width":1920,"groups":["main")");
  if (chance % 5 == 0) out.append(R"(,"night")");
  out.append(R"(],"customMetadata":{"site":)");
  append_number(chance / 128 % 40, out);
  out.append(R"(}},"statistic":{"tagsCount":[)");
  std::array<std::uint64_t, kTags.size()> counts{};
  for (const std::uint64_t each : annotations_of(asset)) ++counts[tag_of(each)];
  for (std::size_t i = 0, written = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    out.append(written++ == 0 ? "" : ",").append(R"({"name":")").append(kTags[i]);
    out.append(R"(","count":)");
    append_number(counts[i], out);
    out += '}';
  }
  out.append(R"(],"totalAnnotations":5}})");
}

void CannedProject::append_box(std::uint64_t annotation, std::string& out) const {
  const std::uint64_t version = version_of(asset_of(annotation));
  const std::uint64_t chance = mixed(random(Kind::annotation, annotation) + version);
  const std::uint64_t left = (chance & 0xffff) * 10, top = (chance >> 16 & 0xffff) * 10;
  const std::uint64_t right = left + 20000 + (chance >> 32 & 0xffff) * 4;
  const std::uint64_t bottom = top + 20000 + (chance >> 48 & 0xffff) * 4;
  const std::uint64_t corners[4][2] = {{left, top}, {left, bottom}, {right, bottom}, {right, top}};
  char before = '[';
  for (const auto& corner : corners) {
    out += before;
    out += '[';
    append_fraction(corner[0], out);
    out += ',';
    append_fraction(corner[1], out);
    out += ']';
    before = ',';
  }
  out += ']';
}

void CannedProject::append_annotation(std::uint64_t annotation, std::string& out) const {
  out.append(R"({"id":")");
  append_id(Kind::annotation, annotation, out);
  out.append(R"(","projectId":")").append(id_).append(R"(","assetId":")");
  append_id(Kind::asset, asset_of(annotation), out);
  out.append(R"(","tag":")").append(kTags[tag_of(annotation)]);
  out.append(R"(","boundType":"Rectangle","bound":)");
  append_box(annotation, out);
  out.append(R"(,"createDate":)");
  append_number(kFirstDate + annotation * 200, out);
  out.append(R"(,"attributes":[]})");
}

}  // namespace nexus_mirror::bench
