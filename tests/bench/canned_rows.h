// Made-up rows of a Nexus as JSON, computed from their index whenever they are asked for: a server
// of them has nothing to look up and nothing to hold, so it is not what a client waits for.
//
// Five annotations an asset, rectangles, about 330 bytes each. Ids look random, as the server's do,
// and lead back to their index. Annotations are listed as assets were worked on: those of one asset
// lie within some hundred rows of each other, in no order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::bench {

constexpr std::uint64_t kAnnotationsPerAsset = 5;
constexpr std::array<std::string_view, 8> kTags = {"car",  "truck",         "person", "bicycle",
                                                   "sign", "traffic light", "dog",    "bus"};

enum class Kind : std::uint64_t { asset = 1, annotation = 2 };

// Appends the lower `digits` hexadecimal digits of `value`.
void append_hex(std::uint64_t value, int digits, std::string& out);

// One project. Constant but for change_some().
class CannedProject {
 public:
  CannedProject(std::uint64_t number, std::uint64_t assets);

  const std::string& id() const { return id_; }
  std::uint64_t assets() const { return assets_; }
  std::uint64_t annotations() const { return assets_ * kAnnotationsPerAsset; }

  // From now on about one asset in `one_in` has another status and its annotations have other
  // boxes. Which ones: by chance, the same in each run; others at each call.
  void change_some(std::uint64_t one_in) { rounds_.push_back(one_in); }
  // From now on links lead to `base`/files/, and each file has so many bytes.
  void serve_files(std::string_view base, std::uint64_t bytes) {
    files_ = std::string(base) + "/files/";
    file_bytes_ = bytes;
  }
  std::uint64_t file_bytes() const { return file_bytes_; }

  void append_project(std::string& out) const;
  // `stamp` is what a signed link has of the moment, and `signature` is another at each call.
  void append_asset(std::uint64_t asset, std::string_view stamp, std::uint64_t signature,
                    std::string& out) const;
  void append_annotation(std::uint64_t annotation, std::string& out) const;

  // The index behind an id; nullopt when there is no such row.
  std::optional<std::uint64_t> index_of(Kind kind, std::string_view id) const;
  // In the order of the listing.
  std::array<std::uint64_t, kAnnotationsPerAsset> annotations_of(std::uint64_t asset) const;

 private:
  std::uint64_t asset_of(std::uint64_t annotation) const;
  std::uint64_t version_of(std::uint64_t asset) const;
  std::size_t tag_of(std::uint64_t annotation) const;
  std::uint64_t random(Kind kind, std::uint64_t index) const;
  void append_id(Kind kind, std::uint64_t index, std::string& out) const;
  void append_box(std::uint64_t annotation, std::string& out) const;

  std::uint64_t number_, assets_;
  std::string id_;
  std::array<std::uint64_t, kTags.size()> counts_{};  // of annotations, by tag
  std::string files_ = "https://storage.googleapis.com/bench/";
  std::uint64_t file_bytes_ = 0;       // 0 = there are none
  std::vector<std::uint64_t> rounds_;  // what change_some() was told
};

}  // namespace nexus_mirror::bench
