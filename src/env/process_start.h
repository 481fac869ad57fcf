// What a program does before anything else.
#pragma once

namespace nexus_mirror::env {

// Lets descriptors 0, 1 and 2 lead nowhere where they are closed, so that no file that is opened
// later gets their number, and with it what is meant for a terminal. To read or to write there
// stays an error. Before other threads are started.
void fill_standard_descriptors();

// A write beyond the limit on a file's size (ulimit -f) fails with EFBIG; it does not end the
// process. Programs that are started begin without it.
void take_limits_as_errors();

// Pages are read on threads that come and go: they share two heaps (with glibc each would keep one
// of its own), and what is large or free at a heap's end goes back to the system.
void share_heaps();

// Gives the system back what the heaps hold free, some half of them after many pages of rows. Takes
// milliseconds; any thread.
void give_free_memory_back();

}  // namespace nexus_mirror::env
