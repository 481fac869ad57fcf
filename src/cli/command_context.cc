#include "cli/command_context.h"

#include <string>
#include <system_error>
#include <vector>

#include "cli/text.h"
#include "config/secret_files.h"
#include "env/user.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {
namespace {

// Whatever root makes beside a service's mirror the service cannot change (CONTRACT.md 6).
void go_on_as_owner(const Config& config, Keep keep) {
  const auto owner = env::owner_of(config.mirror.database);
  if (!owner || owner->uid == 0) return;
  std::vector<std::filesystem::path> files;
  if (keep != Keep::nothing) files = config::secret_files(config);
  if (keep == Keep::configuration) files.push_back(config.file);
  if (const int error = env::go_on_as(*owner, files); error != 0) {
    throw Error(ErrorCode::machine, "going on as " + env::text_of(*owner) + " who owns",
                "mirror " + config.mirror.database.string(), std::generic_category().message(error),
                "run nexus-mirror as that user, or let root change to it (CAP_SETUID, CAP_SETGID)");
  }
  log::info("going on as the user who owns the mirror",
            {{"user", env::text_of(*owner)}, {"database", config.mirror.database.native()}});
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
