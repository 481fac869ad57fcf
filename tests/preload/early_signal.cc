// Loaded before a program (LD_PRELOAD): signal number $EARLY_SIGNAL comes before main() begins.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) void signal_early() {
  const char* const number = ::getenv("EARLY_SIGNAL");
  if (number != nullptr) ::kill(::getpid(), ::atoi(number));  // to any of its threads
}
