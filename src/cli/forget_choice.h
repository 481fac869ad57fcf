// What `nexus-mirror forget` was asked to drop.
#pragma once

#include <string>
#include <vector>

#include "cli/forget_command.h"
#include "store/forgetting.h"

namespace nexus_mirror::cli {

struct ForgetChoice {
  store::Forgettable what;
  store::ForgettableProject project;
};

// "asset ID of project cars (proj_1)".
std::string text_of(const ForgetChoice& choice);

// At least one; an asset is one. Throws Error(usage): neither a project nor a workspace nor an
// asset is named; nothing is called so (naming what is called nearly so); several are.
std::vector<ForgetChoice> choose_to_forget(const ForgetOptions& options, store::Database& mirror);

}  // namespace nexus_mirror::cli
