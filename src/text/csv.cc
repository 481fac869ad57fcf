#include "text/csv.h"

#include "text/utf8.h"

namespace nexus_mirror::text {

void append_csv_field(std::string& csv, std::string_view field) {
  const std::string valid = valid_utf8(field);
  if (!valid.empty() && valid.find_first_of(",\"\r\n") == std::string::npos) {
    csv += valid;
    return;
  }
  csv += '"';
  for (const char c : valid) {
    if (c == '"') csv += '"';
    csv += c;
  }
  csv += '"';
}

}  // namespace nexus_mirror::text
