#include "exports/writer.h"

namespace nexus_mirror::exports {

std::string_view set_name(const FormatSettings& settings, Split split) {
  if (settings.split_ratio <= 0) return "annotations";
  return split == Split::train ? "train" : "validate";
}

}  // namespace nexus_mirror::exports
