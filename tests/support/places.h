// Where the tests find the repository, what was built, and the programs under test. Known to one
// source alone, so that all others compile to the same whatever folder the build is in.
#pragma once

#include <string>

namespace nexus_mirror::testing {

// `path` below the repository's top or the folder of the build, absolute.
std::string in_source(const std::string& path);
std::string in_build(const std::string& path);

std::string mirror_program();    // nexus-mirror
std::string emulator_program();  // nexus-emulator
// Whether a library can be loaded before the programs: sanitizers want to be the first.
bool can_preload();
std::string early_signal();  // what LD_PRELOAD takes (preload/early_signal.cc)
std::string scarce();        // likewise (preload/scarce.cc)
std::string kill_at();       // likewise (preload/kill_at.cc)
std::string few_threads();   // what LD_PRELOAD takes (preload/few_threads.cc)

}  // namespace nexus_mirror::testing
