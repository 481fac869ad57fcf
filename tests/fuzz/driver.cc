// What libFuzzer calls. `PROGRAM --seeds FOLDER` writes the target's seeds there and ends.
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "fuzz/target.h"
#include "log/log.h"
#include "support/places.h"

using nexus_mirror::fuzz::targets;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

// There is nothing else of places here: no program beside this one.
std::string nexus_mirror::testing::in_source(const std::string& path) {
  return SOURCE_DIR "/" + path;
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  nexus_mirror::log::configure(nexus_mirror::log::Level::off, nexus_mirror::log::Style::text);
  if (*argc != 3 || std::string_view((*argv)[1]) != "--seeds") return 0;
  int number = 0;
  for (const std::string& seed : targets().front().seeds()) {
    const auto file = std::filesystem::path((*argv)[2]) / ("seed-" + std::to_string(number++));
    std::ofstream(file, std::ios::binary) << seed;
  }
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
