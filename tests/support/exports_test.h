// Exports of tests/corpus, made by the real program, for end-to-end tests.
#pragma once

#include <rapidjson/document.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {

// A file as it stands on the disk: what tells whether it was touched.
struct FileState {
  std::string bytes;
  std::int64_t inode = 0, modified_ns = 0;

  bool operator==(const FileState&) const = default;
};

// Every regular file below `folder`, by its path in it.
std::map<std::string, FileState> files_below(const std::filesystem::path& folder);

rapidjson::Document read_json(const std::filesystem::path& file);

std::string hash_of(const std::string& bytes);

// An [[export]] table that names every format, without its end: settings may follow.
std::string all_formats();

class ExportsTest : public PromiseTest {
 protected:
  // A mirror whose [[export]] tables are `tables`; of `project` alone unless that is empty.
  std::unique_ptr<Mirror> exporting(const std::string& tables, const std::string& project = {},
                                    const std::string& sync = {});

  static std::filesystem::path folder_of(const Mirror& mirror, const std::string& project);
  static rapidjson::Document manifest_of(const Mirror& mirror, const std::string& project);
  // The entry of `format` in a manifest; the test fails when there is none.
  static const rapidjson::Value& entry_of(const rapidjson::Document& manifest,
                                          const std::string& format);

  // Fails unless the manifest names every file below annotations/ and models/, with its true hash
  // and size, and no other.
  static void expect_consistent(const Mirror& mirror, const std::string& project);
};

}  // namespace nexus_mirror::testing
