// A lock whose holder leaves a note in its file: for those who want to know whether somebody holds
// it, and what for, without ever being in the way.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "env/file.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::env {

// Ends with the object and, whatever happens, with the process. One thread at a time.
class NotedLock {
 public:
  // As FileLock; the file gets exactly `mode`, so that others may read the note.
  NotedLock(const std::filesystem::path& path, mode_t mode);

  // Puts `line` (at most 63 bytes, the rest is cut) in the place of the last note. Where that fails
  // there is none.
  void write(std::string_view line);

 private:
  FileLock lock_;
  Descriptor file_;  // the one that readers ask about
};

enum class Held { no, yes, unknown };

struct LockNote {
  Held held = Held::unknown;  // unknown: this user may not read the file
  std::string line;           // of the holder; empty where there is none
};

// Takes no lock, so that it keeps nobody from taking it, and writes nothing; whatever machine or
// container the holder is in, as long as it is the same file. Any thread.
LockNote read_lock_note(const std::filesystem::path& path);

}  // namespace nexus_mirror::env
