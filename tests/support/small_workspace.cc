#include "support/small_workspace.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <fstream>
#include <set>
#include <vector>

#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAssets = 9;

class Record {
 public:
  explicit Record(const std::string& line) {
    json_.Parse<rapidjson::kParseFullPrecisionFlag>(line.c_str());
  }
  std::string text(const char* key) const {
    return json_.HasMember(key) && json_[key].IsString() ? json_[key].GetString() : "";
  }
  void set(const char* key, const std::string& value) {
    json_[key].SetString(value.c_str(), json_.GetAllocator());
  }
  rapidjson::Document& json() { return json_; }
  std::string line() const {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    json_.Accept(writer);
    return buffer.GetString();
  }

 private:
  rapidjson::Document json_;
};

std::vector<Record> records_of(const std::string& kind) {
  std::vector<Record> records;
  for (const std::string& line : corpus_lines(kind, kSmallProject)) records.emplace_back(line);
  return records;
}

void write(const fs::path& folder, const std::string& kind, const std::vector<Record>& records) {
  std::ofstream out(folder / (kind + ".ndjson"));
  for (const Record& record : records) out << record.line() << '\n';
}

std::vector<Record> assets_of(bool changed) {
  std::vector<Record> all = records_of("assets"), chosen;
  // The first goes, and one more comes; the second is looked at again.
  const std::size_t begin = changed ? 1 : 0;
  for (std::size_t i = begin; i < begin + kAssets; ++i) chosen.push_back(std::move(all.at(i)));
  if (changed) chosen.front().set("status", "Completed");
  return chosen;
}

std::vector<Record> annotations_of(const std::vector<Record>& assets, bool changed) {
  std::set<std::string> ids;
  for (const Record& asset : assets) ids.insert(asset.text("id"));
  std::vector<Record> chosen;
  for (Record& record : records_of("annotations")) {
    if (ids.contains(record.text("assetId"))) chosen.push_back(std::move(record));
  }
  if (changed && !chosen.empty()) chosen.back().json()["createDate"].SetInt64(1700000000001);
  return chosen;
}

}  // namespace

void write_small_workspace(const fs::path& folder, bool changed) {
  fs::create_directories(folder);
  fs::copy_file(in_source("tests/corpus/workspace.json"), folder / "workspace.json",
                fs::copy_options::overwrite_existing);
  for (const char* kind : {"projects", "ontologies", "users", "workflows", "insights", "artifacts",
                           "models", "deployments", "operations"}) {
    write(folder, kind, records_of(kind));
  }
  std::vector<Record> runs = records_of("runs");
  if (changed) {  // a log that has been read is read again when its run has moved on
    auto& date = runs.front().json()["updateDate"];
    date.SetInt64(date.GetInt64() + 1000);
  }
  write(folder, "runs", runs);
  std::vector<Record> tags = records_of("tags"), logs = records_of("runlogs");
  if (changed) {
    tags.front().set("color", "#123456");
  } else {  // the last event is still to come
    auto& events = logs.front().json()["logs"];
    events.PopBack();
  }
  write(folder, "tags", tags);
  write(folder, "runlogs", logs);
  const std::vector<Record> assets = assets_of(changed);
  write(folder, "assets", assets);
  write(folder, "annotations", annotations_of(assets, changed));
}

}  // namespace nexus_mirror::testing
