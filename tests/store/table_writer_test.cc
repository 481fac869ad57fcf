// Rows of one table, compared and written without the store around them.
#include "store/table_writer.h"

#include <gtest/gtest.h>

#include <tuple>

#include "support/decoded_rows.h"
#include "support/hand_made_mirror.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;
using testing::Values;
using testing::values_of;

class StoreTableWriterTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  Database database_{folder_.path() / "mirror.db", Use::write};
  std::vector<std::size_t> changed_;
};

TEST_F(StoreTableWriterTest, ReadsBackWhatItWrote) {
  TableWriter writer(database_, objects::annotations);
  const auto rows = batch_of(objects::annotations,
                             R"([{"id": "n\u0000x", "tag": "日本", "bound": [[0.1, -0.0], [3, 4]],
                                  "frame": 7, "sequence": "s", "new": {"a": [1]}}])");
  const std::int64_t rowid = writer.insert(rows, 0);
  EXPECT_NE(rowid, 0);
  EXPECT_EQ(writer.insert(rows, 0), 0) << "a row with its key is there";
  EXPECT_EQ(writer.find(rows, 0), rowid);
  EXPECT_EQ(values_of(writer.current(), 0), values_of(rows, 0));
  EXPECT_EQ(writer.compare(rows, 0, 0, changed_), Difference::none);
  EXPECT_EQ(writer.load(rowid + 1), 0);
}

TEST_F(StoreTableWriterTest, NamesTheColumnsAndListsThatDiffer) {
  TableWriter writer(database_, objects::assets);
  writer.insert(batch_of(objects::assets, R"([{"id": "a", "filename": "x", "new": 1}])"), 0);
  const auto other = batch_of(objects::assets,
                              R"([{"id": "a", "status": "None", "metadata": {"groups": ["g"]}}])");
  const std::int64_t rowid = writer.find(other, 0);
  EXPECT_EQ(writer.compare(other, 0, 0, changed_), Difference::update);
  const std::size_t extra = objects::assets.fields.size();
  EXPECT_EQ(changed_,
            (std::vector<std::size_t>{static_cast<std::size_t>(objects::assets.column("filename")),
                                      static_cast<std::size_t>(objects::assets.column("status")),
                                      extra, extra + 1}));
  writer.update(other, 0, rowid, changed_);
  ASSERT_EQ(writer.load(rowid), rowid);
  EXPECT_EQ(values_of(writer.current(), 0), values_of(other, 0));
  writer.remove(rowid);
  EXPECT_EQ(writer.find(other, 0), 0);
  EXPECT_EQ(database_.number("SELECT count(*) FROM asset_groups"), 0);
}

// Its own row was deleted by somebody else's hand, what belongs to it was left.
TEST_F(StoreTableWriterTest, WritesListsAnewOfARowThatOthersDeleted) {
  for (const auto& [table, items, json] :
       {std::tuple(&objects::assets, "asset_groups",
                   R"([{"id": "a", "metadata": {"groups": ["g", "h"]}}])"),
        std::tuple(&objects::artifacts, "artifact_files",
                   R"([{"id": "a", "files": [{"name": "x"}, {"name": "y"}]}])")}) {
    TableWriter writer(database_, *table);
    const auto rows = batch_of(*table, json);
    writer.insert(rows, 0);
    database_.execute("DELETE FROM " + std::string(table->name));
    EXPECT_NE(writer.insert(rows, 0), 0);
    writer.find(rows, 0);
    EXPECT_EQ(values_of(writer.current(), 0), values_of(rows, 0));
    EXPECT_EQ(database_.number("SELECT count(*) FROM " + std::string(items)), 2);
  }
}

TEST_F(StoreTableWriterTest, TellsInsightsWithoutArtifactApart) {
  TableWriter writer(database_, objects::insights);
  const auto rows = batch_of(objects::insights, R"([{"runId": "r"}, {"runId": "r"},
                                                    {"runId": "r", "artifact": {"id": "a"}}])");
  EXPECT_NE(writer.insert(rows, 0), 0);
  EXPECT_EQ(writer.insert(rows, 1), 0);
  EXPECT_NE(writer.insert(rows, 2), 0);
  EXPECT_NE(writer.find(rows, 0), writer.find(rows, 2));
}

}  // namespace
}  // namespace nexus_mirror::store
