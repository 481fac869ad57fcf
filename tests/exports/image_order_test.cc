// What the images of a project are called: each by its filename unless a reader, or a disk, would
// take two for one.
#include "exports/image_order.h"

#include <map>

#include "exports/file_names.h"
#include "exports/project_data.h"
#include "support/store_fixture.h"

namespace nexus_mirror::exports {
namespace {

using Names = std::map<std::string, std::string>;  // of images, by the ids of their assets

class ImageOrderTest : public nexus_mirror::testing::StoreTest {
 protected:
  // An asset that is the older the earlier it is put.
  void put(const std::string& id, const std::string& filename, const std::string& mime_type = {}) {
    put_at(std::to_string(++now_), id, filename, mime_type);
  }

  void put_at(const std::string& date, const std::string& id, const std::string& filename,
              const std::string& mime_type = {}) {
    std::string quoted;
    for (const char c : filename) quoted.append(c == '\'' ? 2 : 1, c);
    execute("INSERT INTO assets(id, project_id, filename, create_date, mime_type) VALUES('" + id +
            "', 'proj', '" + quoted + "', " + date + ", '" + mime_type + "')");
  }

  // "name|stem" of each image by `rule`; fails where two are one on some disk.
  Names named(NameRule rule = NameRule::any) {
    store::Snapshot snapshot(database());
    order_images(snapshot, "proj");
    Names names;
    std::map<std::string, std::string> stems, whole;
    const auto take = [&](const ImageRow& row) {
      std::string name(row.image.name), stem(row.image.stem);
      if (const auto& other = row.other_names[static_cast<std::size_t>(rule)]) {
        name = other->name;
        stem = other->stem;
      }
      const std::string id(row.image.asset_id);
      EXPECT_TRUE(stems.emplace(stem_key(stem), id).second) << stem << " of " << id;
      EXPECT_TRUE(whole.emplace(name_key(name), id).second) << name << " of " << id;
      EXPECT_TRUE(fits(rule, name, stem)) << name;
      names[id] = name.append("|").append(stem);
    };
    Project project;
    project.id = "proj";
    for_each_image(snapshot, project, {folder_.path()}, take, [](std::string_view) {});
    return names;
  }

 private:
  int now_ = 0;
};

TEST_F(ImageOrderTest, TheOldestKeepsItsName) {
  put("asset_00000003-a", "Case.jpg");
  put("asset_00000001-a", "case.jpg");
  put("asset_00000002-a", "twin.png");
  put("asset_00000004-a", "twin.jpg");
  put("asset_00000005-a", "same.jpg");
  put("asset_00000006-a", "same.jpg");
  put_at("NULL", "asset_00000000-a", "young.jpg");
  put("asset_00000007-a", "young.jpg");
  EXPECT_EQ(named(), (Names{{"asset_00000003-a", "Case.jpg|Case"},
                            {"asset_00000001-a", "case_asset_00000001.jpg|case_asset_00000001"},
                            {"asset_00000002-a", "twin.png|twin"},
                            {"asset_00000004-a", "twin.jpg|twin_asset_00000004"},
                            {"asset_00000005-a", "same.jpg|same"},
                            {"asset_00000006-a", "same_asset_00000006.jpg|same_asset_00000006"},
                            {"asset_00000000-a", "young_asset_00000000.jpg|young_asset_00000000"},
                            {"asset_00000007-a", "young.jpg|young"}}));
}

TEST_F(ImageOrderTest, LettersThatADiskFoldsOrComposesAreOne) {
  put("asset_1", "\u00c4rger.jpg");
  put("asset_2", "\u00e4rger.jpg");
  put("asset_3", "a\u0308rger.jpg");
  put("asset_4", "stra\u00dfe.jpg");
  put("asset_5", "STRASSE.jpg");
  put("asset_6", "a.jpg");
  put("asset_7", "a.jpg.");
  put("asset_8", "a.jpg ");
  put("asset_9", "f/b.jpg");
  put("asset_A", "f\\B.jpg");
  const Names names = named();
  EXPECT_EQ(names.at("asset_1"), "\u00c4rger.jpg|\u00c4rger");
  EXPECT_EQ(names.at("asset_2"), "\u00e4rger_asset_2.jpg|\u00e4rger_asset_2");
  EXPECT_EQ(names.at("asset_3"), "a\u0308rger_asset_3.jpg|a\u0308rger_asset_3");
  EXPECT_EQ(names.at("asset_4"), "stra\u00dfe.jpg|stra\u00dfe");
  EXPECT_EQ(names.at("asset_5"), "STRASSE_asset_5.jpg|STRASSE_asset_5");
  EXPECT_EQ(names.at("asset_6"), "a.jpg|a");
  EXPECT_EQ(names.at("asset_7"), "a.jpg_asset_7|a.jpg_asset_7");
  EXPECT_EQ(names.at("asset_8"), "a_asset_8|a_asset_8");
  EXPECT_EQ(names.at("asset_9"), "f/b.jpg|f_b_asset_9");
  EXPECT_EQ(names.at("asset_A"), "f_B_asset_A.jpg|f_B_asset_A");
}

TEST_F(ImageOrderTest, WhoClashesWithNobodyKeepsItsNameWhateverComes) {
  put("asset_00000001-a", "a.jpg");
  put("asset_00000002-a", "a.jpg");
  put("asset_00000003-a", "b.jpg");
  const Names before = named();
  EXPECT_EQ(before.at("asset_00000002-a"), "a_asset_00000002.jpg|a_asset_00000002");
  put("asset_00000009-a", "a_asset_00000002.jpg");
  put("asset_00000008-a", "../b.jpg");
  const Names after = named();
  EXPECT_EQ(after.at("asset_00000009-a"), "a_asset_00000002.jpg|a_asset_00000002");
  EXPECT_EQ(after.at("asset_00000002-a"), "a_asset_00000002-a.jpg|a_asset_00000002-a");
  EXPECT_EQ(after.at("asset_00000001-a"), before.at("asset_00000001-a"));
  EXPECT_EQ(after.at("asset_00000003-a"), before.at("asset_00000003-a"));
}

// A file cannot be where a folder has to be. One name gives way, not all that are in the folder.
TEST_F(ImageOrderTest, AFileThatIsAFolderOfOthersGivesWay) {
  put("asset_00000001-a", "scan");
  put("asset_00000002-a", "scan/0001.jpg");
  put("asset_00000003-a", "scan/0002.jpg");
  put("asset_00000004-a", "Deep\\a");
  put("asset_00000005-a", "deep/A/b/c.jpg");
  put("asset_00000006-a", "scan.jpg");
  put("asset_00000007-a", "scan-1/a.jpg");
  EXPECT_EQ(named(), (Names{{"asset_00000001-a", "scan_asset_00000001|scan_asset_00000001"},
                            {"asset_00000002-a", "scan/0001.jpg|scan_0001_asset_00000002"},
                            {"asset_00000003-a", "scan/0002.jpg|scan_0002_asset_00000003"},
                            {"asset_00000004-a", "Deep_a_asset_00000004|Deep_a_asset_00000004"},
                            {"asset_00000005-a", "deep/A/b/c.jpg|deep_A_b_c_asset_00000005"},
                            {"asset_00000006-a", "scan.jpg|scan"},
                            {"asset_00000007-a", "scan-1/a.jpg|scan-1_a_asset_00000007"}}));
  // Nor is what was made a folder of anybody's.
  put("asset_00000008-a", "scan_asset_00000001/x.jpg");
  EXPECT_EQ(named().at("asset_00000001-a"), "scan_asset_00000001-a|scan_asset_00000001-a");
}

TEST_F(ImageOrderTest, NoNameOfAnAdversaryStopsTheOthers) {
  put("asset_1", "a.jpg");
  put("asset_2", "A.JPG");
  put("ASSET_2", "a.jpg");
  put("x/y", "a.jpg");
  put("x\\y", "a.jpg");
  for (const char* id : {"asset_2", "asset_1", "x_y"}) {
    put("evil" + std::string(id), "A_" + std::string(id) + ".jpg");
    for (int i = 2; i < 5; ++i) {
      put("evil" + std::string(id) + std::to_string(i),
          "a_" + std::string(id) + "_" + std::to_string(i) + ".png");
    }
  }
  const Names names = named();
  EXPECT_EQ(names.at("asset_1"), "a.jpg|a");
  EXPECT_EQ(names.at("asset_2"), "A_asset_2_5.JPG|A_asset_2_5");
  EXPECT_EQ(names.at("ASSET_2"), "a_ASSET_2_6.jpg|a_ASSET_2_6");
  EXPECT_EQ(names.at("evilasset_2"), "A_asset_2.jpg|A_asset_2");
  EXPECT_TRUE(names.at("x/y").starts_with("a_")) << names.at("x/y");
}

TEST_F(ImageOrderTest, AVideoGivesWayToAnImageThatIsCalledAsAFrameOfIt) {
  put("asset_1", "v.mp4", "video/mp4");
  put("asset_2", "v_f000017.jpg", "image/jpeg");
  put("asset_3", "w.mp4", "video/mp4");
  put("asset_4", "w_f17.jpg", "image/jpeg");
  put("asset_5", "u.mp4", "video/mp4");
  put("f000017", "u.jpg", "image/jpeg");
  const Names names = named();
  EXPECT_EQ(names.at("asset_1"), "v.mp4|v_asset_1");
  EXPECT_EQ(names.at("asset_2"), "v_f000017.jpg|v_f000017");
  EXPECT_EQ(names.at("asset_3"), "w.mp4|w");
  EXPECT_EQ(names.at("asset_5"), "u.mp4|u");
  EXPECT_EQ(names.at("f000017"), "u.jpg|u_f000017_2") << "u_f000017 is a frame of u.mp4";
}

TEST_F(ImageOrderTest, FormatsWhoseReadersPartLinesHaveNoBlanks) {
  put("asset_1", "a b.jpg");
  put("asset_2", "a_b.jpg");
  put("asset_3", "c\u3000d.jpg");
  put("asset_4", "plain.jpg");
  put("asset_5", "in a folder/e.jpg");
  put("asset_6", "a_b_asset_1.jpg");
  put("asset 7", "A B.jpg");
  EXPECT_EQ(named().at("asset_1"), "a b.jpg|a b");
  const Names names = named(NameRule::without_blanks);
  EXPECT_EQ(names.at("asset_1"), "a_b_asset_1_2.jpg|a_b_asset_1_2");
  EXPECT_EQ(names.at("asset_2"), "a_b.jpg|a_b");
  EXPECT_EQ(names.at("asset_3"), "c_d_asset_3.jpg|c_d_asset_3");
  EXPECT_EQ(names.at("asset_4"), "plain.jpg|plain");
  EXPECT_EQ(names.at("asset_5"), "in_a_folder_e_asset_5.jpg|in_a_folder_e_asset_5");
  EXPECT_EQ(names.at("asset_6"), "a_b_asset_1.jpg|a_b_asset_1");
  EXPECT_EQ(names.at("asset 7"), "A_B_asset_7.jpg|A_B_asset_7");
}

// What the first darknet makes of the path of an image when it looks for the boxes.
std::string labels_of(std::string path) {
  for (const auto& [from, to] : {std::pair("images", "labels"),
                                 {"JPEGImages", "labels"},
                                 {"raw", "labels"},
                                 {".jpg", ".txt"},
                                 {".png", ".txt"},
                                 {".JPG", ".txt"},
                                 {".JPEG", ".txt"}}) {
    const auto at = path.find(from);
    if (at != std::string::npos) path.replace(at, std::string_view(from).size(), to);
  }
  return path;
}

TEST_F(ImageOrderTest, DarknetFindsTheLabelsOfEveryImage) {
  put("asset_1", "strawberry.jpg");
  put("asset_2", "images-1.jpg");
  put("asset_3", "a.jpg.jpg");
  put("asset_4", "b.png.JPEG");
  put("asset_5", "JPEGImages-1.png");
  put("asset_6", "plain and simple.JPG");
  put("asset_raw", "twin.jpg");
  put("asset_raw2", "TWIN.jpg");
  put("asset_9", "rawrawimagesraw.JPEG.jpg");
  const Names names = named(NameRule::darknet);
  EXPECT_EQ(names.at("asset_1"), "stRawberry_asset_1.jpg|stRawberry_asset_1");
  EXPECT_EQ(names.at("asset_2"), "Images-1_asset_2.jpg|Images-1_asset_2");
  EXPECT_EQ(names.at("asset_3"), "a_jpg_asset_3.jpg|a_jpg_asset_3");
  EXPECT_EQ(names.at("asset_5"), "JPEGImages-1.png|JPEGImages-1");
  EXPECT_EQ(names.at("asset_6"), "plain and simple.JPG|plain and simple");
  EXPECT_EQ(names.at("asset_raw2"), "TWIN_asset_Raw2.jpg|TWIN_asset_Raw2");
  for (const auto& [id, both] : names) {
    const auto bar = both.find('|');
    EXPECT_EQ(labels_of("./JPEGImages/" + both.substr(0, bar)),
              "./labels/" + both.substr(bar + 1) + ".txt");
  }
  EXPECT_EQ(named().at("asset_1"), "strawberry.jpg|strawberry");
}

TEST_F(ImageOrderTest, TheManifestIsToldEachNameThatIsNoFilename) {
  put("asset_1", "a b.jpg");
  put("asset_2", "A B.jpg");
  put("asset_3", "raw.jpg");
  put("asset_4", "fine.jpg");
  store::Snapshot snapshot(database());
  order_images(snapshot, "proj");
  std::string all;
  for_each_renamed(snapshot, [&](const Renamed& renamed) {
    all.append(renamed.asset_id).append("|").append(renamed.filename).append("|");
    all.append(renamed.name).append("|").append(renamed.stem).append("|");
    all.append(std::to_string(static_cast<int>(renamed.rule))).append("\n");
  });
  EXPECT_EQ(all,
            "asset_2|A B.jpg|A_B_asset_2.jpg|A_B_asset_2|1\n"
            "asset_2|A B.jpg|A B_asset_2.jpg|A B_asset_2|0\n"
            "asset_1|a b.jpg|a_b_asset_1.jpg|a_b_asset_1|1\n"
            "asset_3|raw.jpg|Raw_asset_3.jpg|Raw_asset_3|2\n");
}

}  // namespace
}  // namespace nexus_mirror::exports
