// A hash for tables and filters in memory: fast, and no secret. Not to be written down.
#pragma once

#include <cstdint>
#include <string_view>

namespace nexus_mirror::text {

// FNV-1a, and the finish of MurmurHash3 to spread it: ids and names of a server differ in few
// places. Another seed gives another hash. Any thread.
constexpr std::uint64_t spread_hash(std::string_view text,
                                    std::uint64_t seed = 0xcbf29ce484222325) {
  std::uint64_t hash = seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

}  // namespace nexus_mirror::text
