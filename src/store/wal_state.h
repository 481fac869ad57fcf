// The write-ahead log of a mirror as any process sees it, without opening the mirror.
//
// What is committed stands in the -wal until it has been taken into the file, which waits for
// readers who still see the state before. One that sleeps in a transaction holds all of it back,
// and the -wal grows with each sync. SQLite marks readers by locks on bytes of the -shm (walIndex
// locks, https://www.sqlite.org/walformat.html#wal_locks), and the kernel says whose they are.
#pragma once

#include <cstdint>
#include <string>

namespace nexus_mirror::store {

struct WalState {
  std::int64_t bytes = 0;       // of the -wal; 0 = there is none
  std::int64_t reader_pid = 0;  // a process that reads at this moment; 0 = none is known
};

// Of the mirror at `path`. The process that writes does not count as a reader. To be called while
// no thread of this process has the mirror open: POSIX takes all locks of a process on a file away
// when it closes any descriptor of it (https://www.sqlite.org/howtocorrupt.html, 2.2). Throws
// nothing: what cannot be seen is 0.
WalState wal_state(const std::string& path) noexcept;

}  // namespace nexus_mirror::store
