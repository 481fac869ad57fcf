// Whether what is written to a descriptor would go somewhere now.
#pragma once

namespace nexus_mirror::env {

// Waits up to `ms` until a few KiB can be written to `fd` at once: a pipe that nobody reads and a
// terminal that was stopped (Ctrl-S) take nothing. True of what is no pipe, terminal or socket, and
// of a reader that has gone, which the write itself will tell. Any thread.
bool takes_bytes(int fd, int ms);

}  // namespace nexus_mirror::env
