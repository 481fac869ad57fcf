// `query --times`: columns that are named as times show them (CONTRACT.md 1).
#include "support/commands_test.h"

namespace nexus_mirror::testing {
namespace {

class QueryTimesTest : public CommandsTest {};

TEST_F(QueryTimesTest, ShowsColumnsThatAreNamedSo) {
  const std::string sql =
      "SELECT 1700000000000 AS create_date, 1700000000000 AS removed_at, 1700000000000 AS at, "
      "1700000000000 AS url_expiry, 1700000000000 AS expiry, 1700000000000 AS count, NULL AS "
      "update_date, 'x' AS other_at";
  const std::string shown = "2023-11-14 22:13:20 UTC";
  EXPECT_EQ(output_of({"query", "--times", "--format", "csv", sql}),
            "create_date,removed_at,at,url_expiry,expiry,count,update_date,other_at\n" + shown +
                "," + shown + "," + shown + "," + shown + "," + shown + ",1700000000000,,x\n");
  EXPECT_EQ(output_of({"query", "--format", "csv", "SELECT 1700000000000 AS at"}),
            "at\n1700000000000\n");
}

}  // namespace
}  // namespace nexus_mirror::testing
