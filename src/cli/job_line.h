// The progress of jobs that the server does for us.
#pragma once

#include <cstddef>
#include <string>

#include "cli/output.h"
#include "sync/server_requests.h"

namespace nexus_mirror::cli {

// On a terminal one line, redrawn in place, never wider than it; elsewhere a log line whenever a
// job's state changes. An output that cannot be written ends the drawing, not the job. One thread
// at a time.
class JobLine : public sync::JobObserver {
 public:
  JobLine(int fd, Terminal terminal);  // `fd` stays the caller's
  ~JobLine() override;                 // as clear()
  JobLine(const JobLine&) = delete;
  JobLine& operator=(const JobLine&) = delete;

  void job(const sync::JobState& state) override;

  // Takes the line away, to print something else.
  void clear();

 private:
  void draw(const std::string& text);

  Output output_;
  bool drawing_;
  bool drawn_ = false;
  std::string told_;  // last
};

}  // namespace nexus_mirror::cli
