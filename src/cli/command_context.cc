#include "cli/command_context.h"

#include <string>

#include "cli/acting_user.h"
#include "cli/text.h"
#include "env/user.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {
namespace {

// Whatever root makes beside a service's mirror the service cannot change (CONTRACT.md 6).
void go_on_as_owner(const Config& config, Keep keep) {
  const auto owner = env::owner_of(config.mirror.database);
  if (owner && owner->uid != 0) go_on_as(*owner, config, keep);
}

}  // namespace

void CommandContext::notice(std::string_view text) const {
  try {
    Output error(console.err_fd, "standard error", Terminal{});
    error.write(log::line_past(log::Level::error,
                               "nexus-mirror: " + printable(one_line(std::string(text)))) +
                "\n");
    error.flush();
  } catch (const OutputClosed&) {
  } catch (const OutputFailed&) {
  }
}

Config CommandContext::read_config() const { return load_config(find_config(config_file)); }

Config CommandContext::load(Keep keep) {
  Config config = read_config();
  if (env::is_root() && !loaded) {
    go_on_as_owner(config, keep);
    // That user may see other places where a configuration is looked for.
    if (!env::is_root()) config_file = config.file;
  }
  loaded = true;
  return config;
}

}  // namespace nexus_mirror::cli
