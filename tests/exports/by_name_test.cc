// by-name/ and index.json: links that are the program's, and all that is not.
#include <SQLiteCpp/Database.h>

#include <fstream>

#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class ExportsByName : public ExportsTest {
 protected:
  static constexpr const char* kSecond = "proj_00000000000000000000000000000001";
  static constexpr const char* kThird = "proj_00000000000000000000000000000002";

  static fs::path names(const Mirror& mirror) { return mirror.folder() / "exports/by-name"; }

  void put_project(const std::string& id, const std::string& name) {
    put("projects", id,
        R"({"id":")" + id + R"(","name":")" + name +
            R"(","workspaceId":"ws","type":"ObjectDetection","createDate":4102444800000,)"
            R"("tags":[],"groups":[]})");
  }

  static std::string target(const fs::path& link) {
    std::error_code error;
    return fs::read_symlink(link, error).string();
  }

  // "name -> target" of each link.
  static std::string links(const Mirror& mirror) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(names(mirror))) {
      found[entry.path().filename().string()] =
          entry.is_symlink() ? target(entry.path()) : "a file";
    }
    std::string all;
    for (const auto& [name, led] : found) all += name + " -> " + led + "\n";
    return all;
  }
};

TEST_F(ExportsByName, ALongNameIsCutAndStopsNothing) {
  const auto mirror = exporting("");
  const std::string longest(251, 'N');
  put("projects", kBloodCells,
      replaced(corpus_line("projects", kBloodCells), "blood-cells", longest));
  put_project(kSecond, longest + "!");
  put_project(kThird, "\u732b\u732b");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const std::string slug(100, 'n');
  EXPECT_EQ(target(names(*mirror) / slug), std::string("../") + kBloodCells);
  EXPECT_EQ(target(names(*mirror) / (slug + "-2")), std::string("../") + kSecond);
  EXPECT_EQ(target(names(*mirror) / "proj-00000000000000000000000000000002"),
            std::string("../") + kThird);
  EXPECT_TRUE(fs::exists(names(*mirror) / slug / "manifest.json"));
  EXPECT_EQ(read_json(mirror->folder() / "exports/index.json")["projects"].Size(), 7U);
}

TEST_F(ExportsByName, WhatTheUserPutThereStays) {
  const auto mirror = exporting("", kBloodCells);
  fs::create_directories(names(*mirror) / "folder");
  fs::create_directories(mirror->folder() / "exports/mine");
  std::ofstream(names(*mirror) / "blood-cells") << "my own";
  fs::create_symlink("../mine", names(*mirror) / "blood-cells-2");
  fs::create_symlink("..", names(*mirror) / "up");
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string project = std::string("../") + kBloodCells;
  const std::string others = "folder -> a file\n";
  EXPECT_EQ(links(*mirror), "blood-cells -> a file\nblood-cells-2 -> ../mine\nblood-cells-3 -> " +
                                project + "\n" + others + "up -> ..\n");
  EXPECT_EQ(file_bytes(names(*mirror) / "blood-cells"), "my own");
  // Made when the program's own link was known already: another way to the same folder.
  fs::create_symlink(project, names(*mirror) / "latest");
  put("projects", kBloodCells,
      replaced(corpus_line("projects", kBloodCells), "blood-cells", "Red Cells"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(links(*mirror), "blood-cells -> a file\nblood-cells-2 -> ../mine\n" + others +
                                "latest -> " + project + "\nred-cells -> " + project +
                                "\nup -> ..\n");
  // The program's link, led elsewhere by the user.
  fs::remove(names(*mirror) / "red-cells");
  fs::create_symlink("../mine", names(*mirror) / "red-cells");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(target(names(*mirror) / "red-cells"), "../mine");
  EXPECT_EQ(target(names(*mirror) / "red-cells-2"), project);
}

TEST_F(ExportsByName, LinksOfAMirrorThatHasWrittenNoneDownAreItsOwn) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  SQLite::Database(mirror->database().string(), SQLite::OPEN_READWRITE)
      .exec("UPDATE export_projects SET link = NULL");
  fs::create_symlink("../elsewhere", names(*mirror) / "mine");
  put("projects", kBloodCells,
      replaced(corpus_line("projects", kBloodCells), "blood-cells", "Red Cells"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(links(*mirror),
            std::string("mine -> ../elsewhere\nred-cells -> ../") + kBloodCells + "\n");
}

TEST_F(ExportsByName, TwoProjectsMayChangeNames) {
  const auto mirror = exporting("");
  put_project(kSecond, "One");
  put_project(kThird, "Two");
  ASSERT_EQ(mirror->sync().status, 0);
  put_project(kSecond, "Two");
  put_project(kThird, "One");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(target(names(*mirror) / "two"), std::string("../") + kSecond);
  EXPECT_EQ(target(names(*mirror) / "one"), std::string("../") + kThird);
  EXPECT_EQ(mirror->value("SELECT link FROM export_projects WHERE project_id = '" +
                          std::string(kThird) + "'"),
            "one");
}

TEST_F(ExportsByName, AFileInThePlaceOfTheFolderStopsNoIndex) {
  const auto mirror = exporting("", kBloodCells);
  fs::create_directories(mirror->folder() / "exports");
  std::ofstream(names(*mirror)) << "mine";
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(names(*mirror).string()), std::string::npos) << ended.err;
  EXPECT_EQ(read_json(mirror->folder() / "exports/index.json")["projects"].Size(), 1U);
  expect_consistent(*mirror, kBloodCells);
  EXPECT_EQ(file_bytes(names(*mirror)), "mine");
}

}  // namespace
}  // namespace nexus_mirror::testing
