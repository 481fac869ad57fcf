#include "cli/help_text.h"

#include <gtest/gtest.h>

namespace nexus_mirror::cli {
namespace {

TEST(HelpTextTest, GoesOnBelowTheDescription) {
  const std::string help =
      "Usage: program [OPTIONS]\n"
      "\n"
      "Options:\n"
      "  --project NAME    Only these projects; may be given again and again\n"
      "  --no-progress Excludes: --progress\n"
      "                    No progress lines on a terminal, whatever is drawn there\n";
  EXPECT_EQ(fitted_help(help, 20, 46),
            "Usage: program [OPTIONS]\n"
            "\n"
            "Options:\n"
            "  --project NAME    Only these projects; may\n"
            "                    be given again and again\n"
            "  --no-progress Excludes: --progress\n"
            "                    No progress lines on a\n"
            "                    terminal, whatever is\n"
            "                    drawn there\n");
  EXPECT_EQ(fitted_help(help, 20, 200), help);
}

TEST(HelpTextTest, BreaksNoWordAndLeavesWhatHasNoRoom) {
  EXPECT_EQ(fitted_help("  nexus-mirror query 'SELECT 1'\n", 28, 20),
            "  nexus-mirror query\n  'SELECT 1'\n");
  EXPECT_EQ(fitted_help("a_word_that_is_longer_than_the_terminal\n", 28, 20),
            "a_word_that_is_longer_than_the_terminal\n");
  EXPECT_EQ(fitted_help("  --option VALUE      text that goes on\n", 22, 24),
            "  --option VALUE      text that goes on\n")
      << "no room for a description beside the names";
}

}  // namespace
}  // namespace nexus_mirror::cli
