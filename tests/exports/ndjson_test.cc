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
#include <set>

#include "nexus_mirror/error.h"
#include "objects/table.h"
#include "support/hand_made_mirror.h"
#include "support/ndjson_export.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

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

class NdjsonTest : public NdjsonExportTest {
 protected:
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
