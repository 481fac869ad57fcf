// CONTRACT.md 9: the past as queryable as the present, through the real program.
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

// Two syncs: between them one annotation of the blood cells moves, one goes and one comes.
class Promise9QueryAt : public PromiseTest {
 protected:
  Promise9QueryAt() {
    serve();
    mirror_ = mirror(kBloodCells);
    EXPECT_EQ(mirror_->sync().status, 0);
    const auto lines = corpus_lines("annotations", kBloodCells);
    moved_ = id_of(lines[0]);
    gone_ = id_of(lines[1]);
    put("annotations", moved_, replaced(lines[0], "\"tag\":\"", "\"tag\":\"other "));
    remove("annotations", gone_);
    put("annotations", "annot_new", replaced(lines[2], id_of(lines[2]), "annot_new"));
    EXPECT_EQ(mirror_->sync().status, 0);
  }

  std::string at(const std::string& moment, const std::string& sql) {
    const Ended ended = mirror_->run({"query", "--at", moment, "--format", "csv", sql});
    EXPECT_EQ(ended.status, 0) << ended.err;
    return ended.out;
  }
  std::string refused(const std::string& moment, const std::string& sql) {
    const Ended ended = mirror_->run({"query", "--at", moment, sql});
    EXPECT_EQ(ended.status, 2) << ended.out;
    EXPECT_EQ(ended.out, "");
    return ended.err;
  }

  std::unique_ptr<Mirror> mirror_;
  std::string moved_, gone_;
};

TEST_F(Promise9QueryAt, ShowsWhatAnAnnotationWas) {
  const auto ask = [&](const std::string& id) {
    return "SELECT count(*), max(tag LIKE 'other %') FROM annotations WHERE id = '" + id + "'";
  };
  const std::string head = "count(*),max(tag LIKE 'other %')\n";
  EXPECT_EQ(at("1", ask(moved_)), head + "1,0\n");
  EXPECT_EQ(at("2", ask(moved_)), head + "1,1\n");
  EXPECT_EQ(at("1", ask(gone_)), head + "1,0\n");
  EXPECT_EQ(at("2", ask(gone_)), head + "0,\n");
  EXPECT_EQ(at("1", ask("annot_new")), head + "0,\n");
  EXPECT_EQ(at("2", ask("annot_new")), head + "1,0\n");
  // By an index, in a join, as an order and in a view.
  EXPECT_EQ(at("1",
               "SELECT n.id FROM assets a JOIN annotations n ON n.asset_id = a.id "
               "AND n.project_id = a.project_id WHERE n.id = '" +
                   gone_ + "'"),
            "id\n" + gone_ + "\n");
  EXPECT_EQ(
      at("1", "SELECT count(*) AS n FROM annotation_boxes WHERE annotation_id = '" + gone_ + "'"),
      "n\n1\n");
  EXPECT_EQ(at("1",
               "SELECT id FROM annotations WHERE rowid = (SELECT max(rowid) FROM annotations "
               "WHERE id = '" +
                   gone_ + "')"),
            "id\n" + gone_ + "\n");
}

TEST_F(Promise9QueryAt, KnowsATableHoweverItIsNamedAndAskedFor) {
  const std::string then = at("1", "SELECT count(id) AS n FROM annotations");
  ASSERT_EQ(then, "n\n" + std::to_string(corpus_lines("annotations", kBloodCells).size()) + "\n");
  for (const char* table :
       {"ANNOTATIONS", "[Annotations]", "temp.annotations", "\"aNNotations\""}) {
    EXPECT_EQ(at("1", std::string("SELECT count(*) AS n FROM ") + table), then) << table;
  }
  const std::string joined = "SELECT count(*) AS n FROM tags t JOIN annotations USING(project_id)";
  EXPECT_EQ(at("1", joined),
            at("1",
               "SELECT count(*) AS n FROM tags t JOIN annotations n ON t.project_id = "
               "n.project_id WHERE n.id > ''"));
  // Values that a column makes the same find a row once.
  const std::string list = "SELECT count(*) AS n FROM annotations WHERE id IN ";
  EXPECT_EQ(at("1", list + "('" + gone_ + "', '" + gone_ + "', 5)"), "n\n1\n");
  EXPECT_EQ(at("1", list + "(SELECT id FROM annotations LIMIT 5)"), "n\n5\n");
  at("1", "EXPLAIN QUERY PLAN SELECT * FROM annotations WHERE asset_id = 'x'");
  for (const char* command : {"query", "diff"}) {
    const std::string option = command == std::string("query") ? "--at" : "--since";
    EXPECT_EQ(mirror_->run({command, option, "", "SELECT 1"}).status, 2) << command;
  }
}

TEST_F(Promise9QueryAt, AnswersEveryTableAndViewOfTheFirstSync) {
  for (const char* name : {"workspaces",     "projects",    "project_tags",     "project_groups",
                           "project_users",  "tags",        "assets",           "asset_groups",
                           "annotations",    "runs",        "run_logs",         "run_matrices",
                           "models",         "model_links", "project_progress", "annotation_boxes",
                           "tag_statistics", "asset_files", "model_files",      "syncs",
                           "changes",        "exports",     "asset_sets",       "files"}) {
    at("1", std::string("SELECT * FROM ") + name + " LIMIT 2");
  }
  const std::string counted = "SELECT sum(annotations) AS n FROM tag_statistics";
  EXPECT_EQ(at("1", counted), at("1", "SELECT count(*) AS n FROM annotations"));
  EXPECT_EQ(at("1", "SELECT annotations AS n FROM project_progress"), at("1", counted));
}

TEST_F(Promise9QueryAt, RefusesThePresentUnderAnotherName) {
  for (const char* sql :
       {"SELECT count(*) FROM main.annotations", "SELECT id FROM main.annotations",
        "WITH annotations AS (SELECT * FROM main.annotations) "
        "SELECT count(*) FROM annotations",
        "SELECT * FROM main.tag_statistics",
        "SELECT id FROM (SELECT * FROM main.annotations) AS then_annotations"}) {
    const std::string message = refused("1", sql);
    EXPECT_NE(message.find("as it is now"), std::string::npos) << sql << ": " << message;
  }
  for (const char* sql :
       {"DELETE FROM annotations", "INSERT INTO temp.then_annotations(row, was) VALUES(1, 1)",
        "ATTACH 'mirror.db' AS now", "DROP TABLE temp.annotations", "CREATE TEMP TABLE x(y)",
        "DROP VIEW temp.tag_statistics", "COMMIT", "PRAGMA temp_store = 2",
        "CREATE VIRTUAL TABLE temp.now USING past"}) {
    refused("1", sql);
  }
  // What did not change is the same by any name.
  EXPECT_EQ(at("1", "SELECT count(*) > 0 AS some FROM main.tags"), "some\n1\n");
}

TEST_F(Promise9QueryAt, SaysSinceWhenItCanAnswer) {
  const std::string message = refused("2020-01-01", "SELECT 1");
  EXPECT_NE(message.find("it can be answered since 20"), std::string::npos) << message;
  EXPECT_NE(message.find("the end of sync 1"), std::string::npos) << message;
  EXPECT_NE(refused("7", "SELECT 1").find("the nearest that ended"), std::string::npos);
  EXPECT_NE(refused("run:nobody", "SELECT 1").find("no such run"), std::string::npos);
}

TEST_F(Promise9QueryAt, TakesTheMomentThatARunWasCreated) {
  const std::string line = corpus_line("runs", kBloodCells);
  const std::string now = mirror_->value("SELECT max(finished_at) FROM syncs WHERE id = 1");
  put("runs", "run_new",
      replaced(replaced(line, id_of(line), "run_new"),
               "\"createDate\":", "\"createDate\":" + now + ",\"wasCreateDate\":"));
  ASSERT_EQ(mirror_->sync().status, 0);
  const std::string ask = "SELECT count(*) AS n FROM annotations WHERE id = '" + gone_ + "'";
  EXPECT_EQ(at("run:run_new", ask), "n\n1\n");
  remove("runs", "run_new");
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(at("run:run_new", ask), "n\n1\n");  // it is gone, and known all the same
}

TEST_F(Promise9QueryAt, LinksAreAsTheyAreNowAndNullWhereTheRowIsGone) {
  const std::string asset = mirror_->value("SELECT min(id) FROM assets");
  remove("assets", asset);
  ASSERT_EQ(mirror_->sync({"--allow-mass-delete"}).status, 0);
  EXPECT_EQ(at("1",
               "SELECT url IS NULL AS none, url_expiry IS NULL AS never, filename IS NULL AS "
               "nameless FROM assets WHERE id = '" +
                   asset + "'"),
            "none,never,nameless\n1,1,0\n");
}

TEST_F(Promise9QueryAt, BeforeTheFirstSyncThereIsNoPast) {
  const auto empty = mirror(kKeypoints);
  EXPECT_EQ(empty->run({"query", "--at", "1h", "SELECT 1"}).status, 5);  // no mirror at all
}

}  // namespace
}  // namespace nexus_mirror::testing
