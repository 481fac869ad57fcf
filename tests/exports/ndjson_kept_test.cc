// Format ndjson: what is rare in the server's objects comes out again as it went in.
#include <gtest/gtest.h>

#include "support/ndjson_export.h"

namespace nexus_mirror::testing {
namespace {

class NdjsonKeptTest : public NdjsonExportTest {};

TEST_F(NdjsonKeptTest, KeepsUnknownKeysWhereTheyStood) {
  serve();
  const std::string asset =
      R"({"id":"asset_x","object":"asset","projectId":")" + std::string(kClasses) +
      R"(","filename":"ключ \"a\"\n,b\\.png","status":"None","createDate":5,)"
      R"("url":"https://files.example/x","metadata":{"fileSize":1,"mimeType":"image/png",)"
      R"("height":2,"width":3,"groups":["b","a"],"customMetadata":{"z_z":1.0,"a":null,"é":[{}]},)"
      R"("camera":{"iso":100,"lens":{"f":1.8}}},"statistic":{"tagsCount":[],"totalAnnotations":0,)"
      R"("novel":[1,2.50,18446744073709551615]},"zebra":{"deep":{"er":"ü"}},"flag":false})";
  put("assets", "asset_x", asset);
  const std::string run = corpus_line("runs", kClasses);
  put("runs", id_of(run), replaced(run, "\"execution\":{", "\"execution\":{\"queue\":\"fast\","));
  const auto first = mirror(kClasses);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kClasses);
  EXPECT_EQ(line(files, "assets", "asset_x"),
            R"({"id":"asset_x","object":"asset","projectId":")" + std::string(kClasses) +
                R"(","filename":"ключ \"a\"\n,b\\.png","status":"None","createDate":5,)"
                R"("url":")" +
                kBucket + kClasses +
                R"(/assets/asset_x/x","metadata":{"fileSize":1,"mimeType":"image/png",)"
                R"("height":2,"width":3,"groups":["a","b"],)"
                R"("customMetadata":{"a":null,"z_z":1.0,"é":[{}]},)"
                R"("camera":{"iso":100,"lens":{"f":1.8}}},"statistic":{"tagsCount":[],)"
                R"("totalAnnotations":0,"novel":[1,2.5,18446744073709551615]},"flag":false,)"
                R"("zebra":{"deep":{"er":"ü"}}})");
  EXPECT_NE(line(files, "runs", id_of(run)).find("},\"queue\":\"fast\"},\"features\""),
            std::string::npos)
      << line(files, "runs", id_of(run));
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

// What stands where an object or a list is expected comes out again in its place.
TEST_F(NdjsonKeptTest, KeepsWhatHasTheWrongShape) {
  serve();
  put("assets", "asset_x",
      R"({"id":"asset_x","projectId":")" + std::string(kClasses) +
          R"(","filename":"x","metadata":"none","statistic":{"tagsCount":"many"}})");
  put("artifacts", "artifact_x",
      R"({"id":"artifact_x","projectId":")" + std::string(kClasses) +
          R"(","metric":{"totalLoss":1.0,"other_loss":2},"files":"none","exportOptions":[]})");
  const auto first = mirror(kClasses);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kClasses);
  EXPECT_EQ(line(files, "assets", "asset_x"),
            R"({"id":"asset_x","object":"asset","projectId":")" + std::string(kClasses) +
                R"(","filename":"x","statistic":{"tagsCount":"many"},"metadata":"none"})");
  EXPECT_EQ(line(files, "artifacts", "artifact_x"),
            R"({"id":"artifact_x","object":"artifact","projectId":")" + std::string(kClasses) +
                R"(","metric":{"totalLoss":1.0,"other_loss":2},"exportOptions":[],)"
                R"("files":"none"})");
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

TEST_F(NdjsonKeptTest, LeavesOutWhatTheServerDidNotSay) {
  serve();
  put("annotations", "annot_x",
      R"({"id":"annot_x","projectId":")" + std::string(kClasses) +
          R"(","assetId":"asset_x","tag":null,"boundType":"Hexagon","bound":[]})");
  put("deployments", "deploy_x",
      R"({"id":"deploy_x","projectId":")" + std::string(kClasses) +
          R"(","name":"d","options":{"b":1,"a":2},"scaling":null,"historyVersions":[]})");
  put("runs", "run_x", R"({"id":"run_x","projectId":")" + std::string(kClasses) + R"("})");
  put("insights", "run_x:",
      R"({"runId":"run_x","projectId":")" + std::string(kClasses) + R"(","createDate":1})");
  const auto first = mirror(kClasses);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kClasses);
  EXPECT_EQ(line(files, "annotations", "annot_x"),
            R"({"id":"annot_x","object":"annotation","projectId":")" + std::string(kClasses) +
                R"(","assetId":"asset_x","boundType":"Hexagon","bound":[]})");
  EXPECT_EQ(line(files, "deployments", "deploy_x"),
            R"({"id":"deploy_x","object":"deployment","name":"d","projectId":")" +
                std::string(kClasses) + R"(","options":{"a":2,"b":1},"url":null})");
  EXPECT_EQ(line(files, "runs", "run_x"),
            R"({"id":"run_x","object":"run","projectId":")" + std::string(kClasses) + "\"}");
  EXPECT_NE(files.files.at("insights.ndjson")
                .bytes.find(R"({"projectId":")" + std::string(kClasses) +
                            R"(","runId":"run_x","createDate":1})"),
            std::string::npos);
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

// Columns that hold whatever came tell strings from numbers, lists and objects.
TEST_F(NdjsonKeptTest, KeepsTheTypesOfAnnotationsAndSequences) {
  serve();
  const std::string project = R"(,"projectId":")" + std::string(kClasses) + "\"";
  const std::string start =
      R"({"id":"annot_x","object":"annotation")" + project + R"(,"assetId":"asset_x",)";
  const std::string annotation =
      start + R"("tag":"Tag, \"é\"","boundType":"Keypoints","bound":[[0.5,1,2],[0.25,1e-7,0]],)"
              R"("createDate":7,"frame":3.0,"sequence":"[ 1,\n2]","ontologyId":"ontology_x",)"
              R"("attributes":[{"id":"attri_1","name":"n","value":{"b":1,"A_b":"t"}}],)"
              R"("aggregation":true,"chunkData":{"a":[1,2.0,"x"]}})";
  put("annotations", "annot_x", annotation);
  const std::string sequence =
      R"({"id":"seq_1","object":"sequence")" + project +
      R"(,"name":"walk","length":2,"items":[{"assetId":"asset_a","ord":0,"role":"first"},)"
      R"({"assetId":"asset_b","ord":1}],"itemCountWithRole":1,"attributes":{"k":"v"},)"
      R"("createDate":1,"updateDate":2})";
  put("sequences", "seq_1", sequence);
  const auto first = mirror(kClasses);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kClasses);
  const std::string written = line(files, "annotations", "annot_x");
  EXPECT_EQ(written, replaced(replaced(annotation, "1e-7", "1e-07"), R"({"b":1,"A_b":"t"})",
                              R"({"A_b":"t","b":1})"));
  EXPECT_EQ(line(files, "sequences", "seq_1"), sequence);
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

// What the mirror keeps although it has another form than documented is served again.
TEST_F(NdjsonKeptTest, KeepsOddValues) {
  serve();
  const std::string project = R"("projectId":")" + std::string(kClasses) + "\"";
  for (const auto& [id, bound] :
       {std::pair("annot_1", R"({"object":"o","a_b":[[1]]})"), std::pair("annot_2", "\"text\""),
        std::pair("annot_3", "7"), std::pair("annot_4", "[[[0.5,1]],null]")}) {
    put("annotations", id,
        R"({"id":")" + std::string(id) + "\"," + project + R"(,"assetId":"asset_x","bound":)" +
            bound + "}");
  }
  put("assets", "asset_x",
      R"({"id":"asset_x",)" + project +
          R"(,"filename":"x","createDate":2,"create_date":1,"metadata":{"groups":["b",7,"a",{}]},)"
          R"("groups":["c"],"statistic":{"totalAnnotations":1,"annotationTotal":2}})");
  put("sequences", "seq_1",
      R"({"id":"seq_1",)" + project +
          R"(,"itemCountWithRole":{"asset_id":1,"assetId":2},"attributes":{"items":{"a_b":1}}})");
  const std::string artifact = corpus_line("artifacts", kClasses);
  put("artifacts", id_of(artifact), replaced(artifact, "\"files\":[", "\"files\":[\"bare\","));
  const std::string changed = replaced(corpus_line("projects", kClasses), "\"tagsCount\":[",
                                       "\"tagsCount\":[{\"count\":3},");
  put("projects", kClasses, changed);
  const std::string run = corpus_line("runs", kClasses);
  const std::string log = corpus_line("runlogs", kClasses);
  put("runlogs", id_of(log),
      replaced(log, "\"logs\":[",
               "\"logs\":[\"text\",[1],null,{\"t\":1.5,\"more\":1},{\"ev\":5},"));
  const auto first = mirror(kClasses);
  const Ended ended = first->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(first->value("SELECT extra FROM assets WHERE id = 'asset_x'"),
            R"({"create_date":1,"groups":["c"],"metadata":{"groups":[7,{}]},)"
            R"("statistic":{"annotationTotal":2}})");
  EXPECT_EQ(first->rows("SELECT ev, t, pl, extra FROM run_logs WHERE log_id = '" + id_of(log) +
                        "' AND position < 5 ORDER BY position"),
            (std::vector<std::string>{R"(NULL|NULL|"text"|NULL)", "NULL|NULL|[1]|NULL",
                                      "NULL|NULL|NULL|NULL", R"(NULL|1.5|NULL|{"more":1})",
                                      R"(NULL|NULL|{"ev":5}|NULL)"}));
  const MemoryFiles files = exported(*first, kClasses);
  for (const std::string kind : kKinds) {
    for (const std::string& line : lines_of(files.files.at(kind + ".ndjson").bytes)) parsed(line);
  }
  EXPECT_NE(line(files, "assets", "asset_x").find(R"("groups":["a","b",7,{}])"), std::string::npos)
      << line(files, "assets", "asset_x");
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

// Lists that keep an order have it again, and what is known of an item beyond its name.
TEST_F(NdjsonKeptTest, KeepsTheListsOfAProjectAndOfADeployment) {
  serve();
  const std::string project = corpus_line("projects", kClasses);
  const std::string changed =
      replaced(replaced(project, "\"tags\":[", "\"tags\":[\"uncounted\","), "\"tagsCount\":[{",
               "\"tagsCount\":[{\"name\":\"gone\",\"count\":3,\"since\":\"2020\"},{");
  put("projects", kClasses, changed);
  const std::string deployment = corpus_line("deployments", kClasses);
  put("deployments", id_of(deployment),
      replaced(deployment, "\"historyVersions\":[{", "\"historyVersions\":[{\"by\":\"Ada\","));
  const auto first = mirror(kClasses);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kClasses);
  const auto object = parsed(line(files, "projects", kClasses));
  EXPECT_STREQ(object["tags"][0].GetString(), "uncounted");
  const auto& counts = object["statistic"]["tagsCount"];
  EXPECT_EQ(counts.Size(), parsed(changed)["statistic"]["tagsCount"].Size());
  const auto& gone = counts[counts.Size() - 1];
  EXPECT_STREQ(gone["name"].GetString(), "gone");
  EXPECT_EQ(gone["count"].GetInt(), 3);
  EXPECT_STREQ(gone["since"].GetString(), "2020");
  EXPECT_NE(line(files, "deployments", id_of(deployment)).find(",\"by\":\"Ada\"}"),
            std::string::npos);
  EXPECT_EQ(mirror_of(files)->dump(), first->dump());
}

}  // namespace
}  // namespace nexus_mirror::testing
