// The head of an answer (RFC 9112, 2 to 5). Poco's parser refuses a field of more than 8 KiB, which
// some content security policies are; here only the head as a whole has a limit. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus_mirror::transport {

inline constexpr std::size_t kLargestHead = 64 * 1024;  // bytes, its empty line included

struct ResponseHead {
  int status = 0;       // 100 to 599
  bool http11 = false;  // else an older HTTP/1
  std::vector<std::pair<std::string, std::string>> fields;

  // The first value of field `name`, in any letter case; empty when there is none.
  std::string get(std::string_view name) const;
  bool has(std::string_view name) const;
};

// Parses a head as it came. Lines that are no field are passed over. Throws Failure(unusable) when
// it does not begin with the status line of HTTP/1.
ResponseHead parse_head(std::string_view text);

// Throws Failure(unusable): "the answer is no HTTP: " and `reason`.
[[noreturn]] void throw_no_http(const std::string& reason);

}  // namespace nexus_mirror::transport
