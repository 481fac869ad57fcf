// For the outermost call of a thread, and for callbacks that must not throw.
#pragma once

namespace nexus_mirror::log {

// Inside a catch block: writes what is being handled as an error, with `doing` and `subject` where
// it does not say them itself.
void current_exception(const char* doing, const char* subject) noexcept;

// Runs `work`; what it throws is logged and goes no further.
template <typename Work>
void guard(const char* doing, const char* subject, const Work& work) noexcept {
  try {
    work();
  } catch (...) {
    current_exception(doing, subject);
  }
}

}  // namespace nexus_mirror::log
