#include <Poco/Exception.h>
#include <pthread.h>

#include <csignal>
#include <exception>
#include <iostream>

#include "emulator/command_line.h"
#include "emulator/server.h"
#include "nexus_mirror/emulator.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {
namespace {

// Blocks the signals that end the program, in this thread and in those it starts from now on.
sigset_t block_ending_signals() {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets whose client may be gone
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int run_emulator(int argc, char** argv) {
  try {
    const std::optional<emulator::ServerOptions> options =
        emulator::read_command_line(argc, argv, std::cout);
    if (!options) return static_cast<int>(ExitCode::done);
    const sigset_t signals = block_ending_signals();
    emulator::EmulatorServer server(*options);
    std::cout << "nexus-emulator listening on " << server.url() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
    return static_cast<int>(ExitCode::done);
  } catch (const Poco::Exception& error) {  // no thread left, for one
    std::cerr << "nexus-emulator: " << one_line(error.displayText()) << std::endl;
    return static_cast<int>(ExitCode::usage);
  } catch (const std::exception& error) {
    std::cerr << "nexus-emulator: " << one_line(error.what()) << std::endl;
    return static_cast<int>(ExitCode::usage);
  }
}

}  // namespace nexus_mirror
