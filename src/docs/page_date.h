// The date of the manual pages.
#pragma once

#include <string>

namespace nexus_mirror::docs {

// `epoch` in seconds (reproducible-builds.org, SOURCE_DATE_EPOCH) as YYYY-MM-DD, UTC; "" of
// anything that is no number of seconds in the years 1970 to 9999.
std::string page_date(const std::string& epoch);

}  // namespace nexus_mirror::docs
