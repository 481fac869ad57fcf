#include "text/counted.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace nexus_mirror::text {
namespace {

TEST(CountedTest, OneIsOneAndAllElseAreMany) {
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(counted(std::int64_t{1}, "row"), "1 row");
  EXPECT_EQ(counted(std::size_t{2}, "row"), "2 rows");
}

TEST(CountedTest, NounsThatTakeNoS) {
  EXPECT_EQ(counted(1, "copy", "copies"), "1 copy");
  EXPECT_EQ(counted(2, "copy", "copies"), "2 copies");
  EXPECT_EQ(counted(1, "model has", "models have"), "1 model has");
}

}  // namespace
}  // namespace nexus_mirror::text
