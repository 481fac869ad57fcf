// Files that nobody has, made up from the id of their object: the same bytes at every call. Pure
// functions; any thread may call them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus_mirror::emulator {

// What the API says of an asset's file; 0 = it does not say.
struct FileTraits {
  std::string mime_type;
  std::uint64_t bytes = 0;
  std::uint64_t width = 0, height = 0;  // pixels
};

// image/png and image/jpeg are pictures of that size in pixels, of one shade of grey, that any
// reader opens; every other type is noise behind the first bytes of such a file. Of exactly `bytes`
// where a picture can be that small, and at most kMostMadeUpBytes.
std::string made_up_file(const FileTraits& traits, std::string_view id);
inline constexpr std::uint64_t kMostMadeUpBytes = std::uint64_t{64} << 20;

// Noise, different for each `id`.
std::string made_up_bytes(std::size_t count, std::string_view id);

}  // namespace nexus_mirror::emulator
