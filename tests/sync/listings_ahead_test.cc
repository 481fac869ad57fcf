#include "sync/listings_ahead.h"

#include <gtest/gtest.h>

#include "objects/columns.h"

namespace nexus_mirror::sync {
namespace {

TEST(ListingsAheadTest, CountsThoseOfEachKindThatHaveNotEnded) {
  ListingsAhead ahead;
  for (int project = 0; project < 2; ++project) {
    ahead.expect(objects::assets);
    ahead.expect(objects::annotations);
  }
  ahead.ended(objects::assets);
  EXPECT_EQ(ahead.left(objects::assets), 1);
  ahead.ended(objects::assets);
  EXPECT_EQ(ahead.left(objects::assets), 0);
  EXPECT_EQ(ahead.left(objects::annotations), 2);
  EXPECT_EQ(ahead.left(objects::tags), 0) << "none was expected";
}

}  // namespace
}  // namespace nexus_mirror::sync
