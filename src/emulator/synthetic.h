// Made-up projects of any size, the same for the same seed.
#pragma once

#include <cstdint>
#include <string>

#include "emulator/catalog.h"

namespace nexus_mirror::emulator {

struct SyntheticOptions {
  std::uint32_t assets = 1000;
  std::uint32_t annotations = 10000;
  std::uint64_t seed = 1;
  std::uint32_t projects = 1;  // assets and annotations are shared out among them
};

// Reads "assets=N,annotations=N,seed=N,projects=N" (each may be left out). Throws Error(usage).
SyntheticOptions parse_synthetic(const std::string& text);

// Adds projects "synthetic", or "synthetic-1" and so on, of type ObjectDetection with five tags and
// rectangles, whose statistics are right; and a workspace if `catalog` has none. Assets and
// annotations are computed when they are asked for. The caller holds the catalog alone.
void add_synthetic(const SyntheticOptions& options, Catalog& catalog);

}  // namespace nexus_mirror::emulator
