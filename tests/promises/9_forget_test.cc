// CONTRACT.md 1 and 3: what is forgotten is gone from everywhere, and so is its part of the past.
#include <filesystem>
#include <fstream>

#include "nexus_mirror/env.h"
#include "support/files_fixture.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

void execute(const Mirror& mirror, const std::string& sql) {
  SQLite::Database(mirror.database().string(), SQLite::OPEN_READWRITE, 5000).exec(sql);
  mirror.forget_feed();
}

// Files below the folder that have `text` in their name or their bytes.
std::vector<std::string> naming(const fs::path& folder, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool has =
        entry.path().filename().string().find(text) != std::string::npos ||
        (entry.is_regular_file() && file_bytes(entry.path()).find(text) != std::string::npos);
    if (has) found.push_back(entry.path().string());
  }
  return found;
}

// The keypoint project with its images and exports, and in one sync after it another tag.
class Promise9Forget : public Files {
 protected:
  Promise9Forget() : mirror_(keeper()) {
    EXPECT_EQ(mirror_->sync().status, 0);
    const std::string line = corpus_line("annotations", kKeypoints);
    put("annotations", id_of(line), replaced(line, "\"tag\":\"", "\"tag\":\"other "));
    EXPECT_EQ(mirror_->sync().status, 0);
  }

  Ended forget(std::vector<std::string> options) {
    options.insert(options.begin(), "forget");
    options.emplace_back("--yes");
    const Ended ended = mirror_->run(options);
    mirror_->forget_feed();
    return ended;
  }
  std::string at(const std::string& moment, const std::string& sql) {
    return mirror_->run({"query", "--at", moment, "--format", "csv", sql}).out;
  }
  fs::path exports() const { return mirror_->folder() / "exports"; }
  std::size_t kept() const {
    std::size_t files = 0;
    content::for_each_content(mirror_->folder() / "files",
                              [&](const std::string&, std::uint64_t) { ++files; });
    return files;
  }

  std::unique_ptr<Mirror> mirror_;
};

TEST_F(Promise9Forget, AProjectIsGoneFromEverywhere) {
  const std::string asset = mirror_->value("SELECT min(id) FROM assets");
  const std::string annotation = mirror_->value("SELECT min(id) FROM annotations");
  ASSERT_GT(kept(), 0U);
  ASSERT_FALSE(naming(exports(), asset).empty());
  const Ended ended = forget({"--project", kKeypoints});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("assets 99"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("comes again with the next sync"), std::string::npos) << ended.err;
  for (const std::string& table :
       mirror_->rows("SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c "
                     "WHERE m.type = 'table' AND c.name = 'project_id' AND m.name <> 'changes'")) {
    EXPECT_EQ(mirror_->value("SELECT count(*) FROM " + table + " WHERE project_id <> ''"), "0")
        << table;
  }
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM projects"), "0");
  EXPECT_EQ(
      mirror_->rows("SELECT op, entity, entity_id, sync_id, before, after FROM changes "
                    "WHERE project_id IS NOT NULL"),
      std::vector<std::string>{"forget|projects|" + std::string(kKeypoints) + "|NULL|NULL|NULL"});
  EXPECT_EQ(kept(), 0U);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM content_leftovers"), "0");
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM jpeg_endings"), "0");
  EXPECT_FALSE(fs::exists(exports() / kKeypoints));
  EXPECT_TRUE(fs::is_empty(exports() / "by-name"));
  EXPECT_TRUE(naming(exports(), kKeypoints).empty());
  // Nor in a page that is half full, nor in the -wal.
  ASSERT_EQ(mirror_->run({"compact"}).status, 0);
  EXPECT_TRUE(naming(mirror_->folder(), asset).empty());
  EXPECT_TRUE(naming(mirror_->folder(), annotation).empty());
}

TEST_F(Promise9Forget, EarlierMomentsAreAnsweredWithoutIt) {
  ASSERT_EQ(forget({"--project", kKeypoints}).status, 0);
  EXPECT_EQ(at("1", "SELECT count(*) AS n FROM annotations"), "n\n0\n");
  EXPECT_EQ(at("2", "SELECT count(*) AS n FROM projects"), "n\n0\n");
  EXPECT_EQ(at("2", "SELECT count(*) AS n FROM workspaces"), "n\n1\n");
  // Also where the first change that is left is a later one.
  execute(*mirror_, "DELETE FROM changes WHERE op <> 'forget'");
  EXPECT_EQ(at("1", "SELECT count(*) AS n FROM assets"), "n\n0\n");
  // It comes again as something new.
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM assets"), "99");
  EXPECT_EQ(at("2", "SELECT count(*) AS n FROM assets"), "n\n0\n");
  EXPECT_EQ(at("3", "SELECT count(*) AS n FROM assets"), "n\n99\n");
  EXPECT_TRUE(fs::exists(exports() / kKeypoints / "manifest.json"));
  expect_all_here(*mirror_);
}

TEST_F(Promise9Forget, AnAssetIsGoneFromEverywhereAndTheOthersStay) {
  const std::string asset =
      mirror_->value("SELECT asset_id FROM annotations WHERE tag LIKE 'other %'");
  const std::string file = mirror_->value("SELECT filename FROM assets WHERE id = '" + asset + "'");
  const std::string its = " WHERE asset_id = '" + asset + "'";
  const std::string annotation = mirror_->value("SELECT min(id) FROM annotations" + its);
  const std::string others =
      "SELECT count(*) AS n FROM annotations WHERE asset_id <> '" + asset + "'";
  const std::string before = at("1", others);
  fs::create_directories(exports() / kKeypoints / "server/coco");
  std::ofstream(exports() / kKeypoints / "server/coco/a.json") << asset;
  const std::size_t files = kept();
  const Ended ended = forget({"--asset", asset});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM assets"), "98");
  EXPECT_EQ(kept(), files - 1);
  EXPECT_TRUE(naming(exports(), asset).empty());
  EXPECT_TRUE(naming(exports(), file).empty());
  EXPECT_FALSE(fs::exists(exports() / kKeypoints / "server"));
  EXPECT_EQ(
      mirror_->rows("SELECT op, entity, project_id FROM changes WHERE entity_id = '" + asset + "'"),
      std::vector<std::string>{"forget|assets|" + std::string(kKeypoints)});
  EXPECT_EQ(at("1", "SELECT count(*) AS n FROM annotations" + its), "n\n0\n");
  EXPECT_EQ(at("1", others), before);
  EXPECT_EQ(mirror_->value("SELECT sum(annotations) FROM tag_statistics"),
            mirror_->value("SELECT count(*) FROM annotations"));
  ASSERT_EQ(mirror_->run({"compact"}).status, 0);
  EXPECT_TRUE(naming(mirror_->folder(), annotation).empty());
  // Gone on the server, too, it stays away.
  remove("assets", asset);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM assets"), "98");
}

TEST_F(Promise9Forget, WhatAKillLeftTheNextSyncTakesAway) {
  ASSERT_EQ(forget({"--project", kKeypoints}).status, 0);
  const std::string sha256 = std::string(64, 'a');
  const fs::path content = content::content_path(mirror_->folder() / "files", sha256);
  fs::create_directories(content.parent_path());
  std::ofstream(content) << "bytes";
  fs::create_directories(exports() / "proj_gone/annotations");
  std::ofstream(exports() / "proj_gone/annotations/a.json") << "{}";
  fs::create_symlink("../proj_gone", exports() / "by-name/gone");
  execute(*mirror_,
          "INSERT INTO export_projects VALUES('proj_gone', 'proj_gone', 0, 0, 'gone');"
          "INSERT INTO export_marks VALUES('proj_gone', 'forgotten');"
          "INSERT INTO content_leftovers VALUES('" +
              sha256 + "', -9223372036854775808)");
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_FALSE(fs::exists(exports() / "proj_gone"));
  EXPECT_FALSE(fs::is_symlink(exports() / "by-name/gone"));
  EXPECT_FALSE(fs::exists(content));
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(Promise9Forget, AsksAndChangesNothingWithoutAnAnswer) {
  const std::string before = mirror_->dump(true);
  const Ended refused = mirror_->run({"forget", "--project", kKeypoints});
  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_NE(refused.err.find("assets 99"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("add --yes"), std::string::npos) << refused.err;
  const std::string name = mirror_->value("SELECT name FROM projects");
  const Ended unknown = forget({"--project", name + "x"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean '" + name + "'"), std::string::npos) << unknown.err;
  EXPECT_EQ(forget({"--project", "*"}).status, 2);  // a name, no pattern
  EXPECT_EQ(forget({"--asset", "asset_nobody"}).status, 2);
  EXPECT_EQ(forget({}).status, 2);
  {
    const FileLock lock(mirror_->database().string() + ".lock");
    EXPECT_EQ(forget({"--project", kKeypoints}).status, 7);
  }
  EXPECT_EQ(mirror_->dump(true), before);
}

TEST_F(Promise9Forget, NamesBothWhereTwoAreMeant) {
  execute(*mirror_,
          "INSERT INTO projects(id, name, workspace_id) SELECT 'proj_twin', name, workspace_id "
          "FROM projects; INSERT INTO assets(id, project_id) SELECT id, 'proj_twin' FROM assets");
  const std::string name = mirror_->value("SELECT name FROM projects LIMIT 1");
  const Ended two = forget({"--project", name});
  EXPECT_EQ(two.status, 2);
  EXPECT_NE(two.err.find("proj_twin"), std::string::npos) << two.err;
  EXPECT_NE(two.err.find(kKeypoints), std::string::npos) << two.err;
  const std::string asset = mirror_->value("SELECT min(id) FROM assets");
  EXPECT_EQ(forget({"--asset", asset}).status, 2);
  EXPECT_EQ(forget({"--asset", asset, "--project", "proj_twin"}).status, 0);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM assets WHERE id = '" + asset + "'"), "1");
  const std::string workspace = mirror_->value("SELECT name FROM workspaces");
  EXPECT_EQ(forget({"--workspace", workspace}).status, 0);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM projects"), "0");
}

TEST_F(Promise9Forget, CompactGivesTheSpaceBack) {
  execute(*mirror_,
          "CREATE TABLE large(x); INSERT INTO large VALUES(zeroblob(4000000)); "
          "DROP TABLE large");
  const std::string before = mirror_->dump(true);
  const auto size = fs::file_size(mirror_->database());
  const Ended ended = mirror_->run({"compact"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("it needs up to"), std::string::npos) << ended.err;
  EXPECT_LT(fs::file_size(mirror_->database()), size - 3'900'000);
  EXPECT_EQ(mirror_->dump(true), before);
  EXPECT_EQ(mirror_->number("PRAGMA freelist_count"), 0);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(mirror_->dump(true), before);
  const FileLock lock(mirror_->database().string() + ".lock");
  EXPECT_EQ(mirror_->run({"compact"}).status, 7);
}

}  // namespace
}  // namespace nexus_mirror::testing
