// What happens in another thread as a file descriptor, for those who wait in poll().
//
// Neither class throws, but for want of memory.
#pragma once

#include <optional>
#include <stop_token>

#include "env/file.h"

namespace nexus_mirror::env {

// Readable for good from raise() on. Outlives every call of raise().
class EventDescriptor {
 public:
  EventDescriptor();

  int get() const { return file_.get(); }      // -1 when there is none
  int error() const { return file_.error(); }  // the errno that says why; 0 when there is one
  void raise() const noexcept;                 // any thread, any number of times

 private:
  Descriptor file_;  // constant after construction
};

// Readable for good from the moment on when `stop` is requested, by whichever thread. Belongs to
// the thread that made it.
class StopDescriptor {
 public:
  explicit StopDescriptor(const std::stop_token& stop);
  StopDescriptor(const StopDescriptor&) = delete;
  StopDescriptor& operator=(const StopDescriptor&) = delete;

  // -1, which poll() leaves out, when nobody can request a stop, and when error() says why.
  int get() const { return event_ ? event_->get() : -1; }
  int error() const { return event_ ? event_->error() : 0; }

 private:
  struct Raise {
    const EventDescriptor* event;
    void operator()() const noexcept { event->raise(); }
  };

  std::optional<EventDescriptor> event_;
  // The last to be made and the first to go, which waits for a call under way.
  std::optional<std::stop_callback<Raise>> callback_;
};

}  // namespace nexus_mirror::env
