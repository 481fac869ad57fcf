// Which formats suit which projects (CONTRACT.md 5, "Boxes and outlines"). Any thread may call
// anything.
#pragma once

#include <string>
#include <string_view>

#include "exports/writer.h"

namespace nexus_mirror::exports {

// Whether projects of `type` have, as a rule, annotations of a bound type that a format of `traits`
// takes. Of a type that nobody knows they may have any.
bool suits(const Traits& traits, std::string_view type);

// The same for one bound type, as the mirror names it.
bool takes(const Traits& traits, std::string_view bound_type);

// "tfrecord is for annotations of type Rectangle or Polygon, and the project is of type Keypoint"
std::string misfit_reason(std::string_view format, const Traits& traits, std::string_view type);

}  // namespace nexus_mirror::exports
