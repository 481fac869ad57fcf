// Annotations come in the order of their images whichever way they were found.
#include "exports/annotations_in_order.h"

#include <gtest/gtest.h>

#include <string>

#include "exports/image_order.h"
#include "exports/project_data.h"
#include "support/store_fixture.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::exports {
namespace {

class AnnotationsInOrderTest : public testing::StoreTest {
 protected:
  // Images whose names are in no order of their rows, each with five annotations that lie far
  // apart, the bounds long enough that they do not fit in memory at once; some of tags that nobody
  // knows, on assets that nobody has, and of another project on an asset of the same id.
  void draw() {
    execute(
        "INSERT INTO projects(id, name) VALUES('proj', 'p'), ('other', 'o');"
        "INSERT INTO tags(project_id, tag_index, name) VALUES('proj', 0, 'x'), ('proj', 1, 'y');"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) "
        "INSERT INTO assets(id, project_id, filename) "
        "SELECT 'asset' || i, 'proj', (i * 7919 % 2000) || '.jpg' FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
        "INSERT INTO annotations(id, project_id, asset_id, tag, bound_type, bound, frame) "
        "SELECT 'n' || (i * 7 % 10000), CASE WHEN i % 100 = 3 THEN 'other' ELSE 'proj' END, "
        "CASE WHEN i % 50 = 9 THEN NULL WHEN i % 50 = 11 THEN 'gone' "
        "ELSE 'asset' || (i % 2000) END, "
        "CASE WHEN i % 10 = 0 THEN 'z' WHEN i % 10 = 1 THEN NULL WHEN i % 2 THEN 'x' ELSE 'y' END, "
        "'Polygon', '[[0.5,0.25],[' || substr('0.123456789012345678901234567890', 1, 3 + i % 17) "
        "|| ',0.75],[1,' || CASE WHEN i % 3 THEN '1' ELSE '0.5' END || ']' || "
        "replace(hex(zeroblob(20)), '00', ',[0.25,0.125]') || ']', i % 4 FROM n");
  }

  std::string all(bool large_part) {
    const testing::TemporaryFolder folder;
    store::Snapshot snapshot(database());
    EXPECT_EQ(store::is_large_part(snapshot, "proj"), large_part);
    const auto project = read_project(snapshot, "proj");
    order_images(snapshot, "proj");
    AnnotationsInOrder annotations(snapshot, *project, folder.path());
    std::string text;
    for (std::int64_t place = 1; place <= 2000; ++place) {
      for (const Drawn& drawn : annotations.at(place)) {
        const Annotation& one = drawn.annotation;
        text += std::to_string(place) + " " + std::to_string(one.number) + " ";
        text.append(one.id).append(" ").append(one.category ? one.category->name : "-");
        text += " " + std::to_string(drawn.frame.value_or(-1));
        for (const Point& point : one.points) {
          text += " " + std::to_string(point.x) + "," + std::to_string(point.y);
        }
        text += "\n";
      }
    }
    EXPECT_EQ(annotations.numbered(), std::count(text.begin(), text.end(), '\n'));
    return text;
  }
};

TEST_F(AnnotationsInOrderTest, ASmallPartOfTheMirrorComesAsALargeOneDoes) {
  draw();
  const std::string large = all(true);
  EXPECT_EQ(std::count(large.begin(), large.end(), '\n'),
            std::stoll(ask("SELECT count(*) FROM annotations n JOIN assets a ON a.id = n.asset_id "
                           "AND a.project_id = n.project_id WHERE n.project_id = 'proj'")));
  EXPECT_GT(large.size(), 3UL << 20) << "more than fits at once";
  execute(
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39999) "
      "INSERT INTO annotations(id, project_id, asset_id) SELECT 'o' || i, 'other', 'asset1' FROM "
      "n");
  EXPECT_TRUE(all(false) == large);
}

}  // namespace
}  // namespace nexus_mirror::exports
