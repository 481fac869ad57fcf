// Rows on their way into the mirror: upserts, changes, links.
#include "store/store.h"

#include <sys/stat.h>

#include "nexus_mirror/error.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

using testing::batch_of;

class StoreRowsTest : public testing::StoreTest {};

TEST_F(StoreRowsTest, MakesTheMirrorWithItsPermissions) {
  struct stat status {};
  ASSERT_EQ(::stat(database().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(StoreRowsTest, PutsUpdatesAndLeavesAlone) {
  const auto first = batch_of(objects::workspaces, R"([{"id": "w", "name": "a", "x": 1}])");
  EXPECT_EQ(store_->tables.put(first).inserted, 1);
  const RowCounts again = store_->tables.put(first);
  EXPECT_EQ(again.inserted + again.updated + again.deleted, 0);
  EXPECT_EQ(ask("SELECT id, name, tier, extra FROM workspaces"), R"(w|a|-|{"x":1})");
  EXPECT_EQ(
      store_->tables.put(batch_of(objects::workspaces, R"([{"id": "w", "name": "b"}])")).updated,
      1);
  EXPECT_EQ(ask("SELECT id, name, extra FROM workspaces"), "w|b|-");
  EXPECT_EQ(changes(),
            R"(insert|workspaces|w|-|{"id":"w","name":"a","owner":null,"tier":null,)"
            R"("create_date":null,"extra":{"x":1}} )"
            R"(update|workspaces|w|{"name":"a","extra":{"x":1}}|{"name":"b","extra":null})");
}

TEST_F(StoreRowsTest, KeepsChildListsWithTheirParent) {
  store_->tables.put(batch_of(objects::projects,
                              R"([{"id": "p", "tags": ["b", "a"], "groups": ["main"],
                            "statistic": {"tagsCount": [{"name": "a", "count": 2}]}}])"));
  EXPECT_EQ(ask("SELECT name, position, count FROM project_tags ORDER BY position"), "b|0|- a|1|2");
  store_->tables.put(
      batch_of(objects::projects, R"([{"id": "p", "tags": ["a"], "groups": ["main"]}])"));
  EXPECT_EQ(ask("SELECT name, position, count FROM project_tags"), "a|0|-");
  EXPECT_EQ(ask("SELECT name FROM project_groups"), "main");
  EXPECT_EQ(ask("SELECT before, after FROM changes WHERE op = 'update'"),
            R"({"tags":[{"name":"b","count":null},{"name":"a","count":2}]}|)"
            R"({"tags":[{"name":"a","count":null}]})");
}

TEST_F(StoreRowsTest, TakesNoOtherOrderOfGroupsForAChange) {
  list(objects::assets, R"([{"id": "a", "metadata": {"groups": ["x", "y"]}}])");
  EXPECT_EQ(list(objects::assets, R"([{"id": "a", "metadata": {"groups": ["y", "x"]}}])").updated,
            0);
  EXPECT_EQ(list(objects::assets, R"([{"id": "a", "metadata": {"groups": ["y"]}}])").updated, 1);
  EXPECT_EQ(ask("SELECT before, after FROM changes WHERE op = 'update'"),
            R"({"groups":["x","y"]}|{"groups":["y"]})");
  list(objects::assets, "[]");
  EXPECT_EQ(ask("SELECT count(*) FROM asset_groups"), "0");
}

std::string asset(const std::string& path, const std::string& date, int width) {
  return R"([{"id": "a", "metadata": {"width": )" + std::to_string(width) +
         R"(}, "url": "https://s/)" + path + "?X-Goog-Date=" + date +
         "&X-Goog-Expires=3600&X-Goog-Signature=" + date + "\"}]";
}

constexpr const char* kLink = "SELECT url_expiry, instr(url, '?'), width FROM assets";
constexpr const char* kFirst = "20240101T000000Z";   // dies at 1704070800000
constexpr const char* kSecond = "20240101T010000Z";  // an hour later

TEST_F(StoreRowsTest, KeepsALinkThatWasMerelySignedAnew) {
  list(objects::assets, asset("f", kFirst, 1));
  EXPECT_EQ(list(objects::assets, asset("f", kSecond, 1)).updated, 0);
  EXPECT_EQ(ask(kLink), "1704070800000|12|1");
  EXPECT_EQ(list(objects::assets, asset("f", kSecond, 2)).updated, 1);
  EXPECT_EQ(ask(kLink), "1704070800000|12|2") << "another change renews no link";
  EXPECT_EQ(ask("SELECT before, after FROM changes WHERE op = 'update'"),
            R"({"width":1}|{"width":2})");
}

TEST_F(StoreRowsTest, RenewsALinkThatIsAboutToDieWithoutAChange) {
  list(objects::assets, asset("f", kFirst, 1));
  store_->renew_links_before(1704070799999);
  list(objects::assets, asset("f", kSecond, 1));
  EXPECT_EQ(ask(kLink), "1704070800000|12|1");
  store_->renew_links_before(1704070800000);
  EXPECT_EQ(list(objects::assets, asset("f", kSecond, 1)).updated, 0);
  EXPECT_EQ(ask(kLink), "1704074400000|12|1");
  EXPECT_EQ(ask("SELECT op FROM changes"), "load");
}

TEST_F(StoreRowsTest, TakesALinkToAnotherFileForAChange) {
  list(objects::assets, asset("f", kFirst, 1));
  EXPECT_EQ(list(objects::assets, asset("g", kSecond, 1)).updated, 1);
  EXPECT_EQ(ask("SELECT before, after FROM changes WHERE op = 'update'"),
            R"({"url":"https://s/f"}|{"url":"https://s/g"})");
}

TEST_F(StoreRowsTest, GivesModelsTheirNewLinksOnly) {
  list(objects::models, R"([{"id": "m", "status": "Finished", "format": "ONNX",
                             "download": {"url": "https://s/m", "expiryDate": 1}}])");
  const RowCounts counts = store_->tables.renew_links(
      batch_of(objects::models, R"([{"id": "m", "status": "Finished", "format": "CoreML",
                                     "download": {"url": "https://s/m", "expiryDate": 2}},
                                    {"id": "unknown", "download": {"url": "https://s/u"}}])"));
  EXPECT_EQ(counts.updated, 1);
  EXPECT_EQ(ask("SELECT id, format, download_expiry FROM models"), "m|ONNX|2");
  EXPECT_EQ(ask("SELECT op FROM changes"), "load");
}

TEST_F(StoreRowsTest, RenewsALinkThatDoesNotSayWhenItDiesForWhoeverAsks) {
  const auto model = [](const std::string& signature) {
    return R"([{"id": "m", "status": "Finished", "download": {"url": "https://s/m?sig=)" +
           signature + "\"}}]";
  };
  list(objects::models, model("a"));
  EXPECT_EQ(list(objects::models, model("b")).updated, 0);
  EXPECT_EQ(ask("SELECT download_url FROM models"), "https://s/m?sig=a");
  EXPECT_EQ(store_->tables.renew_links(batch_of(objects::models, model("b"))).updated, 1);
  EXPECT_EQ(ask("SELECT download_url FROM models"), "https://s/m?sig=b");
}

TEST_F(StoreRowsTest, MarksAProjectThatVanishedAndUnmarksItWhenItComesBack) {
  const auto project = batch_of(objects::projects, R"([{"id": "p", "workspaceId": "w"}])");
  store_->tables.put(project);
  store_->tables.mark_removed("p");
  store_->tables.mark_removed("unknown");
  EXPECT_EQ(ask("SELECT removed_at FROM projects"), "1000");
  EXPECT_TRUE(store_->tables.live_projects("w").empty());
  EXPECT_TRUE(store_->tables.has_project("p"));
  store_->tables.put(project);
  EXPECT_EQ(ask("SELECT removed_at FROM projects"), "-");
  EXPECT_EQ(store_->tables.live_projects("w").size(), 1U);
  EXPECT_EQ(ask("SELECT op, after FROM changes WHERE seq > 1"),
            R"(update|{"removed_at":1000} update|{"removed_at":null})");
}

TEST_F(StoreRowsTest, WritesSyncsAndForgetsOldOnes) {
  open(2000);
  EXPECT_EQ(ask("SELECT id, result FROM syncs"), "1|interrupted 2|running");
  SyncRecord record;
  record.finished_at = 2500;
  record.result = objects::Outcome::ok;
  record.rows = {1, 2, 3};
  store_->tables.put(batch_of(objects::workspaces, R"([{"id": "w"}])"));
  store_->finish_sync(record, 0);
  EXPECT_EQ(ask("SELECT started_at, finished_at, mode, result, rows_inserted, rows_updated, "
                "rows_deleted, error FROM syncs WHERE id = 2"),
            "2000|2500|full|ok|1|2|3|-");
  EXPECT_EQ(store_->syncs.last_full(), 2000);
  record.whole = false;
  store_->finish_sync(record, 0);
  EXPECT_EQ(store_->syncs.last_full(), 2000) << "of all that there are";
  execute("DELETE FROM narrow_syncs");
  record.asked_for = true;
  store_->finish_sync(record, 0);
  EXPECT_EQ(store_->syncs.last_full(), std::nullopt) << "of some projects";
  open(2600);
  record.whole = true;
  record.finished_at = 12'000;
  store_->finish_sync(record, 5000);
  EXPECT_EQ(ask("SELECT id FROM syncs"), "1 2 3") << "a gap counts for a tenth of the history";
  for (int i = 0; i < 20; ++i) open(12'000 + i * 400);
  record.finished_at = 20'000;
  store_->finish_sync(record, 5000);
  EXPECT_EQ(ask("SELECT min(started_at) FROM syncs"), "15200") << "younger than 5,000 ms";
  EXPECT_EQ(ask("SELECT count(*) FROM narrow_syncs"), "0") << "it goes with its sync";
  EXPECT_EQ(changes(), "");
}

TEST_F(StoreRowsTest, ReadsLogsOfRunsThatMayHaveGrown) {
  list(objects::runs, R"([{"id": "r", "updateDate": 5, "logIds": ["l"],
                           "status": {"overview": "Finished"}},
                          {"id": "s", "updateDate": 5, "logIds": ["m"],
                           "status": {"overview": "Running"}}])");
  auto logs = store_->run_logs.unread("proj");
  ASSERT_EQ(logs.size(), 2U);
  objects::RowBatch rows(objects::run_logs);
  std::vector<nexus::UnreadableRow> unreadable;
  nexus::decode_run_log(nexus::Document::parse(R"({"logs": [{"ev": "a", "t": 1}]})", "", ""),
                        {"proj", nullptr}, "r", "l", rows, unreadable);
  EXPECT_EQ(store_->run_logs.put(rows, logs[0], "proj", true).inserted, 1);
  EXPECT_EQ(
      store_->run_logs.put(objects::RowBatch(objects::run_logs), logs[1], "proj", true).inserted,
      0);
  logs = store_->run_logs.unread("proj");
  ASSERT_EQ(logs.size(), 1U) << "a finished run's log is read once";
  EXPECT_EQ(logs[0].log_id, "m");
  EXPECT_EQ(ask("SELECT count(*) FROM changes WHERE entity = 'run_logs'"), "0");
  list(objects::runs, R"([{"id": "s", "logIds": ["m"]}])");
  EXPECT_EQ(ask("SELECT count(*) FROM run_logs"), "0") << "logs go with their run";
}

TEST_F(StoreRowsTest, FollowsOperationsThatAreNotFinished) {
  store_->tables.put(batch_of(objects::operations,
                              R"([{"id": "a", "status": {"overview": "Queued"}}, {"id": "b"},
                           {"id": "c", "status": {"overview": "finished"}}])"));
  EXPECT_EQ(store_->tables.open_operations("proj"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(StoreRowsTest, MatricesGoWithTheirRunsAndAreInNoChange) {
  list(objects::runs, R"([{"id": "r", "status": {"overview": "Finished"}, "updateDate": 5},
                          {"id": "s", "status": {"overview": "Running"}, "updateDate": 5}])");
  auto runs = store_->run_matrices.unread("proj");
  ASSERT_EQ(runs.size(), 2U);
  const auto matrix_of = [](const MatrixOfRun& run, const char* answer) {
    objects::RowBatch rows(objects::run_matrices);
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::decode_run_matrix(nexus::Document::parse(answer, "", ""), {"proj", nullptr}, run.run_id,
                             rows, unreadable);
    EXPECT_TRUE(unreadable.empty());
    return rows;
  };
  const objects::RowBatch none(objects::run_matrices);
  const char* data = R"({"data": "[[1, 0.50]]", "new": 1})";
  EXPECT_EQ(store_->run_matrices.put(matrix_of(runs[0], data), runs[0], "proj").inserted, 1);
  EXPECT_EQ(store_->run_matrices.put(none, runs[1], "proj").inserted, 0);
  EXPECT_EQ(ask("SELECT run_id, data, extra FROM run_matrices"), R"(r|[[1, 0.50]]|{"new":1})");
  runs = store_->run_matrices.unread("proj");
  ASSERT_EQ(runs.size(), 1U) << "that of a run that goes on may change";
  EXPECT_EQ(runs[0].run_id, "s");
  EXPECT_EQ(ask("SELECT count(*) FROM changes WHERE entity = 'run_matrices'"), "0");

  list(objects::runs, R"([{"id": "r", "status": {"overview": "Finished"}, "updateDate": 6}])");
  runs = store_->run_matrices.unread("proj");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(store_->run_matrices.put(none, runs[0], "proj").deleted, 1) << "it has none any more";
  EXPECT_EQ(ask("SELECT count(*) FROM run_matrices"), "0");
  EXPECT_TRUE(store_->run_matrices.unread("proj").empty());

  store_->run_matrices.put(matrix_of(runs[0], R"({"data": "no JSON"})"), runs[0], "proj");
  EXPECT_EQ(ask("SELECT data FROM run_matrices"), R"("no JSON")");
  list(objects::runs, "[]");
  EXPECT_EQ(ask("SELECT count(*) FROM run_matrices"), "0") << "it goes with its run";
  EXPECT_EQ(ask("SELECT count(*) FROM run_matrix_reads"), "0");
}

}  // namespace
}  // namespace nexus_mirror::store
