// Files whose n-th change fails, by the seam of env/file. SQLite's files are in faulty_vfs.h.
#pragma once

#include <set>

#include "env/file.h"
#include "support/nth_call.h"

namespace nexus_mirror::testing {

// All there are: what only reads never comes to the seam.
inline const std::set<env::FileCall> kFileChanges = {
    env::FileCall::create,   env::FileCall::write,       env::FileCall::close,
    env::FileCall::set_mode, env::FileCall::flush,       env::FileCall::rename,
    env::FileCall::remove,   env::FileCall::make_folder, env::FileCall::make_link};

const char* name_of(env::FileCall call);

// Holds for the whole process while it lives, so one at a time. A call that fails does so with EIO
// or ENOSPC, or with `error` when that is given.
class FaultyFiles : public PlannedCalls<env::FileCall>, private env::FileFaults {
 public:
  explicit FaultyFiles(NthCall<env::FileCall> plan = {}, int error = 0);
  ~FaultyFiles() override;

 private:
  env::FileFault before(env::FileCall call, const std::filesystem::path& path) override;

  const int error_;
};

}  // namespace nexus_mirror::testing
