// What the views count is what the rows come to, whoever wrote them; and each view's question is
// answered by indexes.
#include "store/kept_counts.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "store/views.h"
#include "support/mirror_run.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

class KeptCountsTest : public testing::StoreTest {
 protected:
  KeptCountsTest() {
    execute(
        "INSERT INTO projects(id, name) VALUES('p', 'one'), ('q', 'two'), ('r', 'none');"
        "INSERT INTO tags(project_id, tag_index, name) VALUES('p', 0, 'x'), ('p', 1, 'y'), "
        "('q', 0, 'x'), ('q', 1, '')");
  }
  // Counted from the rows, of all projects and of one.
  void expect_the_same_anew(const std::string& after) {
    const auto counts = [&] {
      return ask("SELECT project_id, status, assets FROM asset_counts ORDER BY 1, 2") + " / " +
             ask("SELECT * FROM annotation_counts ORDER BY 1") + " / " +
             ask("SELECT * FROM tag_counts ORDER BY 1, 2");
    };
    const std::string kept = counts();
    Database database(this->database(), Use::write);
    for (const char* table : {"assets", "annotations"}) {
      count_anew(database, table);
      EXPECT_EQ(counts(), kept) << after;
      count_anew(database, table, "p");
      EXPECT_EQ(counts(), kept) << after;
    }
  }
  void expect_right(const std::string& after) {
    EXPECT_EQ(ask("SELECT project_id, tag, annotations, assets FROM tag_statistics ORDER BY 1, 2"),
              ask("SELECT t.project_id, t.name, (SELECT count(*) FROM annotations n WHERE "
                  "n.project_id = t.project_id AND n.tag = t.name), (SELECT count(DISTINCT "
                  "n.asset_id) FROM annotations n WHERE n.project_id = t.project_id AND "
                  "n.tag = t.name) FROM tags t ORDER BY 1, 2"))
        << after;
    EXPECT_EQ(
        ask("SELECT project_id, assets, review, none, annotations FROM project_progress "
            "ORDER BY 1"),
        ask("SELECT p.id, (SELECT count(*) FROM assets a WHERE a.project_id = p.id), "
            "(SELECT count(*) FROM assets a WHERE a.project_id = p.id AND status = 'Review'), "
            "(SELECT count(*) FROM assets a WHERE a.project_id = p.id AND status = 'None'), "
            "(SELECT count(*) FROM annotations a WHERE a.project_id = p.id) FROM projects p "
            "ORDER BY 1"))
        << after;
  }
};

// The tag of an annotation may be that of a million others; its asset has a few.
TEST_F(KeptCountsTest, LookThroughTheAnnotationsOfAnAssetAlone) {
  static const std::regex look("SELECT 1 FROM annotations a [^)]*"), row("(new|old)\\.\\w+");
  int found = 0;
  for (const Trigger& trigger : all_triggers()) {
    const std::string& sql = trigger.sql;
    for (std::sregex_iterator match(sql.begin(), sql.end(), look), end; match != end; ++match) {
      ++found;
      const std::string select = std::regex_replace(match->str(), row, "'x'");
      EXPECT_NE(ask("EXPLAIN QUERY PLAN " + select).find("annotations_by_asset"), std::string::npos)
          << select;
    }
  }
  EXPECT_GE(found, 4);
}

TEST_F(KeptCountsTest, HoldThroughAnybodysSQL) {
  std::mt19937 random(5);
  const auto pick = [&](const std::vector<std::string>& values) {
    return values[random() % values.size()];
  };
  for (int i = 0; i < 400; ++i) {
    const std::string id = "'" + std::to_string(random() % 12) + "'",
                      project = pick({"'p'", "'q'"}), tag = pick({"'x'", "'y'", "''", "NULL"}),
                      asset = pick({"'1'", "'2'", "'3'", "NULL"}),
                      status = pick({"'Review'", "'None'", "''", "NULL"});
    const std::string sql = pick({
        "INSERT OR REPLACE INTO annotations(id, project_id, asset_id, tag) VALUES(" + id + ", " +
            project + ", " + asset + ", " + tag + ")",
        "INSERT INTO annotations(id, project_id, asset_id, tag) VALUES(" + id + ", " + project +
            ", " + asset + ", " + tag + ") ON CONFLICT DO NOTHING",
        "UPDATE annotations SET tag = " + tag + " WHERE id = " + id,
        "UPDATE annotations SET asset_id = " + asset + ", tag = " + tag + " WHERE tag = 'x'",
        "UPDATE OR IGNORE annotations SET project_id = " + project + " WHERE id = " + id,
        "DELETE FROM annotations WHERE id = " + id,
        "INSERT OR REPLACE INTO assets(id, project_id, status) VALUES(" + id + ", " + project +
            ", " + status + ")",
        "UPDATE assets SET status = " + status + " WHERE id = " + id,
        "DELETE FROM assets WHERE id = " + id,
    });
    execute("PRAGMA recursive_triggers=ON; " + sql);
    expect_right(sql);
    if (i % 20 == 0) expect_the_same_anew(sql);
  }
}

TEST_F(KeptCountsTest, HoldThroughAFirstLoadAndWhatFollowsIt) {
  const auto list_all = [&](const std::string& assets, const std::string& annotations) {
    list(objects::assets, assets);
    list(objects::annotations, annotations);
    store_->make_indexes();
    store_->flush();
    expect_right(annotations);
  };
  execute(
      "UPDATE projects SET id = 'proj' WHERE id = 'r'; UPDATE tags SET project_id = 'proj' "
      "WHERE project_id = 'p'");
  list_all(R"([{"id": "a", "status": "Review"}, {"id": "b"}])",
           R"([{"id": "1", "assetId": "a", "tag": "x"}, {"id": "2", "assetId": "a", "tag": "x"},
               {"id": "3", "assetId": "b", "tag": "x"}, {"id": "4", "assetId": "b"}])");
  EXPECT_EQ(ask("SELECT tag, annotations, assets FROM tag_counts"), "x|3|2");
  list_all(R"([{"id": "a", "status": "None"}, {"id": "c"}])",
           R"([{"id": "1", "assetId": "a", "tag": "y"}, {"id": "2", "assetId": "a", "tag": "x"}])");
  EXPECT_EQ(ask("SELECT tag, annotations, assets FROM tag_counts"), "x|1|1 y|1|1");
  list_all("[]", "[]");
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM tag_counts) + (SELECT count(*) FROM asset_counts) "
                "+ (SELECT count(*) FROM annotation_counts)"),
            "0");
}

// Nothing that grows with the assets or annotations is gone through for the first row.
TEST_F(KeptCountsTest, NoViewScansAssetsOrAnnotations) {
  const std::pair<std::string, std::string> questions[] = {
      {"tag_statistics", "1"},
      {"tag_statistics", "project_id = 'p'"},
      {"project_progress", "1"},
      {"project_progress", "project_id = 'p'"},
      {"model_links", "project_id = 'p'"},
      {"annotation_boxes", "asset_id = 'a'"},
      {"annotation_boxes", "annotation_id = 'a'"},
      {"annotation_boxes", "project_id = 'p' AND tag = 'x'"},
  };
  for (const auto& [view, where] : questions) {
    const std::string plan = ask("EXPLAIN QUERY PLAN SELECT * FROM " + view + " WHERE " + where);
    for (const char* scan :
         {"SCAN n", "SCAN a|", "SCAN assets", "SCAN annotations", "TEMP B-TREE", "AUTOMATIC"}) {
      EXPECT_EQ((plan + "|").find(scan), std::string::npos) << view << " " << where << ": " << plan;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::store
