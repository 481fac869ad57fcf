// Format ndjson: a mirror's project as files that nexus-emulator serves again.
#include "exports/formats/ndjson.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "nexus_mirror/error.h"
#include "objects/table.h"
#include "support/hand_made_mirror.h"
#include "support/memory_files.h"
#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kClasses = "proj_d56eff7cd35a0456224706703629a9cb";
constexpr const char* kLitter = "proj_95794a194f26d7dcc56397d13af68aed";
constexpr const char* kBucket = "https://storage.googleapis.com/nexus-emulator/";
constexpr const char* kKinds[] = {"projects",    "assets",    "annotations", "tags",
                                  "ontologies",  "users",     "workflows",   "runs",
                                  "runlogs",     "insights",  "artifacts",   "models",
                                  "deployments", "sequences", "operations"};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

rapidjson::Document parsed(const std::string& line) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(line.c_str());
  EXPECT_FALSE(document.HasParseError()) << line;
  return document;
}

// A line of the corpus as the mirror has it: the emulator has put its links in, and the groups and
// counts of an asset, which have no order of their own, stand in that of their names.
std::string as_mirrored(const std::string& kind, const std::string& line, const std::string& id) {
  if (kind == "assets") {
    const auto object = parsed(line);
    const std::string file = std::string(kBucket) + id + "/assets/" + object["id"].GetString();
    std::string sent, sorted;
    std::set<std::string> groups;
    for (const auto& group : object["metadata"]["groups"].GetArray()) {
      sent += (sent.empty() ? "\"" : ",\"") + std::string(group.GetString()) + "\"";
      groups.insert(group.GetString());
    }
    for (const std::string& group : groups) {
      sorted += (sorted.empty() ? "\"" : ",\"") + group + "\"";
    }
    std::string counts_sent, counts_sorted;
    std::map<std::string, std::string> counts;
    for (const auto& count : object["statistic"]["tagsCount"].GetArray()) {
      const std::string name = count["name"].GetString();
      counts[name] =
          R"({"name":")" + name + R"(","count":)" + std::to_string(count["count"].GetInt64()) + "}";
      counts_sent += (counts_sent.empty() ? "" : ",") + counts[name];
    }
    for (const auto& [name, count] : counts) {
      counts_sorted += (counts_sorted.empty() ? "" : ",") + count;
    }
    return replaced(replaced(replaced(line, "\"url\":\"\"", "\"url\":\"" + file + "\""),
                             "\"groups\":[" + sent, "\"groups\":[" + sorted),
                    "\"tagsCount\":[" + counts_sent, "\"tagsCount\":[" + counts_sorted);
  }
  if (kind == "models" && line.find("\"status\":\"Finished\"") != std::string::npos) {
    return line.substr(0, line.size() - 1) + R"(,"download":{"method":"GET","url":")" + kBucket +
           id + "/models/" + id_of(line) + "/model.zip\"}}";
  }
  return line;
}

std::vector<std::string> corpus_of(const std::string& kind, const std::string& project) {
  const std::string key = kind == "projects" ? "\"id\":\"" : "\"projectId\":\"";
  std::vector<std::string> lines;
  for (const std::string& line : corpus_lines(kind, key + project)) {
    lines.push_back(as_mirrored(kind, line, project));
  }
  return lines;
}

// How many of `written` have other bytes than `expected`, which all say the same.
int respelled(const std::vector<std::string>& written, const std::vector<std::string>& expected) {
  EXPECT_EQ(written.size(), expected.size());
  int count = 0;
  for (std::size_t i = 0; i < std::min(written.size(), expected.size()); ++i) {
    if (written[i] == expected[i]) continue;
    ++count;
    EXPECT_TRUE(parsed(written[i]) == parsed(expected[i])) << written[i] << "\n" << expected[i];
  }
  return count;
}

class NdjsonTest : public PromiseTest {
 protected:
  static MemoryFiles exported(const Mirror& mirror, const std::string& project) {
    MemoryFiles files;
    store::Snapshot snapshot(mirror.database());
    exports::write_ndjson(snapshot, project, files);
    // Each emulator has a port of its own.
    static const std::regex kOrigin("http://127\\.0\\.0\\.1:[0-9]+/nexus-emulator/");
    for (auto& [path, file] : files.files) {
      file.bytes = std::regex_replace(file.bytes, kOrigin, kBucket);
    }
    return files;
  }

  // The line of `kind` that names `id` first.
  static std::string line(const MemoryFiles& files, const std::string& kind,
                          const std::string& id) {
    for (const std::string& line : lines_of(files.files.at(kind + ".ndjson").bytes)) {
      if (line.find("\"id\":\"" + id + "\"") != std::string::npos) return line;
    }
    ADD_FAILURE() << "no " << id << " in " << kind;
    return "{}";
  }

  // Lets the mirror know the operations of `project`, which no listing of the server names.
  static void know_operations(const Mirror& mirror, const std::string& project) {
    mirror.forget_feed();
    SQLite::Database database(mirror.database().string(), SQLite::OPEN_READWRITE);
    for (const std::string& line : corpus_of("operations", project)) {
      SQLite::Statement insert(database,
                               "INSERT INTO operations(id, project_id, status_overview) "
                               "VALUES(?, ?, 'Queued')");
      insert.bind(1, id_of(line));
      insert.bind(2, project);
      insert.exec();
    }
  }

  // Serves `files` with an emulator of its own and mirrors that.
  std::unique_ptr<Mirror> mirror_of(const MemoryFiles& files) {
    for (const auto& [path, file] : files.files) {
      std::ofstream(folder_.path() / path, std::ios::binary) << file.bytes;
    }
    again_ = std::make_unique<EmulatorProcess>(
        std::vector<std::string>{"--data", folder_.path().string(), "--secret-key", kKey});
    auto mirror = std::make_unique<Mirror>(MirrorSettings{.endpoint = again_->url()});
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 0) << ended.err;
    return mirror;
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<EmulatorProcess> again_;
};

// All lines are the corpus' own bytes, but those of two annotations with a coordinate of 0.0005,
// which the mirror spells 5e-04, and of assets whose custom metadata ends with a license: the
// mirror sorts its keys.
TEST_F(NdjsonTest, WritesTheCorpusAgain) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  std::size_t compared = 0;
  std::map<std::string, int> differ;
  for (const std::string& project : mirror->rows("SELECT id FROM projects ORDER BY id")) {
    know_operations(*mirror, project);
  }
  ASSERT_EQ(mirror->sync().status, 0);
  for (const std::string& project : mirror->rows("SELECT id FROM projects ORDER BY id")) {
    const MemoryFiles files = exported(*mirror, project);
    EXPECT_EQ(files.files.at("workspace.json").bytes,
              file_bytes(in_source("tests/corpus/workspace.json")));
    for (const std::string kind : kKinds) {
      SCOPED_TRACE(project + " " + kind);
      const std::vector<std::string> expected = corpus_of(kind, project);
      const MemoryFile& file = files.files.at(kind + ".ndjson");
      differ[kind] += respelled(lines_of(file.bytes), expected);
      EXPECT_EQ(file.annotations,
                kind == "annotations" ? static_cast<std::int64_t>(expected.size()) : 0);
      compared += expected.size();
    }
  }
  EXPECT_EQ(compared, 15506U);  // every line of the corpus
  std::erase_if(differ, [](const auto& kind) { return kind.second == 0; });
  EXPECT_EQ(differ, (std::map<std::string, int>{{"annotations", 2}, {"assets", 1570}}));
}

TEST_F(NdjsonTest, IsServedAgainWithTheSameRows) {
  const auto first = mirror(kLitter);
  ASSERT_EQ(first->sync().status, 0);
  const MemoryFiles files = exported(*first, kLitter);
  const auto second = mirror_of(files);
  EXPECT_EQ(second->dump(), first->dump());
  const MemoryFiles again = exported(*second, kLitter);
  for (const auto& [path, file] : files.files) EXPECT_EQ(again.files.at(path).bytes, file.bytes);
}

TEST_F(NdjsonTest, SpeaksOneLanguageWhateverTheServerSpoke) {
  serve({"--dialect", "v1"});
  const auto v1 = mirror(kClasses);
  ASSERT_EQ(v1->sync().status, 0);
  const MemoryFiles files = exported(*v1, kClasses);
  EXPECT_EQ(mirror_of(files)->dump(), v1->dump());
  for (const std::string kind : {"assets", "annotations", "tags", "users", "workflows", "runlogs",
                                 "insights", "artifacts", "models"}) {
    SCOPED_TRACE(kind);
    const int differ =
        respelled(lines_of(files.files.at(kind + ".ndjson").bytes), corpus_of(kind, kClasses));
    if (kind != "assets") {
      EXPECT_EQ(differ, 0);
    }
  }
}

TEST_F(NdjsonTest, KeepsUnknownKeysWhereTheyStood) {
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
TEST_F(NdjsonTest, KeepsWhatHasTheWrongShape) {
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

TEST_F(NdjsonTest, LeavesOutWhatTheServerDidNotSay) {
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
TEST_F(NdjsonTest, KeepsTheTypesOfAnnotationsAndSequences) {
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
TEST_F(NdjsonTest, KeepsOddValues) {
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
TEST_F(NdjsonTest, KeepsTheListsOfAProjectAndOfADeployment) {
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

TEST_F(NdjsonTest, WritesNoSignature) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_NE(mirror->number("SELECT count(*) FROM assets WHERE url LIKE '%X-Goog-Signature=%'"), 0);
  for (const auto& [path, file] : exported(*mirror, kBloodCells).files) {
    EXPECT_EQ(file.bytes.find("X-Goog"), std::string::npos) << path;
  }
}

TEST_F(NdjsonTest, WritesAllFilesOfAnEmptyProject) {
  const TemporaryFolder folder;
  MemoryFiles files;
  store::Snapshot snapshot(folder.path() / "none.db");  // an empty mirror
  exports::write_ndjson(snapshot, "proj_none", files);
  std::set<std::string> expected = {"workspace.json", "runlogs.ndjson", "runmatrices.ndjson"};
  for (const objects::Table* table : objects::all_tables()) {
    if (table->logged != objects::Logged::rows || table->parent != nullptr) continue;
    if (table == &objects::workspaces) continue;
    expected.insert(std::string(table == &objects::project_users ? "users" : table->name) +
                    ".ndjson");
  }
  std::set<std::string> written;
  for (const auto& [path, file] : files.files) written.insert(path);
  EXPECT_EQ(written, expected);
  EXPECT_EQ(files.files.at("workspace.json").bytes, "{\"id\":\"\",\"object\":\"workspace\"}\n");
  EXPECT_EQ(files.files.at("runlogs.ndjson").bytes, "");
}

TEST_F(NdjsonTest, EndsWhenAskedToStopAndTellsThatItGoesOn) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  store::Snapshot snapshot(mirror->database());
  std::stop_source stop;
  int calls = 0;
  snapshot.watch([&] {
    ++calls;
    return !stop.stop_requested();
  });
  MemoryFiles files;
  exports::write_ndjson(snapshot, kBloodCells, files);
  EXPECT_GT(calls, 1);
  stop.request_stop();
  MemoryFiles cut;
  try {
    exports::write_ndjson(snapshot, kBloodCells, cut);
    ADD_FAILURE() << "not stopped";
  } catch (const nexus_mirror::Error& error) {
    EXPECT_EQ(error.code(), nexus_mirror::ErrorCode::interrupted) << error.what();
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
