#include <Poco/Exception.h>

#include <csignal>
#include <exception>
#include <future>
#include <iostream>

#include "emulator/command_line.h"
#include "emulator/server.h"
#include "env/signals.h"
#include "nexus_mirror/emulator.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

int run_emulator(int argc, char** argv) {
  try {
    const std::optional<emulator::ServerOptions> options =
        emulator::read_command_line(argc, argv, std::cout);
    if (!options) return static_cast<int>(ExitCode::done);
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets whose client may be gone
    std::promise<void> ended;
    env::Signals signals;
    signals.listen([&ended](int) { ended.set_value(); });
    emulator::EmulatorServer server(*options);
    std::cout << "nexus-emulator listening on " << server.url() << std::endl;
    std::cout << "nexus-emulator storage on " << server.storage_url() << std::endl;
    ended.get_future().wait();
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
