// A mirror that keeps its images and models and exports them: for "Exports take them along" of
// CONTRACT.md 8.
#pragma once

#include <SQLiteCpp/Database.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "content/content_folder.h"
#include "support/exports_test.h"
#include "support/places.h"
#include "text/digest.h"

namespace nexus_mirror::testing {

class ExportedFiles : public ExportsTest {
 protected:
  // A mirror of `project` that keeps its images, with these [[export]] tables and lines of [files].
  std::unique_ptr<Mirror> keeper(const std::string& exports,
                                 const std::string& project = kKeypoints,
                                 const std::string& files = {}) {
    serve();
    return std::make_unique<Mirror>(with(exports, project, files));
  }
  MirrorSettings with(const std::string& exports, const std::string& project = kKeypoints,
                      const std::string& files = {}) const {
    MirrorSettings wanted = settings(project);
    wanted.tables = exports + "[files]\n";
    if (files.find("min_free") == files.npos) wanted.tables += "min_free = \"0\"\n";
    if (files.find("images") == files.npos) wanted.tables += "images = [\"*\"]\n";
    wanted.tables += files;
    return wanted;
  }
  static std::filesystem::path annotations(const Mirror& mirror,
                                           const std::string& project = kKeypoints) {
    return folder_of(mirror, project) / "annotations";
  }
  static std::string lines(const std::string& format) {
    return "[[export]]\nformats = [\"" + format + "\"]\n";
  }

  static rapidjson::Document manifest(const Mirror& mirror,
                                      const std::string& project = kKeypoints) {
    return manifest_of(mirror, project);
  }
  // "placed linked copied missing" of a format's image_files.
  static std::string counts(const Mirror& mirror, const std::string& format,
                            const std::string& project = kKeypoints) {
    const rapidjson::Document json = manifest(mirror, project);
    const rapidjson::Value& entry = entry_of(json, format);
    if (!entry.HasMember("image_files")) return "none";
    std::string text;
    for (const char* key : {"placed", "linked", "copied", "missing"}) {
      text += std::to_string(entry["image_files"][key].GetInt64()) + " ";
    }
    return text;
  }

  // What each picture below `folder` is by its bytes, by its path.
  static std::map<std::string, std::string> pictures(const std::filesystem::path& folder) {
    std::map<std::string, std::string> found;
    if (!std::filesystem::exists(folder)) return found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      EXPECT_FALSE(entry.is_symlink()) << entry.path();
      if (!entry.is_regular_file()) continue;
      found[std::filesystem::relative(entry.path(), folder).string()] =
          text::sha256(file_bytes(entry.path()));
    }
    return found;
  }
  // Every asset's picture lies in `folder` under `prefix` and its filename, and nothing else does.
  static void expect_all(const Mirror& mirror, const std::filesystem::path& folder) {
    const auto found = pictures(folder);
    std::map<std::string, std::string> wanted;
    for (const std::string& row : mirror.rows("SELECT filename, sha256 FROM asset_files")) {
      wanted[row.substr(0, row.find('|'))] = row.substr(row.find('|') + 1);
    }
    EXPECT_FALSE(wanted.empty());
    EXPECT_TRUE(found == wanted) << folder << ": " << found.size() << " of " << wanted.size();
  }
  static std::int64_t inode(const std::filesystem::path& file) {
    struct stat status {};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return static_cast<std::int64_t>(status.st_ino);
  }
  static unsigned mode_of(const std::filesystem::path& file) {
    struct stat status {};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return status.st_mode & 07777U;
  }
  static std::string first_of(const Mirror& mirror, const std::string& column = "filename") {
    return mirror.value("SELECT " + column + " FROM asset_files ORDER BY filename LIMIT 1");
  }
  static void execute(const Mirror& mirror, const std::string& sql) {
    SQLite::Database(mirror.database().string(), SQLite::OPEN_READWRITE, 5000).exec(sql);
    mirror.forget_feed();
  }
  // Gives the first asset other content, as if it had been fetched.
  static std::string give_content(const Mirror& mirror, const std::string& bytes) {
    return give(mirror, first_of(mirror, "asset_id"), bytes);
  }
  static std::string first_model(const Mirror& mirror) {
    return mirror.value("SELECT model_id FROM model_files WHERE status = 'ok' ORDER BY 1 LIMIT 1");
  }
  static std::string give_model_content(const Mirror& mirror, const std::string& id,
                                        const std::string& bytes) {
    const std::string sha256 = give(mirror, id, bytes);
    execute(mirror, "INSERT OR IGNORE INTO export_marks SELECT id, 'models' FROM projects");
    return sha256;
  }

 private:
  static std::string give(const Mirror& mirror, const std::string& id, const std::string& bytes) {
    const std::string sha256 = text::sha256(bytes);
    const std::filesystem::path file = content::content_path(mirror.folder() / "files", sha256);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    std::filesystem::permissions(file, std::filesystem::perms(0444));
    execute(mirror, "UPDATE files SET sha256 = '" + sha256 + "', bytes = " +
                        std::to_string(bytes.size()) + " WHERE entity_id = '" + id + "'");
    return sha256;
  }
};

}  // namespace nexus_mirror::testing
