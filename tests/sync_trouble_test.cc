// What goes wrong in a sync stays what it is: an error with its subject, and an exit status.
#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

class SyncTroubleTest : public ExportsTest {};

TEST_F(SyncTroubleTest, AProjectThatWasRefusedAndFailedIsBetweenTwoStates) {
  const auto mirror = exporting("", kKeypoints);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (std::size_t i = 0; i < 100; ++i) remove("annotations", id_of(lines[i]));
  fault(R"({"match":"/workflows","nth":0,"fault":"status","status":403})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 6) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs WHERE id = 2"), "refused");
  EXPECT_FALSE(std::filesystem::exists(folder_of(*mirror, kKeypoints)))
      << "it was exported all the same";
  clear_faults();
  EXPECT_EQ(mirror->sync().status, 6);
  EXPECT_TRUE(std::filesystem::exists(folder_of(*mirror, kKeypoints)));
}

}  // namespace
}  // namespace nexus_mirror::testing
