// Promise 1 over tests/corpus-odd: everything that is rare comes out as it was sent.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exports/formats/ndjson.h"
#include "support/memory_files.h"
#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using rapidjson::Document;
using rapidjson::Value;

// Not among them: operations, which no listing names.
constexpr const char* kKinds[] = {"projects",   "assets",      "annotations", "tags",
                                  "ontologies", "users",       "workflows",   "runs",
                                  "runlogs",    "runmatrices", "insights",    "artifacts",
                                  "models",     "deployments", "sequences"};

std::vector<std::string> lines_of(std::istream&& stream) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Lists that have no order of their own; a member of their elements has it.
const std::map<std::string, const char*> kUnordered = {{"tagsCount", "name"}, {"files", "name"}};

std::string_view text_of(const Value& value, const char* key) {
  return key == nullptr ? value.GetString() : value[key].GetString();
}

void sort(Value& list, const char* key) {
  auto elements = list.GetArray();
  std::sort(elements.begin(), elements.end(), [key](const Value& left, const Value& right) {
    return text_of(left, key) < text_of(right, key);
  });
}

// What the server sent and what the mirror says again, without what only the server can say (links)
// and with lists that have no order in one. Null, an object without anything in it and absent are
// alike.
void normalise(Value& value) {
  if (value.IsArray()) {
    for (auto& element : value.GetArray()) normalise(element);
  }
  if (!value.IsObject()) return;
  value.RemoveMember("url");
  value.RemoveMember("download");
  for (auto member = value.MemberBegin(); member != value.MemberEnd();) {
    if (member->value.IsNull() || (member->value.IsObject() && member->value.ObjectEmpty())) {
      member = value.EraseMember(member);
      continue;
    }
    const auto unordered = kUnordered.find(member->name.GetString());
    if (unordered != kUnordered.end()) sort(member->value, unordered->second);
    normalise(member->value);
    ++member;
  }
}

Document parsed(const std::string& kind, const std::string& line) {
  Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(line.c_str(), line.size());
  EXPECT_FALSE(document.HasParseError()) << line;
  if (kind == "runmatrices") {  // the text holds JSON, whose spelling is the mirror's
    Document data;
    data.Parse(document["data"].GetString());
    document.RemoveMember("data");
    document.AddMember("data", Value(data, document.GetAllocator()), document.GetAllocator());
  }
  if (kind == "assets" && document.HasMember("metadata")) {
    sort(document["metadata"]["groups"], nullptr);
  }
  normalise(document);
  return document;
}

class OddCorpus : public ::testing::Test {
 protected:
  void serve(const std::string& dialect = "v2") {
    emulator_ = std::make_unique<EmulatorProcess>(
        std::vector<std::string>{"--data", in_source("tests/corpus-odd"), "--secret-key", kKey,
                                 "--max-page", "7", "--dialect", dialect});
  }
  std::unique_ptr<Mirror> synced(const std::string& tables = {}) {
    MirrorSettings settings{.endpoint = emulator_->url()};
    settings.tables = tables;
    auto mirror = std::make_unique<Mirror>(settings);
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 0) << ended.err;
    return mirror;
  }
  static std::vector<std::string> corpus(const std::string& kind, const std::string& project) {
    const std::string key = kind == "projects" ? "\"id\":\"" : "\"projectId\":\"";
    auto lines = lines_of(std::ifstream(in_source("tests/corpus-odd/") + kind + ".ndjson"));
    std::erase_if(lines, [&](const std::string& line) {
      return line.find(key + project + "\"") == std::string::npos;
    });
    return lines;
  }

  std::unique_ptr<EmulatorProcess> emulator_;
};

TEST_F(OddCorpus, ComesOutAsItWasSent) {
  serve();
  const auto mirror = synced();
  std::size_t compared = 0;
  for (const std::string& project : mirror->rows("SELECT id FROM projects ORDER BY id")) {
    MemoryFiles files;
    store::Snapshot snapshot(mirror->database());
    exports::write_ndjson(snapshot, project, files);
    for (const std::string kind : kKinds) {
      SCOPED_TRACE(project + " " + kind);
      const auto sent = corpus(kind, project);
      const auto kept = lines_of(std::istringstream(files.files.at(kind + ".ndjson").bytes));
      ASSERT_EQ(kept.size(), sent.size());
      for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_TRUE(parsed(kind, kept[i]) == parsed(kind, sent[i])) << kept[i] << "\n" << sent[i];
      }
      compared += sent.size();
    }
  }
  EXPECT_GT(compared, 150U);
}

TEST_F(OddCorpus, IsQuietTheSecondTime) {
  serve();
  const auto mirror = synced();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT rows_inserted, rows_updated, rows_deleted FROM syncs "
                          "WHERE id = 2"),
            "0|0|0");
}

TEST_F(OddCorpus, IsTheSameInEveryDialect) {
  serve();
  const std::string v2 = synced()->dump();
  for (const char* const dialect : {"v1", "snake"}) {
    serve(dialect);
    EXPECT_EQ(synced()->dump(), v2) << dialect;
  }
}

// All formats of all projects: no name leads out of the exports.
TEST_F(OddCorpus, IsExportedWhereItBelongs) {
  serve();
  const auto mirror = synced(
      "[[export]]\nformats = [\"ndjson\", \"coco\", \"polygon_coco\", \"csv_fourcorner\", "
      "\"pascal_voc\", \"yolo_darknet\", \"yolo_keras_pytorch\", \"yolo\", \"createml\"]");
  std::set<std::string> beside;
  for (const auto& entry : fs::directory_iterator(mirror->folder())) {
    beside.insert(entry.path().filename());
  }
  beside.erase("mirror.db-wal");
  beside.erase("mirror.db-shm");
  std::erase_if(beside, [](const std::string& name) {
    return name.starts_with("out") || name.starts_with("err");
  });
  EXPECT_EQ(beside, (std::set<std::string>{"config.toml", "exports", "key", "mirror.db",
                                           "mirror.db.lock"}));
  EXPECT_GT(mirror->number("SELECT count(*) FROM exports"), 50);
}

}  // namespace
}  // namespace nexus_mirror::testing
