// What destructors do.
#pragma once

namespace nexus_mirror {

// Runs `work`, whose failing is nobody's loss: what it would have cleared away stays, and whoever
// comes next clears it. Where memory has run out even a path cannot be copied, and whatever leaves
// a destructor ends the process.
template <typename Work>
void on_the_way_out(const Work& work) noexcept {
  try {
    work();
  } catch (...) {
  }
}

}  // namespace nexus_mirror
