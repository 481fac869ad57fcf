#include "support/places.h"

namespace nexus_mirror::testing {

std::string in_source(const std::string& path) { return SOURCE_DIR "/" + path; }
std::string in_build(const std::string& path) { return BINARY_DIR "/" + path; }
std::string mirror_program() { return NEXUS_MIRROR_BINARY; }
std::string emulator_program() { return NEXUS_EMULATOR_BINARY; }
bool can_preload() {
#ifdef SANITIZED
  return false;
#else
  return true;
#endif
}
std::string early_signal() { return EARLY_SIGNAL_LIBRARY; }
std::string scarce() { return SCARCE_LIBRARY; }
std::string kill_at() { return KILL_AT_LIBRARY; }
std::string few_threads() { return FEW_THREADS_LIBRARY; }

}  // namespace nexus_mirror::testing
