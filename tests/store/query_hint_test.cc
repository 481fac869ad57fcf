#include "store/query_hint.h"

#include <gtest/gtest.h>

#include <string>

namespace nexus_mirror::store {
namespace {

TEST(QueryHintTest, NamesTheTableThatWasMeant) {
  EXPECT_EQ(query_hint("no such table: anotations", ""), "did you mean 'annotations'?");
  EXPECT_EQ(query_hint("no such table: main.project", ""), "did you mean 'projects'?");
  EXPECT_EQ(query_hint("no such table: model_link", ""), "did you mean 'model_links'?");
  EXPECT_EQ(query_hint("no such table: zebra_stripes", ""),
            "'nexus-mirror schema' lists every table, view and column");
}

TEST(QueryHintTest, NamesTheColumnThatWasMeantOfTheTablesInTheQuery) {
  EXPECT_EQ(query_hint("no such column: filenam", "SELECT filenam FROM assets"),
            "did you mean 'filename'?");
  EXPECT_EQ(query_hint("no such column: a.filenme", "SELECT a.filenme FROM Assets AS a"),
            "did you mean 'filename'?");
  EXPECT_EQ(query_hint("no such column: total_anotations", "SELECT total_anotations FROM projects"),
            "did you mean 'total_annotations'?");
  // A near column of another table is none that would do.
  EXPECT_EQ(query_hint("no such column: hieght", "SELECT hieght FROM tags"),
            "'nexus-mirror schema tags' lists columns; a text stands in 'single quotes'");
  EXPECT_EQ(query_hint("no such column: hieght", "SELECT hieght"), "did you mean 'height'?");
}

TEST(QueryHintTest, KnowsUsualSlips) {
  EXPECT_EQ(query_hint("near \"FORM\": syntax error", ""), "did you mean 'FROM'?");
  EXPECT_EQ(query_hint("near \"SELCT\": syntax error", ""), "did you mean 'SELECT'?");
  EXPECT_EQ(query_hint("near \"FROM\": syntax error", ""),
            "something is missing or too much right before it");
  EXPECT_EQ(query_hint("incomplete input", ""),
            "the SQL ends too early: is a bracket or a quote open?");
  EXPECT_NE(query_hint("unrecognized token: \"'car\"", "").find("quote"), std::string::npos);
  EXPECT_EQ(query_hint("database is locked", ""), "");
}

}  // namespace
}  // namespace nexus_mirror::store
