// Starting threads where there may be none left.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "error/scarcity.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

// A thread that runs `work`, which throws nothing. `purpose` ends the sentence "starting the thread
// that ...". Throws Error(machine) when there is none left.
template <typename Thread = std::thread, typename Work>
Thread start_thread(std::string_view purpose, Work work) {
  try {
    return Thread(std::move(work));
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::machine, "starting the thread that", std::string(purpose),
                "no thread is left (" + error.code().message() + ")", scarcity_remedy(EAGAIN));
  }
}

}  // namespace nexus_mirror
