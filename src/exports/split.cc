#include "exports/split.h"

#include <cmath>
#include <string>

#include "exports/digest.h"
#include "text/number.h"

namespace nexus_mirror::exports {

Split split_of(std::string_view asset_id, std::int64_t seed, double ratio) {
  if (ratio <= 0) return Split::train;
  constexpr std::size_t kDigits = 16;
  constexpr int kBits = 53;
  const std::string digest = sha256(std::to_string(seed) + ":" + std::string(asset_id));
  const std::string_view start = std::string_view(digest).substr(0, kDigits);
  const std::uint64_t bits = text::parse_number<std::uint64_t>(start, 16).value() >> (64 - kBits);
  return std::ldexp(static_cast<double>(bits), -kBits) < ratio ? Split::validate : Split::train;
}

std::string_view ImageSet::name() const {
  if (whole) return "annotations";
  return split == Split::train ? "train" : "validate";
}

std::vector<ImageSet> sets_of(double ratio) {
  if (ratio <= 0) return {{Split::train, true}};
  return {{Split::train, false}, {Split::validate, false}};
}

}  // namespace nexus_mirror::exports
