// The rows of one synthetic project, as functions of their index.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kind.h"
#include "emulator/record_list.h"

namespace nexus_mirror::emulator {

inline constexpr std::array<std::string_view, 5> kSyntheticTags = {"car", "pedestrian", "bicycle",
                                                                   "sign", "light"};

// A well mixed number for each `value` (the finaliser of SplitMix64).
std::uint64_t mixed(std::uint64_t value);

// The arithmetic that both kinds share: which annotation lies on which asset. Nineteen of twenty
// assets have annotations, whose indexes are scattered over the whole listing. Immutable.
class SyntheticPlan {
 public:
  SyntheticPlan(std::uint64_t seed, std::string project_id, std::uint32_t assets,
                std::uint32_t annotations);

  const std::string& project_id() const { return project_id_; }
  std::uint32_t assets() const { return assets_; }
  std::uint32_t annotations() const { return annotations_; }
  std::uint32_t annotated_assets() const { return annotated_; }

  void append_asset_id(std::uint32_t asset, std::string& out) const;
  void append_annotation_id(std::uint32_t annotation, std::string& out) const;
  // The asset of that id, or assets() when there is none.
  std::uint32_t asset_with_id(std::string_view id) const;

  std::uint32_t asset_of(std::uint32_t annotation) const;
  std::vector<std::uint32_t> annotations_of(std::uint32_t asset) const;
  std::size_t tag_of(std::uint32_t annotation) const;
  std::uint64_t random(std::uint64_t stream, std::uint32_t index) const;

 private:
  void append_id(std::string_view prefix, std::uint64_t stream, std::uint32_t index,
                 std::uint32_t count, std::string& out) const;

  const std::uint64_t seed_;
  const std::string project_id_;
  const std::uint32_t assets_, annotations_, annotated_;
  std::uint64_t step_ = 1, inverse_step_ = 1;  // constant after construction
};

std::shared_ptr<const GeneratedRecords> synthetic_assets(std::shared_ptr<const SyntheticPlan> plan,
                                                         Dialect dialect);
std::shared_ptr<const GeneratedRecords> synthetic_annotations(
    std::shared_ptr<const SyntheticPlan> plan, Dialect dialect);

}  // namespace nexus_mirror::emulator
