#include "cli/command_context.h"

#include <string>

#include "cli/text.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

void CommandContext::notice(std::string_view text) const {
  try {
    Output error(console.err_fd, "standard error", Terminal{});
    error.write(std::string(log::line_prefix(log::Level::error)) +
                "nexus-mirror: " + printable(one_line(std::string(text))) + "\n");
    error.flush();
  } catch (const OutputClosed&) {
  } catch (const OutputFailed&) {
  }
}

Config CommandContext::load() const { return load_config(find_config(config_file)); }

}  // namespace nexus_mirror::cli
