// What the tests of `export --server` and `links --request` share.
#pragma once

#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {

namespace fs = std::filesystem;

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ServerRequestsTest : public PromiseTest {
 protected:
  static fs::path folder(const Mirror& mirror, const std::string& project = kBloodCells) {
    return mirror.folder() / "exports" / project / "server";
  }

  static Ended ask(const Mirror& mirror, const std::string& format = "coco",
                   const std::string& project = kBloodCells) {
    return mirror.run({"--log-level", "debug", "export", "--server", format, "--project", project});
  }

  void plan(const std::string& archive) { emulator().control("PUT", "archives", archive); }

  // Every file and folder below the exports, with the bytes of files.
  static std::map<std::string, std::string> exported(const Mirror& mirror) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(mirror.folder() / "exports")) {
      found[entry.path()] = entry.is_regular_file() ? file_bytes(entry.path()) : "/";
    }
    return found;
  }

  // The journal's entries of requests whose path begins with `path`.
  std::vector<std::string> journal(const std::string& path, const std::string& method = {}) {
    rapidjson::Document all;
    all.Parse(emulator().requests().c_str());
    std::vector<std::string> found;
    for (const auto& request : all["requests"].GetArray()) {
      if (!std::string(request["path"].GetString()).starts_with(path)) continue;
      if (!method.empty() && method != request["method"].GetString()) continue;
      bool key = request["key"].GetBool();
      for (const auto& header : request["headers"].GetObject()) {
        std::string name = header.name.GetString();
        std::transform(name.begin(), name.end(), name.begin(), ::tolower);
        key = key || name == "secret-key";
      }
      found.push_back(std::to_string(request["status"].GetInt()) + (key ? " with key" : ""));
    }
    return found;
  }

  static void expect_private(const Ended& ended) {
    for (const std::string& text : {ended.out, ended.err}) {
      EXPECT_FALSE(holds(text, "X-Goog-")) << text;
      EXPECT_FALSE(holds(text, kKey)) << text;
    }
  }
};

// A Nexus whose jobs stand still in a state of the test's choice.
class StandingNexus {
 public:
  explicit StandingNexus(std::string overview)
      : overview_(std::move(overview)),
        server_([this](const std::string& request, int) { return reply(request); }) {}

  HttpServer& server() { return server_; }

  // What is said of the annotation export, one after the other, the last for ever.
  void answer_export(std::vector<std::string> bodies) {
    const std::lock_guard lock(mutex_);
    exports_ = std::move(bodies);
  }

  std::string operation() const {
    return R"({"id":"op_1","kind":"nexus.annotations.export","status":{"overview":")" + overview_ +
           R"(","message":"disk full at https://h/f?X-Goog-Signature=ab","progress":{"unit":"x",)" +
           R"("withStatus":{"Queued":3,"Running":0,"Finished":0}}}})";
  }

 private:
  std::string next_export() {
    const std::lock_guard lock(mutex_);
    std::string body = exports_.front();
    if (exports_.size() > 1) exports_.erase(exports_.begin());
    return body;
  }

  Reply reply(const std::string& request) {
    const auto asks = [&](const std::string& target) { return request.starts_with(target + " "); };
    const std::string artifact =
        R"({"id":"artifact_1","runId":"run_1","artifactName":"ckpt","isTraining":false,)"
        R"("createDate":1,"exportOptions":["ONNX"]})";
    const std::string model = R"({"id":"model_1","artifactId":"artifact_1","status":")" +
                              overview_ + R"(","format":"ONNX","quantization":"float32"})";
    std::string body = "[]";
    if (asks("GET /workspace")) body = R"({"id":"ws_1","name":"w","owner":"u","tier":"t"})";
    if (asks("GET /workspace/projects")) body = R"([{"id":"proj_1","name":"cars"}])";
    if (asks("POST /projects/proj_1/annotationexports")) body = operation();
    if (asks("GET /projects/proj_1/operations/op_1")) body = operation();
    if (asks("GET /projects/proj_1/annotationexports/op_1")) body = next_export();
    if (asks("GET /projects/proj_1/artifacts?includeExports=true")) body = "[" + artifact + "]";
    if (asks("POST /projects/proj_1/artifacts/artifact_1/exports")) body = model;
    if (asks("GET /projects/proj_1/artifacts/artifact_1/exports")) body = "[" + model + "]";
    return {answer(200, body, "Content-Type: application/json\r\n")};
  }

  const std::string overview_;
  std::mutex mutex_;
  std::vector<std::string> exports_ = {R"({"opId":"op_1"})"};  // guarded by mutex_
  HttpServer server_;
};

}  // namespace nexus_mirror::testing
