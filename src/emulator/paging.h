// Pages of a listing and the cursors between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "emulator/exchange.h"
#include "emulator/kind.h"

namespace nexus_mirror::emulator {

// A cursor is opaque and holds an offset: when rows come or go before it, rows slip from page to
// page, as with the real server. It is good for the listing (path and filters) that gave it out,
// also after a restart, and for no other.
struct PageRequest {
  std::size_t offset = 0;
  std::size_t limit = 0;    // rows, 1..max_page
  std::uint64_t scope = 0;  // says which listing

  // Reads `limit` and `page`; a larger limit than `max_page` is cut down to it. Throws
  // Error(http_status 400) for a limit or a cursor that is none.
  static PageRequest read(const ApiRequest& request, std::size_t max_page);

  std::string cursor(std::size_t at) const;
};

// Opens the page, to be followed by the rows and "]}". `next` and `previous` may be empty.
std::string page_head(Dialect dialect, const std::string& next, const std::string& previous);

}  // namespace nexus_mirror::emulator
