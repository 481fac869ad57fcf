#include "emulator/catalog.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "emulator/json_members.h"
#include "emulator/synthetic.h"
#include "nexus_mirror/error.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::emulator {
namespace {

class EmulatorCatalogTest : public ::testing::Test {
 protected:
  void SetUp() override { write("workspace.json", "{\"id\":\"ws_1\"}\n"); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string load_error() {
    Catalog catalog(Dialect::v2);
    try {
      catalog.load(folder_.path());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  static std::string keys(const RecordList& list) {
    std::string text;
    Record scratch;
    for (std::size_t i = 0; i < list.size(); ++i) text += list.at(i, scratch).key + " ";
    return text;
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(EmulatorCatalogTest, LinesAreServedInTheOrderOfTheirIds) {
  write("projects.ndjson", "{\"id\":\"p\"}\n");
  write("workflows.ndjson",
        "{\"id\":\"c\",\"projectId\":\"p\"}\n{\"id\":\"a\",\"projectId\":\"p\"}\n"
        "{\"id\":\"b\",\"projectId\":\"p\",\"n\":1}\n{\"id\":\"b\",\"projectId\":\"p\",\"n\":2}\n");
  Catalog catalog(Dialect::v2);
  catalog.load(folder_.path());
  const RecordList& list = catalog.visible_project("p")->list(ObjectKind::workflows);
  EXPECT_EQ(keys(list), "a b c ");
  Record scratch;
  EXPECT_NE(list.at(1, scratch).text.find("\"n\":2"), std::string::npos);
}

TEST_F(EmulatorCatalogTest, ErrorsNameTheFileAndTheLine) {
  write("runs.ndjson", "{\"id\":\"r\",\"projectId\":\"p\"}\n{\"id\":\n");
  EXPECT_NE(load_error().find("runs.ndjson:2"), std::string::npos) << load_error();
  write("runs.ndjson", "{\"projectId\":\"p\"}\n");
  EXPECT_NE(load_error().find("runs.ndjson:1: the record has no id"), std::string::npos)
      << load_error();
  write("runs.ndjson", "{\"id\":\"r\"}\n");
  EXPECT_NE(load_error().find("has no projectId"), std::string::npos) << load_error();
  std::filesystem::remove(folder_ / "runs.ndjson");
  EXPECT_EQ(load_error(), "");
  std::filesystem::remove(folder_ / "workspace.json");
  EXPECT_NE(load_error().find("workspace.json"), std::string::npos) << load_error();
}

TEST_F(EmulatorCatalogTest, OneIdInTwoProjectsIsTwoObjects) {
  Catalog catalog(Dialect::v2);
  catalog.put(ObjectKind::projects, "p", R"({"id":"p"})");
  catalog.put(ObjectKind::projects, "q", R"({"id":"q"})");
  const RecordList& in_p = catalog.visible_project("p")->list(ObjectKind::runs);
  const RecordList& in_q = catalog.visible_project("q")->list(ObjectKind::runs);
  EXPECT_FALSE(catalog.put(ObjectKind::runs, "r", R"({"id":"r","projectId":"p"})"));
  EXPECT_FALSE(catalog.put(ObjectKind::runs, "r", R"({"id":"r","projectId":"q"})"));
  EXPECT_EQ(keys(in_p), "r ");
  EXPECT_EQ(keys(in_q), "r ");
  EXPECT_TRUE(catalog.put(ObjectKind::runs, "q:r", R"({"id":"r"})"));
  Record scratch;
  EXPECT_EQ(in_q.at(0, scratch).text, R"({"id":"r"})");
  EXPECT_NE(in_p.at(0, scratch).text, R"({"id":"r"})");

  EXPECT_THROW(catalog.put(ObjectKind::runs, "r", R"({"id":"r"})"), Error);
  EXPECT_THROW(catalog.erase(ObjectKind::runs, "r"), Error);
  EXPECT_TRUE(catalog.erase(ObjectKind::runs, "p:r"));
  EXPECT_EQ(keys(in_p), "");
  EXPECT_TRUE(catalog.erase(ObjectKind::runs, "r"));
  EXPECT_EQ(keys(in_q), "");
}

TEST_F(EmulatorCatalogTest, AnObjectFindsItsProjectThroughItsParent) {
  Catalog catalog(Dialect::v2);
  catalog.put(ObjectKind::projects, "p", R"({"id":"p"})");
  catalog.put(ObjectKind::artifacts, "a", R"({"id":"a","projectId":"p"})");
  catalog.put(ObjectKind::models, "m", R"({"id":"m","artifactId":"a"})");
  EXPECT_EQ(keys(catalog.visible_project("p")->list(ObjectKind::models)), "m ");
  EXPECT_THROW(catalog.put(ObjectKind::models, "n", R"({"id":"n","artifactId":"?"})"), Error);
  EXPECT_THROW(catalog.put(ObjectKind::tags, "7", R"({"index":7})"), Error);
  EXPECT_THROW(catalog.put(ObjectKind::models, "m", "[1]"), Error);
}

class EmulatorSyntheticTest : public ::testing::Test {
 protected:
  static ProjectRecords& only_project(Catalog& catalog) {
    return catalog.projects().begin()->second;
  }
  static std::string number(const std::string& text, const std::string& key) {
    return JsonMembers(text).scalar(key);
  }
};

TEST_F(EmulatorSyntheticTest, StatisticsAreRight) {
  Catalog catalog(Dialect::v2);
  add_synthetic({300, 2000, 5, 1}, catalog);
  const ProjectRecords& project = only_project(catalog);
  const RecordList& assets = project.list(ObjectKind::assets);
  const RecordList& annotations = project.list(ObjectKind::annotations);
  ASSERT_EQ(assets.size(), 300U);
  ASSERT_EQ(annotations.size(), 2000U);
  std::map<std::string, int> of_asset;
  Record scratch;
  std::string previous;
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    const Record& record = annotations.at(i, scratch);
    EXPECT_LT(previous, record.key);
    previous = record.key;
    ++of_asset[number(record.text, "assetId")];
  }
  int annotated = 0;
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const Record& record = assets.at(i, scratch);
    const int count = of_asset[record.key];
    annotated += count > 0;
    EXPECT_EQ(number(record.text, "status") == "None", count == 0);
    EXPECT_NE(record.text.find("\"totalAnnotations\":" + std::to_string(count) + "}"),
              std::string::npos)
        << record.text;
    EXPECT_EQ(annotations.children(record.key).size(), static_cast<std::size_t>(count));
  }
  EXPECT_NE(project.record->text.find(R"("totalAssets":300,"annotatedAssets":)" +
                                      std::to_string(annotated) + R"(,"totalAnnotations":2000)"),
            std::string::npos)
      << project.record->text;
}

TEST_F(EmulatorSyntheticTest, TheSameSeedGivesTheSameTexts) {
  const auto texts = [](std::uint64_t seed) {
    Catalog catalog(Dialect::v2);
    add_synthetic({50, 100, seed, 1}, catalog);
    std::string text = only_project(catalog).record->text;
    Record scratch;
    for (const ObjectKind kind : {ObjectKind::assets, ObjectKind::annotations}) {
      const RecordList& list = only_project(catalog).list(kind);
      for (std::size_t i = 0; i < list.size(); ++i) text += list.at(i, scratch).text;
    }
    return text;
  };
  EXPECT_EQ(texts(1), texts(1));
  EXPECT_NE(texts(1), texts(2));
}

TEST_F(EmulatorSyntheticTest, RowsAreSharedOutAmongProjects) {
  Catalog catalog(Dialect::v1);
  add_synthetic({11, 23, 1, 3}, catalog);
  ASSERT_EQ(catalog.projects().size(), 3U);
  std::size_t assets = 0, annotations = 0;
  for (const auto& [id, project] : catalog.projects()) {
    assets += project.list(ObjectKind::assets).size();
    annotations += project.list(ObjectKind::annotations).size();
    EXPECT_EQ(project.list(ObjectKind::tags).size(), 5U);
  }
  EXPECT_EQ(assets, 11U);
  EXPECT_EQ(annotations, 23U);
}

TEST_F(EmulatorSyntheticTest, ComputedRowsCanBeReplacedAndDeleted) {
  Catalog catalog(Dialect::v2);
  add_synthetic({10, 40, 1, 1}, catalog);
  ProjectRecords& project = only_project(catalog);
  RecordList& list = project.list(ObjectKind::annotations);
  Record scratch;
  const std::string key = list.at(7, scratch).key;
  const std::string asset = number(list.at(7, scratch).text, "assetId");
  const std::size_t siblings = list.children(asset).size();
  EXPECT_TRUE(catalog.put(
      ObjectKind::annotations, key,
      R"({"id":"x","projectId":")" + project.record->key + R"(","assetId":"elsewhere"})"));
  EXPECT_EQ(list.size(), 40U);
  EXPECT_EQ(list.children(asset).size(), siblings - 1);
  EXPECT_EQ(list.children("elsewhere").size(), 1U);
  EXPECT_TRUE(catalog.erase(ObjectKind::annotations, key));
  EXPECT_FALSE(catalog.erase(ObjectKind::annotations, key));
  EXPECT_EQ(list.size(), 39U);
  EXPECT_TRUE(list.children("elsewhere").empty());
}

TEST_F(EmulatorSyntheticTest, SpecificationsAreChecked) {
  const SyntheticOptions options = parse_synthetic("assets=5,annotations=7,seed=9,projects=2");
  EXPECT_EQ(options.assets, 5U);
  EXPECT_EQ(options.annotations, 7U);
  EXPECT_EQ(options.seed, 9U);
  EXPECT_EQ(options.projects, 2U);
  for (const char* const text : {"", "assets", "assets=x", "assets=-1", "rows=4", "projects=0",
                                 "assets=1,annotations=5,projects=2", "assets=99999999999"}) {
    EXPECT_THROW(parse_synthetic(text), Error) << text;
  }
}

}  // namespace
}  // namespace nexus_mirror::emulator
