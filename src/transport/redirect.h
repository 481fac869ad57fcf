// Where an answer sends a request, and whether it may go there.
#pragma once

#include <string>

#include "nexus_mirror/transport.h"
#include "transport/origin.h"
#include "transport/response_reader.h"

namespace nexus_mirror::transport {

inline constexpr int kMostRedirects = 5;

bool is_redirect(int status);

// The target within `origin` that `answer` to a request for `target` leads to. Throws
// Failure(unusable) with `hint`, which shows no query: another scheme, host or port, no URL, a
// method other than GET.
std::string redirect_target(const Origin& origin, const std::string& method,
                            const std::string& target, const Answer& answer,
                            const std::string& hint);

}  // namespace nexus_mirror::transport
