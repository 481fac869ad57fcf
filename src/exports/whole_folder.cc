#include "exports/whole_folder.h"

#include <string>
#include <tuple>

#include "env/file.h"
#include "env/replace_file.h"
#include "env/user.h"
#include "error/on_the_way_out.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPublicMode = 0755, kPrivateMode = 0700;

void check(int error, const char* doing, const fs::path& path) {
  if (error == 0) return;
  throw Error(ErrorCode::machine, doing, path.string(), reason_of_errno(error),
              env::remedy_for(error, path, "check the disk's space and permissions"));
}

}  // namespace

WholeFolder::WholeFolder(const fs::path& target, const char* being_filled)
    : target_(target),
      path_(target.parent_path() / ("." + target.filename().string() + "." + being_filled)) {
  remove();
  check(env::make_folder(path_, kPrivateMode), "making folder", path_);
}

WholeFolder::~WholeFolder() {
  on_the_way_out([this] { remove(); });
}

void WholeFolder::put_in_place() {
  check(env::set_mode(path_, kPublicMode), "making folder", path_);
  const env::Replacement done = env::replace_folder(target_, path_);
  check(done.error, done.doing, done.path);
}

void WholeFolder::remove() const { std::ignore = env::remove_tree(path_); }

}  // namespace nexus_mirror::exports
