// The command line on a hand-made mirror at kNoon, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/hand_made_mirror.h"

namespace nexus_mirror::testing {

class CommandsTest : public ::testing::Test {
 protected:
  CommandResult run_on_mirror(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), {"--config", mirror_.config().string()});
    return run_command(arguments, env_, input);
  }

  // As above, for a command that succeeds.
  std::string output_of(const std::vector<std::string>& arguments, const std::string& input = {}) {
    const CommandResult result = run_on_mirror(arguments, input);
    EXPECT_EQ(result.status, 0) << result.error;
    return result.out;
  }

  // As above, for a command that fails with `status` and one line on stderr, which is returned.
  std::string failure_of(const std::vector<std::string>& arguments, int status) {
    const CommandResult result = run_on_mirror(arguments);
    EXPECT_EQ(result.status, status) << result.error;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    EXPECT_EQ(result.error.rfind("nexus-mirror: ", 0), 0U) << result.error;
    return result.error;
  }

  FakeEnv env_;
  HandMadeMirror mirror_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace nexus_mirror::testing
