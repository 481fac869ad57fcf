// What servers send beside what is documented: it is kept, and told, as the contract says.
#include <gtest/gtest.h>

#include <algorithm>

#include "nexus/decoder.h"
#include "nexus_mirror/error.h"
#include "support/decoded_rows.h"

namespace nexus_mirror::nexus {
namespace {

using testing::decode;
using testing::decode_one;
using testing::Decoded;
using testing::Values;

std::string shown(const Values& row, const std::string& column) {
  const auto found = row.find(column);
  if (found == row.end()) return "NULL";
  if (const auto* text = std::get_if<std::string>(&found->second)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return std::to_string(*whole);
  return std::to_string(std::get<double>(found->second));
}

// A value that is sent, and what a column of the row says then.
struct OddValue {
  const objects::Table* table;
  const char* json;
  const char* column;
  const char* stored;
};

class OddValueTest : public ::testing::TestWithParam<OddValue> {};

TEST_P(OddValueTest, IsKept) {
  const auto& [table, json, column, stored] = GetParam();
  EXPECT_EQ(shown(decode_one(*table, json), column), stored) << json;
}

constexpr const objects::Table* kAnnotations = &objects::annotations;
constexpr const objects::Table* kAssets = &objects::assets;
constexpr const objects::Table* kSequences = &objects::sequences;

INSTANTIATE_TEST_SUITE_P(
    Bounds, OddValueTest,
    ::testing::Values(
        OddValue{kAnnotations, R"({"id":"a","bound":[[[0.1,0.2],[0.3,0.4]],[[1,2]]]})", "bound",
                 "[[[0.1,0.2],[0.3,0.4]],[[1,2]]]"},
        OddValue{kAnnotations, R"({"id":"a","bound":[[[0.1,0.2],[0.3,0.4]]]})", "xmin", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[0.1,0.2,0.3]})", "bound", "[0.1,0.2,0.3]"},
        OddValue{kAnnotations, R"({"id":"a","bound":[0.1,0.2,0.3]})", "xmin", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[{"x":1,"object":"point","bound_type":2}]})",
                 "bound", R"([{"bound_type":2,"object":"point","x":1}])"},
        OddValue{kAnnotations, R"({"id":"a","bound":{"b_c":[1]}})", "bound", R"({"b_c":[1]})"},
        OddValue{kAnnotations, R"({"id":"a","bound":"none"})", "bound", R"("none")"},
        OddValue{kAnnotations, R"({"id":"a","bound":7})", "bound", "7"},
        OddValue{kAnnotations, R"({"id":"a","bound":false})", "bound", "false"},
        OddValue{kAnnotations, R"({"id":"a","bound":null})", "bound", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[null,[0.1,0.2]]})", "bound",
                 "[null,[0.1,0.2]]"},
        OddValue{kAnnotations, R"({"id":"a","bound":[[0.1,0.2],[0.3,"x"]]})", "xmin", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[[0.1,0.2],[0.3]]})", "xmax", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[[0.1,0.2],[1,2,2,4]]})", "xmax", "NULL"},
        OddValue{kAnnotations, R"({"id":"a","bound":[[0.1,0.2],[18446744073709551615,2]]})",
                 "bound", "[[0.1,0.2],[18446744073709551615,2]]"},
        OddValue{kAnnotations, R"({"id":"a","aggregation":{"this_part":{"chunk_number":1}}})",
                 "aggregation", R"({"thisPart":{"chunkNumber":1}})"},
        OddValue{kAnnotations, R"({"id":"a","aggregation":"whole"})", "aggregation", "whole"}));

INSTANTIATE_TEST_SUITE_P(
    FreeForm, OddValueTest,
    ::testing::Values(
        OddValue{kSequences,
                 R"({"id":"s","attributes":{"items":{"create_date":1,"createDate":2,"object":3}}})",
                 "attributes", R"({"items":{"createDate":2,"create_date":1,"object":3}})"},
        OddValue{kSequences, R"({"id":"s","item_count_with_role":{"asset_id":1,"assetId":2}})",
                 "item_count_with_role", R"({"assetId":2,"asset_id":1})"},
        OddValue{kSequences, R"({"id":"s","itemCountWithRole":{"file_size":1,"object":2}})",
                 "item_count_with_role", R"({"file_size":1,"object":2})"},
        OddValue{kSequences, R"({"id":"s","items":[{"asset_id":"a","ord":0,"role":"file_size"}]})",
                 "items", R"([{"assetId":"a","ord":0,"role":"file_size"}])"},
        OddValue{kAssets,
                 R"({"id":"a","metadata":{"custom_metadata":{"file_size":1,"fileSize":2}}})",
                 "custom_metadata", R"({"fileSize":2,"file_size":1})"},
        OddValue{&objects::run_logs, R"({"ev":"e","pl":{"run_id":1,"runId":2,"object":3}})", "pl",
                 R"({"object":3,"runId":2,"run_id":1})"},
        OddValue{&objects::run_logs, R"({"ev":"e","t":5,"level":"w","p_l":2})", "extra",
                 R"({"level":"w","p_l":2})"},
        OddValue{kAnnotations,
                 R"({"id":"a","attributes":[{"name":"n","value":{"asset_id":1,"assetId":2}}]})",
                 "attributes", R"([{"name":"n","value":{"assetId":2,"asset_id":1}}])"},
        OddValue{&objects::ontologies,
                 R"({"id":"o","attributes":[{"name":"n","default":{"a_b":1,"tag_index":2}}]})",
                 "attributes", R"([{"default":{"a_b":1,"tag_index":2},"name":"n"}])"},
        // Two spellings of a key that is ours: neither is lost.
        OddValue{&objects::deployments,
                 R"({"id":"d","options":{"evaluation_group":"a","evaluationGroup":"b"}})",
                 "options", R"({"evaluationGroup":"b","evaluation_group":"a"})"},
        OddValue{&objects::deployments,
                 R"({"id":"d","options":{"evaluationGroup":"b","evaluation_group":"b"}})",
                 "options", R"({"evaluationGroup":"b"})"},
        OddValue{&objects::deployments, R"({"id":"d","options":{"evaluation_strategy":1}})",
                 "options", R"({"evaluationStrategy":1})"}));

// An attribute in two spellings, and an answer of each order of keys.
struct TwoSpellings {
  const objects::Table* table;
  const char* preferred;
  const char* other;
  const char* column;
  const char* stored;
  const char* extra;
};

class TwoSpellingsTest : public ::testing::TestWithParam<TwoSpellings> {};

TEST_P(TwoSpellingsTest, LoseNothingWhicheverComesFirst) {
  const auto& [table, preferred, other, column, stored, extra] = GetParam();
  for (const auto& [first, second] : {std::pair(preferred, other), std::pair(other, preferred)}) {
    const std::string json = R"({"id":"x",)" + std::string(first) + "," + second + "}";
    const Values row = decode_one(*table, json);
    EXPECT_EQ(shown(row, column), stored) << json;
    EXPECT_EQ(shown(row, "extra"), extra) << json;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Attributes, TwoSpellingsTest,
    ::testing::Values(
        TwoSpellings{kAssets, R"("createDate":2)", R"("create_date":1)", "create_date", "2",
                     R"({"create_date":1})"},
        TwoSpellings{kAssets, R"("createDate":2)", R"("create_date":2.0)", "create_date", "2",
                     "NULL"},
        TwoSpellings{kAssets, R"("status":"Review")", R"("metadata":{"status":"tofix"})", "status",
                     "Review", R"({"metadata":{"status":"tofix"}})"},
        TwoSpellings{kAssets, R"("projectId":"proj")", R"("project":"other")", "project_id", "proj",
                     R"({"project":"other"})"},
        TwoSpellings{kAssets, R"("projectId":"proj")", R"("project":{"name":"n"})", "project_id",
                     "proj", R"({"project":{"name":"n"}})"},
        TwoSpellings{kAssets, R"("statistic":{"annotationTotal":1,"totalAnnotations":2})",
                     R"("x":1)", "total_annotations", "2",
                     R"({"statistic":{"annotationTotal":1},"x":1})"},
        TwoSpellings{&objects::runs, R"("updateDate":2)",
                     R"("lastModifiedDate":3,"last_modified_date":4,"update_date":5)",
                     "update_date", "2",
                     R"({"lastModifiedDate":3,"last_modified_date":4,"update_date":5})"},
        TwoSpellings{&objects::operations, R"("createDate":2,"status":{"timeScheduled":3})",
                     R"("x":1)", "create_date", "2", R"({"status":{"timeScheduled":3},"x":1})"},
        TwoSpellings{&objects::operations,
                     R"("status":{"progress":{"withStatus":{"Queued":1,"new":2},)"
                     R"("with_status":{"queued":3,"new":4}}})",
                     R"("x":1)", "queued", "1",
                     R"({"status":{"progress":{"withStatus":{"new":2},)"
                     R"("with_status":{"new":4,"queued":3}}},"x":1})"},
        TwoSpellings{&objects::artifacts, R"("modelName":"m")", R"("modelType":"n")", "model_name",
                     "m", R"({"modelType":"n"})"},
        TwoSpellings{&objects::deployments, R"("scaling":{"replicas":1,"num_instances":2})",
                     R"("x":1)", "replicas", "1", R"({"scaling":{"num_instances":2},"x":1})"},
        TwoSpellings{kAssets, R"("metadata":{"groups":["a"]})", R"("groups":["b"])", "groups",
                     "name=a", R"({"groups":["b"]})"},
        TwoSpellings{kAssets, R"("metadata":{"groups":["a","b"]})", R"("groups":["b","a"])",
                     "groups", "name=a; name=b", "NULL"},
        TwoSpellings{&objects::deployments, R"("historyVersions":[{"versionTag":"1"}])",
                     R"("history_versions":[{"versionTag":"2"}])", "history_versions",
                     "version_tag=1", R"({"history_versions":[{"versionTag":"2"}]})"}));

TEST(OddValuesTest, ItemsKeepBothSpellingsToo) {
  EXPECT_EQ(shown(decode_one(
                      objects::deployments,
                      R"({"id":"d","historyVersions":[{"artifact_id":"old","artifactId":"new"}]})"),
                  "history_versions"),
            R"(artifact_id=new extra={"artifact_id":"old"})");
}

// The names of the 1.x server, as its wire had them and as the documentation shows them.
TEST(OddValuesTest, NamesOfTheOtherDialectInEitherSpelling) {
  const auto both = [](const objects::Table& table, const std::string& snake, const Values& row) {
    EXPECT_EQ(decode_one(table, snake), row) << snake;
    const std::string camel = testing::camel_keys(snake);
    EXPECT_NE(camel, snake);
    EXPECT_EQ(decode_one(table, camel), row) << camel;
  };
  both(objects::projects,
       R"({"id":"p","statistic":{"asset_total":1,"asset_annotated":2,"annotation_total":3}})",
       {{"id", "p"}, {"total_assets", 1}, {"annotated_assets", 2}, {"total_annotations", 3}});
  both(objects::assets, R"({"id":"a","project":"proj","statistic":{"annotation_total":3}})",
       {{"id", "a"}, {"project_id", "proj"}, {"total_annotations", 3}});
  both(objects::insights, R"({"run_id":"r","statistic":{"asset_total":1}})",
       {{"project_id", "proj"}, {"run_id", "r"}, {"dataset_total_assets", 1}});
  both(objects::insights,
       R"({"run_id":"r","optimizer":"o","epochs":1,"batch_size":2,"learning_rate":0.5,)"
       R"("momentum":0.25,"model_name":"m","max_detections_per_class":3,"data_type":"polygon",)"
       R"("num_classes":4,"split_ratio":0.75,"shuffle":true,"seed":5,"checkpoint_every_n":6,)"
       R"("metric_target":"t","step":7,"metric":{"total_loss":0.125}})",
       {{"project_id", "proj"},
        {"run_id", "r"},
        {"model_solver", "o"},
        {"model_training_steps", 1},
        {"model_batch_size", 2},
        {"model_learning_rate", 0.5},
        {"model_momentum", 0.25},
        {"model_name", "m"},
        {"model_max_detection_per_class", 3},
        {"dataset_data_type", "Polygon"},
        {"dataset_num_classes", 4},
        {"dataset_split_ratio", 0.75},
        {"dataset_shuffle", 1},
        {"dataset_seed", 5},
        {"checkpoint_evaluation_interval", 6},
        {"checkpoint_metric", "t"},
        {"artifact_step", 7},
        {"total_loss", 0.125}});
  both(objects::runs,
       R"({"id":"r","status":{"conditions":[{"condition":"c","last_updated":1,"status":"s"}],)"
       R"("last_updated":2},"last_modified_date":3,"logs":["l"]})",
       {{"id", "r"},
        {"project_id", "proj"},
        {"conditions", R"([{"condition":"c","lastUpdated":1,"status":"s"}])"},
        {"status_update_date", 2},
        {"update_date", 3},
        {"log_ids", R"(["l"])"}});
  both(objects::artifacts,
       R"({"id":"a","model_type":"m","artifact":"ckpt","exportable_formats":["onnx"]})",
       {{"id", "a"},
        {"project_id", "proj"},
        {"model_name", "m"},
        {"artifact_name", "ckpt"},
        {"export_options", R"([{"format":"ONNX"}])"}});
  both(objects::operations,
       R"({"id":"o","op_link":"l","status":{"time_scheduled":1,"time_updated":2,)"
       R"("progress":{"with_status":{"queued":3,"errored":4}}}})",
       {{"id", "o"},
        {"project_id", "proj"},
        {"op_link", "l"},
        {"create_date", 1},
        {"update_date", 2},
        {"queued", 3},
        {"errored", 4}});
  for (const char* key : {"update_data", "status_date"}) {
    both(objects::deployments,
         R"({"id":"d","status":{")" + std::string(key) + R"(":1},"scaling":{"num_instances":2}})",
         {{"id", "d"}, {"project_id", "proj"}, {"status_update_date", 1}, {"replicas", 2}});
  }
  both(objects::sequences,
       R"({"id":"s","items":[{"asset_id":"a","ord":0}],"create_date":1,"update_date":2})",
       {{"id", "s"},
        {"project_id", "proj"},
        {"items", R"([{"assetId":"a","ord":0}])"},
        {"create_date", 1},
        {"update_date", 2}});
  both(objects::annotations,
       R"({"id":"a","aggregation":{"whole":{"id":"w","chunk_count":2,"axis_labels":["x"]},)"
       R"("this_part":{"chunk_number":1,"offset":[0],"size":[9]}}})",
       {{"id", "a"},
        {"project_id", "proj"},
        {"aggregation", R"({"thisPart":{"chunkNumber":1,"offset":[0],"size":[9]},)"
                        R"("whole":{"axisLabels":["x"],"chunkCount":2,"id":"w"}})"}});
}

// Items that cannot be read as such are kept beside the others.
TEST(OddValuesTest, ItemsThatAreNoneAreKeptInExtra) {
  const Values asset =
      decode_one(objects::assets, R"({"id":"a","metadata":{"groups":["b",7,null,{"x":1},"a"]}})");
  EXPECT_EQ(shown(asset, "groups"), "name=a; name=b");
  EXPECT_EQ(shown(asset, "extra"), R"({"metadata":{"groups":[7,{"x":1}]}})");
  const Values project = decode_one(
      objects::projects,
      R"({"id":"p","tags":["t"],"groups":[null,"g"],"statistic":{"tagsCount":[{"count":3},)"
      R"({"name":"t","count":4},{"name":"u","count":"many"}]}})");
  EXPECT_EQ(shown(project, "tags"), "name=t count=4");
  EXPECT_EQ(shown(project, "groups"), "name=g");
  EXPECT_EQ(shown(project, "extra"),
            R"({"statistic":{"tagsCount":[{"count":3},{"count":"many","name":"u"}]}})");
  const Values artifact =
      decode_one(objects::artifacts, R"({"id":"a","files":["f",{"name":"g"},{"name":5}]})");
  EXPECT_EQ(shown(artifact, "files"), "name=g");
  EXPECT_EQ(shown(artifact, "extra"), R"({"files":["f",{"name":5}]})");
}

// Lists without an order, turned round, are the same rows.
TEST(OddValuesTest, ListsTurnedRoundAreNoDifference) {
  const auto same = [](const objects::Table& table, const std::string& one,
                       const std::string& other) {
    EXPECT_EQ(decode_one(table, one), decode_one(table, other)) << one;
  };
  same(objects::assets,
       R"({"id":"a","statistic":{"tagsCount":[{"name":"b","count":1},{"name":"a","count":2}]}})",
       R"({"id":"a","statistic":{"tags_count":[{"count":2,"name":"a"},{"name":"b","count":1}]}})");
  same(objects::assets, R"({"id":"a","metadata":{"groups":["x","y"]}})",
       R"({"id":"a","metadata":{"groups":["y","x"]}})");
  // Those that the project's own list does not name follow it in an order of their own.
  same(objects::projects,
       R"({"id":"p","tags":["z"],"statistic":{"tagsCount":[{"name":"b"},{"name":"a"}]}})",
       R"({"id":"p","tags":["z"],"statistic":{"tagsCount":[{"name":"a"},{"name":"b"}]}})");
  same(objects::artifacts, R"({"id":"a","files":[{"name":"x"},{"name":"y"}]})",
       R"({"id":"a","files":[{"name":"y"},{"name":"x"}]})");
  same(objects::deployments,
       R"({"id":"d","historyVersions":[{"versionTag":"1"},{"versionTag":"2"}]})",
       R"({"id":"d","historyVersions":[{"versionTag":"2"},{"versionTag":"1"}]})");
}

// Half a surrogate pair wherever text may stand.
TEST(OddValuesTest, HalfASurrogatePairBecomesAReplacement) {
  const std::string sign = "\xef\xbf\xbd";
  for (const std::string half :
       {R"(\ud800)", R"(\uDC00)", R"(\udfff)", R"(\uD83D\uD83D)", R"(\ud83d\u0041)", R"(\ud83dx)",
        R"(\\\ud800)", R"(\ude00\ud83d)"}) {
    const auto row = decode_one(objects::projects, R"({"id":"p","name":"a)" + half + R"("})");
    const std::string name = shown(row, "name");
    EXPECT_TRUE(name.starts_with("a")) << half;
    EXPECT_NE(name.find(sign), std::string::npos) << half << " " << name;
  }
  EXPECT_EQ(
      shown(decode_one(objects::projects, R"({"id":"p","name":"\ud83d\ude00\ud83d"})"), "name"),
      "\xf0\x9f\x98\x80" + sign);
  EXPECT_EQ(
      shown(decode_one(objects::projects, R"({"id":"p","name":"\\ud800\\","x":"\udc00"})"), "name"),
      R"(\ud800\)");
  const Values row = decode_one(
      objects::assets,
      R"({"id":"a","new\udc00":"\ud800","metadata":{"customMetadata":{"\udbff":["\udc00"]}}})");
  EXPECT_EQ(shown(row, "extra"), "{\"new" + sign + "\":\"" + sign + "\"}");
  EXPECT_EQ(shown(row, "custom_metadata"), "{\"" + sign + "\":[\"" + sign + "\"]}");
  // Beside a row that cannot be said, on a page, and in bytes that are no UTF-8.
  const Decoded page = decode(
      objects::assets,
      R"([{"id":"a","filename":"\udc00"},{"id":"b","createDate":1e999},{"id":"c","filename":")"
      "\xff\xed\xa0\x80\"}]");
  ASSERT_EQ(page.rows.size(), 2U);
  EXPECT_EQ(shown(page.rows[0], "filename"), sign);
  EXPECT_TRUE(shown(page.rows[1], "filename").starts_with(sign));
  ASSERT_EQ(page.unreadable.size(), 1U);
  EXPECT_EQ(page.unreadable[0].id, "b");
  EXPECT_EQ(Document::parse(R"({"nextPage":"\ud800","data":[]})", "", "").next_page(), sign);
  EXPECT_EQ(Document::parse(R"({"message":"no \ud800"})", "", "").text_at("message"), "no " + sign);
  objects::RowBatch log(objects::run_logs);
  std::vector<UnreadableRow> unreadable;
  decode_run_log(Document::parse(R"({"logs":[{"ev":"\ud800","pl":{"\udc00":"\udc00"}}]})", "", ""),
                 {"proj", nullptr}, "r", "l", log, unreadable);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(shown(testing::values_of(log, 0), "ev"), sign);
}

TEST(OddValuesTest, EntriesOfALogAreKeptWhateverTheyAre) {
  const auto document = Document::parse(
      R"({"event":[{"ev":"a","t":1.5,"pl":3},"text",7,["x"],null,{"t":2},{"t":"soon"},)"
      R"({"ev":5,"t":3.0,"run_id":1}]})",
      "", "");
  objects::RowBatch rows(objects::run_logs);
  std::vector<UnreadableRow> unreadable;
  decode_run_log(document, {"proj", nullptr}, "r", "l", rows, unreadable);
  ASSERT_EQ(rows.size(), 8U);
  EXPECT_TRUE(unreadable.empty());
  std::string told;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Values row = testing::values_of(rows, i);
    EXPECT_EQ(shown(row, "position"), std::to_string(i));
    EXPECT_EQ(shown(row, "project_id") + shown(row, "run_id") + shown(row, "log_id"), "projrl");
    for (const char* column : {"ev", "t", "pl", "extra"}) {
      told += row.contains(column) ? std::string(column) + "=" + shown(row, column) + " " : "";
    }
    told += "; ";
  }
  EXPECT_EQ(
      told,
      "ev=a t=1.500000 pl=3 ; pl=\"text\" ; pl=7 ; pl=[\"x\"] ; ; t=2 ; pl={\"t\":\"soon\"} ; "
      "pl={\"ev\":5,\"run_id\":1,\"t\":3.0} ; ");
}

TEST(OddValuesTest, GroupStatisticsThatAreNoneAreLeftOutAlone) {
  auto project =
      testing::batch_of(objects::projects, R"([{"id":"p","groups":["main","other","third"]}])");
  std::vector<UnreadableRow> unreadable;
  merge_groups(
      Document::parse(R"([{"statistic":{"totalAssets":1}},{"group":"new"},7,{"group":"other"},)"
                      R"({"group":"main","statistic":{"totalAssets":2}},{"group":"a"},)"
                      R"({"group":"third","statistic":{"totalAssets":4,"annotatedAssets":"few"}}])",
                      "", ""),
      project, unreadable);
  EXPECT_EQ(shown(testing::values_of(project, 0), "groups"),
            "name=main total_assets=2; name=other; name=third; name=a; name=new");
  ASSERT_EQ(unreadable.size(), 3U);
  EXPECT_NE(unreadable[2].reason.find("annotated_assets"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::nexus
