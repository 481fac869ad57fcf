#include "objects/columns.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/decoded_rows.h"

namespace nexus_mirror::objects {
namespace {

TEST(ColumnsTest, AreFoundByTheirNames) {
  for (const Table* table : all_tables()) {
    for (std::size_t i = 0; i < table->fields.size(); ++i) {
      EXPECT_EQ((*table).at(table->fields[i].column), i) << table->name;
    }
    for (std::size_t i = 0; i < table->children.size(); ++i) {
      EXPECT_EQ(list_at(*table, table->children[i].key), i) << table->name;
    }
  }
  EXPECT_EQ(tags.at("extra"), tags.fields.size());
  EXPECT_EQ(item_column_at(projects.children[list_at(projects, "groups")], "name"), 0U);
}

TEST(ColumnsTest, NamesThatThereAreNotAreRefused) {
  EXPECT_THROW(tags.at("colour"), std::logic_error);
  EXPECT_THROW(syncs.at("extra"), std::logic_error);
  EXPECT_THROW(list_at(tags, "groups"), std::logic_error);
  EXPECT_THROW(item_column_at(projects.children[list_at(projects, "groups")], "position"),
               std::logic_error);
}

TEST(ColumnsTest, SayWhatARowHolds) {
  const auto rows = testing::batch_of(projects, R"([{"id": "a"}, {"id": "b", "createDate": 7}])");
  EXPECT_EQ(text_of(rows, 1, "id"), "b");
  EXPECT_EQ(text_of(rows, 1, "name"), "");
  EXPECT_EQ(text_of(rows, 1, "create_date"), "") << "a number is no text";
  EXPECT_EQ(integer_of(rows, 1, "create_date"), 7);
  EXPECT_EQ(integer_of(rows, 0, "create_date"), std::nullopt);
}

}  // namespace
}  // namespace nexus_mirror::objects
