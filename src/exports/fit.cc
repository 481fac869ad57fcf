#include "exports/fit.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "objects/enumerations.h"
#include "text/joined.h"

namespace nexus_mirror::exports {
namespace {

std::vector<BoundType> bound_types_of(std::string_view project_type) {
  if (project_type == objects::kObjectDetection) return {BoundType::rectangle};
  if (project_type == objects::kInstanceSegmentation) {
    return {BoundType::polygon, BoundType::rectangle};
  }
  if (project_type == objects::kKeypoint) return {BoundType::keypoints};
  if (project_type == objects::kClassification) return {BoundType::classification};
  return {};
}

bool accepts(const Traits& traits, BoundType type) {
  return traits.accepts[static_cast<std::size_t>(type)];
}

}  // namespace

bool suits(const Traits& traits, std::string_view type) {
  const std::vector<BoundType> types = bound_types_of(type);
  return types.empty() || std::any_of(types.begin(), types.end(),
                                      [&](BoundType one) { return accepts(traits, one); });
}

bool takes(const Traits& traits, std::string_view bound_type) {
  const auto* known =
      std::find(std::begin(objects::kBoundTypes), std::end(objects::kBoundTypes), bound_type);
  return accepts(traits, static_cast<BoundType>(known - std::begin(objects::kBoundTypes)));
}

std::string misfit_reason(std::string_view format, const Traits& traits, std::string_view type) {
  std::vector<std::string_view> taken;
  for (const std::string_view bound_type : objects::kBoundTypes) {
    if (takes(traits, bound_type)) taken.push_back(bound_type);
  }
  return std::string(format) + " is for annotations of type " + text::joined(taken, " or ") +
         ", and the project is of type " + std::string(type);
}

}  // namespace nexus_mirror::exports
