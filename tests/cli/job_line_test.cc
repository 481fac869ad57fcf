#include "cli/job_line.h"

#include <gtest/gtest.h>

#include "cli/text.h"
#include "support/captured_output.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CapturedOutput;
using nexus_mirror::testing::terminal_of;

sync::JobState state(const std::string& status, std::int64_t queued, std::int64_t finished) {
  return {"annotation export op_1", "Cars", status, "", queued, 1, finished};
}

// What stands on a terminal's only line after `bytes`.
std::string line_after(const std::string& bytes) {
  const std::size_t erased = bytes.rfind("\x1b[K");
  return erased == std::string::npos ? bytes : bytes.substr(erased + 3);
}

TEST(JobLineTest, ShowsStateAndCountsOnATerminal) {
  CapturedOutput captured;
  JobLine line(captured.fd(), terminal_of(100));
  line.job(state("Queued", 5, 0));
  line.job(state("Running", 2, 3));
  EXPECT_EQ(line_after(captured.text()),
            "Cars  Running: 2 queued, 1 running, 3 finished  annotation export op_1");
  EXPECT_EQ(captured.text().find('\n'), std::string::npos);
  line.clear();
  EXPECT_EQ(line_after(captured.text()), "");
}

TEST(JobLineTest, ShowsAStateWithoutCounts) {
  CapturedOutput captured;
  JobLine line(captured.fd(), terminal_of(100));
  line.job({"model export model_1", "Cars", "Downloading", "", 0, 0, 0});
  EXPECT_EQ(line_after(captured.text()), "Cars  Downloading  model export model_1");
}

TEST(JobLineTest, IsNeverWiderThanTheTerminal) {
  for (std::size_t width = 1; width < 90; ++width) {
    CapturedOutput captured;
    JobLine line(captured.fd(), terminal_of(width));
    sync::JobState long_one = state("Running", 1, 1);
    long_one.project_name = "naïve 車\x1b[31m\n" + std::string(50, 'x');
    line.job(long_one);
    const std::string shown = line_after(captured.text());
    EXPECT_LT(display_width(shown), width);
    EXPECT_EQ(shown.find_first_of("\x1b\n"), std::string::npos);
  }
}

TEST(JobLineTest, DrawsNothingWhereThereIsNoTerminal) {
  CapturedOutput captured;
  {
    JobLine line(captured.fd(), Terminal{});
    line.job(state("Queued", 5, 0));
  }
  EXPECT_EQ(captured.text(), "");
}

}  // namespace
}  // namespace nexus_mirror::cli
