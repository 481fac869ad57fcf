// A mirror's project as ndjson, and a mirror of that again.
#pragma once

#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <vector>

#include "support/memory_files.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {

// Projects of tests/corpus.
inline constexpr const char* kClasses = "proj_d56eff7cd35a0456224706703629a9cb";
inline constexpr const char* kLitter = "proj_95794a194f26d7dcc56397d13af68aed";
// What links begin with in NdjsonExportTest::exported().
inline constexpr const char* kBucket = "https://storage.googleapis.com/nexus-emulator/";

// Kinds of a project, by their files.
inline constexpr const char* kKinds[] = {"projects",    "assets",    "annotations", "tags",
                                         "ontologies",  "users",     "workflows",   "runs",
                                         "runlogs",     "insights",  "artifacts",   "models",
                                         "deployments", "sequences", "operations"};

std::vector<std::string> lines_of(const std::string& text);

// A JSON document; the test fails where it is none.
rapidjson::Document parsed(const std::string& line);

class NdjsonExportTest : public PromiseTest {
 protected:
  // The project's files; links begin with kBucket, whatever port the emulator's storage has.
  static MemoryFiles exported(const Mirror& mirror, const std::string& project);

  // The line of `kind` that names `id` first.
  static std::string line(const MemoryFiles& files, const std::string& kind, const std::string& id);

  // Serves `files` with an emulator of its own and mirrors that.
  std::unique_ptr<Mirror> mirror_of(const MemoryFiles& files);

 private:
  TemporaryFolder folder_;
  std::unique_ptr<EmulatorProcess> again_;
};

}  // namespace nexus_mirror::testing
