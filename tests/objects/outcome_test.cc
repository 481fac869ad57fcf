#include "objects/outcome.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace nexus_mirror::objects {
namespace {

TEST(OutcomeTest, HasTheNamesOfTheTableSyncs) {
  std::string names;
  for (const Outcome outcome : kOutcomes) names.append(name_of(outcome)).append(" ");
  EXPECT_EQ(names, "running ok partial refused failed interrupted ");
}

TEST(OutcomeTest, IsKnownAgainByItsName) {
  for (const Outcome outcome : kOutcomes) {
    EXPECT_EQ(outcome_of(name_of(outcome)), outcome);
  }
  EXPECT_EQ(outcome_of("Ok"), std::nullopt);
  EXPECT_EQ(outcome_of(""), std::nullopt);
}

TEST(OutcomeTest, TheWorseOfTwoDoesNotDependOnTheirOrder) {
  constexpr std::array kFromBestOn = {Outcome::running, Outcome::ok,      Outcome::partial,
                                      Outcome::failed,  Outcome::refused, Outcome::interrupted};
  for (std::size_t i = 0; i < kFromBestOn.size(); ++i) {
    for (std::size_t j = 0; j < kFromBestOn.size(); ++j) {
      EXPECT_EQ(worse_of(kFromBestOn[i], kFromBestOn[j]), kFromBestOn[std::max(i, j)]);
    }
  }
}

}  // namespace

}  // namespace nexus_mirror::objects
