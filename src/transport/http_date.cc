#include "transport/http_date.h"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/DateTimeParser.h>

namespace nexus_mirror::transport {

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  // IMF-fixdate, RFC 850 and asctime.
  for (const char* format :
       {"%w, %d %b %Y %H:%M:%S GMT", "%W, %d-%b-%y %H:%M:%S GMT", "%w %b %f %H:%M:%S %Y"}) {
    Poco::DateTime time;
    int offset = 0;
    // The parser reads a date out of nearly everything; what it read must say the same again.
    if (Poco::DateTimeParser::tryParse(format, text, time, offset) &&
        Poco::DateTimeFormatter::format(time, format) == text) {
      return time.timestamp().epochMicroseconds() / 1000;
    }
  }
  return std::nullopt;
}

}  // namespace nexus_mirror::transport
