// What tests hold mirrors against each other by must not call different rows the same.
#include "support/table_text.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace nexus_mirror::testing {
namespace {

class TableTextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sqlite3* opened = nullptr;
    ASSERT_EQ(sqlite3_open(":memory:", &opened), SQLITE_OK);
    database_.reset(opened);
  }

  std::string text(const std::string& select, Texts texts = Texts::whole) {
    return table_text(database_.get(), "t", select, texts);
  }

  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database_{nullptr, sqlite3_close};
};

TEST_F(TableTextTest, TellsAnyTwoValuesApart) {
  std::set<std::string> texts;
  const char* const values[] = {"NULL",      "'NULL'",
                                "''",        "x''",
                                "1",         "1.0",
                                "'1'",       "x'31'",
                                "0.1",       "0.10000000000000002",
                                "9e999",     "'a'",
                                "'a,b'",     "'a', 'b'",
                                "'a'',''b'", "'a' || char(10) || 't: b'"};
  for (const char* value : values) {
    EXPECT_TRUE(texts.insert(text("SELECT " + std::string(value))).second) << value;
  }
}

TEST_F(TableTextTest, IsTheSameInWhateverOrderTheRowsCome) {
  const std::string up = text("VALUES(1, 'a'), (2, 'b'), (2, 'b')");
  EXPECT_EQ(up, "t: 1,'a'\nt: 2,'b'\nt: 2,'b'\n");
  EXPECT_EQ(text("VALUES(2, 'b'), (1, 'a'), (2, 'b')"), up);
  EXPECT_NE(text("VALUES(2, 'b'), (1, 'a')"), up);
}

TEST_F(TableTextTest, GoesBeyondANulUnlessToldNotTo) {
  const std::string select = "SELECT 'a' || char(0) || 'b'";
  EXPECT_EQ(text(select), std::string("t: 'a\0b'\n", 9));
  EXPECT_EQ(text(select, Texts::up_to_nul), "t: 'a'\n");
}

TEST_F(TableTextTest, SaysWhatSqliteSaysOfABadQuery) {
  EXPECT_THROW(text("SELECT * FROM nothing"), std::runtime_error);
}

}  // namespace
}  // namespace nexus_mirror::testing
