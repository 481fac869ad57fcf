#include "mirror/update.h"

namespace nexus_mirror::mirror {

sync::SyncResult update(const Config& config, const UpdateRequest& request, Env& env,
                        sync::Observer& observer, const std::stop_token& stop) {
  return sync::run_sync(config, request.sync, env, observer, stop);
}

}  // namespace nexus_mirror::mirror
