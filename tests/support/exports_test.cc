#include "support/exports_test.h"

#include <Poco/Crypto/DigestEngine.h>
#include <sys/stat.h>

#include <set>

#include "objects/enumerations.h"
#include "text/json.h"

namespace nexus_mirror::testing {

namespace fs = std::filesystem;

std::map<std::string, FileState> files_below(const fs::path& folder) {
  std::map<std::string, FileState> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    struct stat status {};
    ::stat(entry.path().c_str(), &status);
    files[fs::relative(entry.path(), folder).string()] = {
        file_bytes(entry.path()), static_cast<std::int64_t>(status.st_ino),
        std::int64_t{status.st_mtim.tv_sec} * 1000000000 + status.st_mtim.tv_nsec};
  }
  return files;
}

std::string all_formats() {
  const std::vector<std::string> names(std::begin(objects::kExportFormats),
                                       std::end(objects::kExportFormats));
  return "[[export]]\nformats = " + text::json_array(names) + "\n";
}

rapidjson::Document read_json(const fs::path& file) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag>(
      file_bytes(file).c_str());
  EXPECT_FALSE(json.HasParseError()) << file;
  return json;
}

std::string hash_of(const std::string& bytes) {
  Poco::Crypto::DigestEngine engine("SHA256");
  engine.update(bytes);
  return Poco::DigestEngine::digestToHex(engine.digest());
}

std::unique_ptr<Mirror> ExportsTest::exporting(const std::string& tables,
                                               const std::string& project,
                                               const std::string& sync) {
  auto mirror = this->mirror(project, {}, sync);
  MirrorSettings wanted = settings(project);
  wanted.sync = sync;
  wanted.tables = tables;
  mirror->configure(wanted);
  return mirror;
}

fs::path ExportsTest::folder_of(const Mirror& mirror, const std::string& project) {
  return mirror.folder() / "exports" / project;
}

rapidjson::Document ExportsTest::manifest_of(const Mirror& mirror, const std::string& project) {
  return read_json(folder_of(mirror, project) / "manifest.json");
}

const rapidjson::Value& ExportsTest::entry_of(const rapidjson::Document& manifest,
                                              const std::string& format) {
  for (const auto& entry : manifest["exports"].GetArray()) {
    if (entry["format"].GetString() == format) return entry;
  }
  throw std::runtime_error("the manifest has no " + format);
}

void ExportsTest::expect_consistent(const Mirror& mirror, const std::string& project) {
  const auto files = files_below(folder_of(mirror, project));
  const rapidjson::Document manifest = manifest_of(mirror, project);
  std::set<std::string> named = {"manifest.json"};
  const auto check = [&](const rapidjson::Value& file) {
    const std::string path = file["path"].GetString();
    EXPECT_TRUE(named.insert(path).second) << path << " is named twice";
    const auto found = files.find(path);
    if (found == files.end()) {
      ADD_FAILURE() << path << " is not there";
      return;
    }
    EXPECT_EQ(hash_of(found->second.bytes), file["sha256"].GetString()) << path;
    EXPECT_EQ(static_cast<std::int64_t>(found->second.bytes.size()), file["bytes"].GetInt64());
  };
  for (const auto& entry : manifest["exports"].GetArray()) {
    for (const auto& file : entry["files"].GetArray()) check(file);
  }
  for (const auto& file : manifest["models"]["files"].GetArray()) check(file);
  for (const auto& [path, state] : files) {
    EXPECT_TRUE(named.contains(path)) << path << " is not in the manifest";
  }
}

}  // namespace nexus_mirror::testing
