#include "cli/acting_user.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "config/secret_files.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

void go_on_as(const env::User& user, const Config& config, Keep keep) {
  std::vector<std::filesystem::path> files;
  if (keep != Keep::nothing) files = config::secret_files(config);
  if (keep == Keep::configuration) files.push_back(config.file);
  if (const int error = env::go_on_as(user, files); error != 0) {
    throw Error(ErrorCode::machine, "going on as " + env::text_of(user) + " who owns",
                "mirror " + config.mirror.database.string(), std::generic_category().message(error),
                "run nexus-mirror as that user, or let root change to it (CAP_SETUID, CAP_SETGID)");
  }
  log::debug("going on as the user who owns the mirror",
             {{"user", env::text_of(user)}, {"database", config.mirror.database.native()}});
}

}  // namespace nexus_mirror::cli
