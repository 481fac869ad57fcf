#include "support/ndjson_export.h"

#include <fstream>
#include <regex>
#include <sstream>

#include "exports/formats/ndjson.h"

namespace nexus_mirror::testing {

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

MemoryFiles NdjsonExportTest::exported(const Mirror& mirror, const std::string& project) {
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

std::string NdjsonExportTest::line(const MemoryFiles& files, const std::string& kind,
                                   const std::string& id) {
  for (const std::string& line : lines_of(files.files.at(kind + ".ndjson").bytes)) {
    if (line.find("\"id\":\"" + id + "\"") != std::string::npos) return line;
  }
  ADD_FAILURE() << "no " << id << " in " << kind;
  return "{}";
}

std::unique_ptr<Mirror> NdjsonExportTest::mirror_of(const MemoryFiles& files) {
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

}  // namespace nexus_mirror::testing
