// The part of a file that a request asks for.
#pragma once

#include <cstddef>
#include <string_view>

namespace nexus_mirror::emulator {

struct ByteRange {
  enum class Kind { whole, part, behind_the_end };
  Kind kind = Kind::whole;
  std::size_t first = 0, last = 0;  // of a part, both included

  // Reads the value of a header "Range" for a file of `size` bytes. None, several parts, another
  // unit and what is no range are the whole. Rule: RFC 9110, section 14.
  static ByteRange read(std::string_view header, std::size_t size);
};

}  // namespace nexus_mirror::emulator
