// CONTRACT.md 1: of several causes one decides the exit status.
#include "error/exit_status.h"

#include <gtest/gtest.h>

namespace nexus_mirror {
namespace {

Error error(ErrorCode code) { return {code, "doing", "it", "why"}; }

TEST(ExitStatusOrderTest, TheGraverWinsWhicheverCameFirst) {
  constexpr ExitCode kOrder[] = {ExitCode::usage,   ExitCode::busy,        ExitCode::machine,
                                 ExitCode::guard,   ExitCode::key_refused, ExitCode::unreachable,
                                 ExitCode::partial, ExitCode::done};
  for (std::size_t i = 0; i < std::size(kOrder); ++i) {
    for (std::size_t j = i; j < std::size(kOrder); ++j) {
      EXPECT_EQ(graver(kOrder[i], kOrder[j]), kOrder[i]);
      EXPECT_EQ(graver(kOrder[j], kOrder[i]), kOrder[i]);
    }
  }
}

TEST(ExitStatusOrderTest, AServerIsToBlameWhenNoWorkspaceIsWell) {
  const Error refused = error(ErrorCode::key_refused), gone = error(ErrorCode::unreachable),
              broken = error(ErrorCode::bad_response), disk = error(ErrorCode::machine),
              silent = error(ErrorCode::timeout);
  EXPECT_EQ(exit_code({}, 2), ExitCode::done);
  EXPECT_EQ(exit_code({refused}, 1), ExitCode::key_refused);
  EXPECT_EQ(exit_code({gone, refused}, 2), ExitCode::key_refused);
  EXPECT_EQ(exit_code({gone, silent}, 2), ExitCode::unreachable);
  EXPECT_EQ(exit_code({gone}, 2), ExitCode::partial);
  EXPECT_EQ(exit_code({refused, broken}, 2), ExitCode::partial);
  EXPECT_EQ(exit_code({refused, disk}, 3), ExitCode::machine);
}

TEST(ExitStatusOrderTest, TheErrorThatIsToldIsTheOneThatDecided) {
  const std::vector<Error> errors = {error(ErrorCode::unreachable), error(ErrorCode::key_refused)};
  EXPECT_EQ(first_with(ExitCode::key_refused, errors).code(), ErrorCode::key_refused);
  EXPECT_EQ(first_with(ExitCode::partial, errors).code(), ErrorCode::unreachable);
}

}  // namespace
}  // namespace nexus_mirror
