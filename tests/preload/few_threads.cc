// Loaded before a program (LD_PRELOAD): $THREADS_LEFT threads can be started, and then no more.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

using Start = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* argument) {
  static const char* const limit = std::getenv("THREADS_LEFT");
  static std::atomic<int> left = limit == nullptr ? 1 << 30 : std::atoi(limit);
  static const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "pthread_create"));
  if (left.fetch_sub(1) <= 0) return EAGAIN;
  return start(thread, attributes, run, argument);
}
