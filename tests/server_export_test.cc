// Asking Nexus itself: `export --server` and `links --request`, the real binary over loopback.
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "nexus_mirror/env.h"
#include "support/archives.h"
#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using Type = ArchiveEntry::Type;

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class ServerExport : public PromiseTest {
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

TEST_F(ServerExport, IsStartedFollowedDownloadedAndUnpacked) {
  for (const char* dialect : {"v2", "v1"}) {
    serve({"--dialect", dialect});
    const auto mirror = this->mirror(kBloodCells, "",
                                     "[[export]]\nformats = [\"yolo\"]\nprojects = [\"other\"]\n"
                                     "[[export]]\nformats = [\"coco\", \"yolo\"]\n"
                                     "split_ratio = 0.25\nseed = 7\nnormalized = false\n");
    const Ended ended = ask(*mirror, "coco", "blood-cells");
    ASSERT_EQ(ended.status, 0) << ended.err;
    const fs::path target = folder(*mirror) / "coco";
    EXPECT_EQ(ended.out, target.string() + "\n");
    EXPECT_EQ(file_bytes(target / "request.json"),
              R"({"format":"coco","options":{"splitRatio":0.25,"seed":7,"normalized":false}})");
    std::ifstream lines(target / "annotations" / "annotations.ndjson");
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) ++count;
    EXPECT_EQ(count, corpus_lines("annotations", kBloodCells).size());
    struct stat found {};
    ASSERT_EQ(stat((target / "request.json").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0644U);
    ASSERT_EQ(stat((target / "annotations").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0755U);
    EXPECT_EQ(mirror->rows("SELECT project_id, kind, status_overview, queued, finished"
                           " FROM operations"),
              std::vector<std::string>{std::string(kBloodCells) +
                                       "|nexus.annotations.export|Finished|0|1"});
    EXPECT_EQ(journal("/_download"), std::vector<std::string>{"200"});
    EXPECT_EQ(journal("/projects/", "POST"), std::vector<std::string>{"200 with key"});
    expect_private(ended);
    // Nothing is left but the folder and its lock.
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder(*mirror))) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{".coco.lock", "coco"}));
  }
}

TEST_F(ServerExport, OptionsHaveDefaults) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(ask(*mirror, "some-New_format2").status, 0);
  EXPECT_EQ(
      file_bytes(folder(*mirror) / "some-New_format2" / "request.json"),
      R"({"format":"some-New_format2","options":{"splitRatio":0.0,"seed":1337,"normalized":true}})");
}

TEST_F(ServerExport, ASecondRunReplacesTheFolder) {
  const auto mirror = this->mirror(kBloodCells);
  plan(zip_of({{"old.json", "1"}, {"both.json", "1"}}));
  ASSERT_EQ(ask(*mirror).status, 0);
  plan(zip_of({{"both.json", "2"}, {"labels/new.txt", "2"}}));
  ASSERT_EQ(ask(*mirror).status, 0);
  const fs::path target = folder(*mirror) / "coco";
  EXPECT_FALSE(fs::exists(target / "old.json"));
  EXPECT_EQ(file_bytes(target / "both.json"), "2");
  EXPECT_EQ(file_bytes(target / "labels" / "new.txt"), "2");
  EXPECT_EQ(mirror->number("SELECT count(*) FROM operations"), 2);
}

TEST_F(ServerExport, SeveralProjectsComeOneAfterTheOther) {
  const auto mirror = this->mirror();
  const Ended ended = mirror->run(
      {"export", "--server", "coco", "--project", kBloodCells, "--project", kKeypoints});
  ASSERT_EQ(ended.status, 0) << ended.err;
  for (const char* project : {kBloodCells, kKeypoints}) {
    EXPECT_TRUE(holds(ended.out, (folder(*mirror, project) / "coco").string() + "\n"));
    EXPECT_TRUE(fs::exists(folder(*mirror, project) / "coco" / "request.json"));
  }
  fault(R"({"match":"/annotationexports","nth":1,"fault":"status","status":403})");
  const Ended partly = mirror->run(
      {"export", "--server", "yolo", "--project", kBloodCells, "--project", kKeypoints});
  EXPECT_EQ(partly.status, 1) << partly.err;
  EXPECT_EQ(std::count(partly.out.begin(), partly.out.end(), '\n'), 1) << partly.out;
}

// --- archives that mean harm ---

TEST_F(ServerExport, HostileArchivesAreRefusedWhole) {
  const auto mirror = this->mirror(kBloodCells);
  plan(zip_of({{"kept.json", "kept"}}));
  ASSERT_EQ(ask(*mirror).status, 0);
  const auto before = exported(*mirror);
  const std::string tar_device =
      archive_of(ArchiveForm::tar, {{"a", "1"}, {"null", "", Type::device}});
  const std::string tar_hardlink =
      archive_of(ArchiveForm::tar, {{"a", "1"}, {"b", "../../../../key", Type::hardlink}});
  const std::string whole = zip_of({{"a", std::string(1000, 'a')}, {"b", "1"}});
  const std::map<std::string, std::string> archives = {
      {"leads outside", zip_of({{"a", "1"}, {"../../x", "2"}})},
      {"is absolute", zip_of({{"a", "1"}, {"/tmp/nexus_mirror_x", "2"}})},
      {"is a link", zip_of({{"a", "../../../../key", Type::symlink}, {"b", "1"}})},
      {"is a link ", tar_hardlink},
      {"neither file nor folder", tar_device},
      {"as a bomb does", zip_of({{"a", std::string(std::size_t{96} << 20, '\0')}})},
      {"same name", zip_of({{"a", "1"}, {"a", "2"}})},
      {"no whole zip", whole.substr(0, whole.size() - 30)},
      {"a web page", "<!DOCTYPE html><html>Sign in</html>"},
      {"no whole zip or tar", "{}"},
      {"is empty", ""},
  };
  for (const auto& [reason, archive] : archives) {
    plan(archive);
    const Ended ended = ask(*mirror);
    EXPECT_EQ(ended.status, 1) << ended.err;
    const std::string told = reason.substr(0, reason.find_last_not_of(' ') + 1);
    EXPECT_TRUE(holds(ended.err, told)) << told << "\n" << ended.err;
    EXPECT_TRUE(holds(ended.err, "nothing of it was kept")) << ended.err;
    EXPECT_EQ(exported(*mirror), before) << reason;
    expect_private(ended);
  }
  EXPECT_FALSE(fs::exists("/tmp/nexus_mirror_x"));
}

TEST_F(ServerExport, ADownloadThatIsCutIsTriedAgain) {
  const auto mirror = this->mirror(kBloodCells);
  fault(R"({"match":"/_download","nth":1,"fault":"cut"},)"
        R"({"match":"/_download","nth":2,"fault":"cut","chunked":true})");
  const Ended healed = ask(*mirror);
  EXPECT_EQ(healed.status, 0) << healed.err;
  EXPECT_EQ(journal("/_download").size(), 3U);
  expect_private(healed);
  const auto before = exported(*mirror);
  for (const char* kind : {R"("fault":"cut")", R"("fault":"reset")", R"("fault":"status")"}) {
    fault(R"({"match":"/_download","nth":0,)" + std::string(kind) + "}");
    const Ended ended = ask(*mirror);
    EXPECT_EQ(ended.status, holds(kind, "status") ? 1 : 4) << ended.err;
    EXPECT_TRUE(holds(ended.err, "downloading")) << ended.err;
    EXPECT_EQ(exported(*mirror), before);
    expect_private(ended);
    clear_faults();
  }
}

TEST_F(ServerExport, ADownloadIsSentNowhereElse) {
  const auto mirror = this->mirror(kBloodCells);
  const HttpServer elsewhere([](const std::string&, int) { return Reply{answer(200, "x")}; });
  fault(R"({"match":"/_download","nth":0,"fault":"redirect","location":")" + elsewhere.url() +
        R"(/x?X-Goog-Signature=ab"})");
  const Ended ended = ask(*mirror);
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_TRUE(elsewhere.requests().empty());
  expect_private(ended);
  clear_faults();
  fault(R"({"match":"/_download","nth":0,"fault":"html"})");
  EXPECT_TRUE(holds(ask(*mirror).err, "a web page"));
}

// --- jobs that do not end well ---

// A Nexus whose jobs stand still in a state of the test's choice.
class StandingNexus {
 public:
  explicit StandingNexus(std::string overview)
      : overview_(std::move(overview)),
        server_([this](const std::string& request, int) { return reply(request); }) {}

  HttpServer& server() { return server_; }
  std::string operation() const {
    return R"({"id":"op_1","kind":"nexus.annotations.export","status":{"overview":")" + overview_ +
           R"(","message":"disk full at https://h/f?X-Goog-Signature=ab","progress":{"unit":"x",)" +
           R"("withStatus":{"Queued":3,"Running":0,"Finished":0}}}})";
  }

 private:
  Reply reply(const std::string& request) const {
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
    if (asks("GET /projects/proj_1/annotationexports/op_1")) body = R"({"opId":"op_1"})";
    if (asks("GET /projects/proj_1/artifacts?includeExports=true")) body = "[" + artifact + "]";
    if (asks("POST /projects/proj_1/artifacts/artifact_1/exports")) body = model;
    if (asks("GET /projects/proj_1/artifacts/artifact_1/exports")) body = "[" + model + "]";
    return {answer(200, body, "Content-Type: application/json\r\n")};
  }

  const std::string overview_;
  HttpServer server_;
};

TEST_F(ServerExport, AJobThatFailedIsToldWithItsReason) {
  for (const char* overview : {"Errored", "cancelled"}) {
    StandingNexus nexus(overview);
    const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
    const Ended exported = ask(mirror, "coco", "cars");
    EXPECT_EQ(exported.status, 1) << exported.err;
    EXPECT_TRUE(holds(exported.err, "disk full")) << exported.err;
    EXPECT_TRUE(holds(exported.err, "op_1")) << exported.err;
    expect_private(exported);
    EXPECT_NE(mirror.value("SELECT status_overview FROM operations WHERE id = 'op_1'"), "Finished");
    const Ended model = mirror.run({"links", "--request", "onnx", "--project", "cars"});
    EXPECT_EQ(model.status, 1) << model.err;
    EXPECT_TRUE(holds(model.err, "model_1")) << model.err;
    EXPECT_EQ(model.out, "");
  }
}

TEST_F(ServerExport, AFinishedJobWithoutALinkIsAnError) {
  StandingNexus nexus("Finished");
  const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
  const Ended ended = ask(mirror, "coco", "cars");
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(holds(ended.err, "no link")) << ended.err;
  EXPECT_EQ(mirror.run({"links", "--request", "onnx", "--project", "cars"}).status, 1);
}

TEST_F(ServerExport, SigtermEndsTheWaitingAndKeepsTheJob) {
  StandingNexus nexus("Queued");
  const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
  const auto run = mirror.start({"export", "--server", "coco", "--project", "cars"});
  nexus.server().wait_for_requests(6);  // the third look at the job: it is being waited for
  run->terminate();
  const Ended ended = run->wait();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_TRUE(holds(ended.err, "asked to stop")) << ended.err;
  EXPECT_TRUE(holds(ended.err, "the next sync follows it")) << ended.err;
  EXPECT_EQ(mirror.value("SELECT status_overview || queued FROM operations"), "Queued3");
  // A job whose mirror is busy cannot be written down, so it is not begun.
  const auto before = nexus.server().requests().size();
  const FileLock lock(mirror.database().string() + ".lock");
  EXPECT_EQ(ask(mirror, "coco", "cars").status, 7);
  EXPECT_EQ(nexus.server().requests().size(), before + 2);
}

TEST_F(ServerExport, SigtermEndsALookThatGetsNoAnswer) {
  const auto mirror = this->mirror(kBloodCells);
  fault(R"({"match":"/operations/","nth":1,"fault":"stall"})");
  const auto run = mirror->start({"export", "--server", "coco", "--project", kBloodCells});
  while (requests("/operations/").empty() && run->running()) std::this_thread::yield();
  run->terminate();
  EXPECT_EQ(run->wait().status, 1);
  EXPECT_EQ(mirror->value("SELECT status_overview FROM operations"), "Queued");
  // What was started here is followed by every sync until it has ended.
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->value("SELECT status_overview FROM operations"), "Finished");
  forget_requests();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(requests("/operations/").empty());
  EXPECT_TRUE(journal("/", "POST").empty());
}

TEST_F(ServerExport, AStartWithoutAnAnswerIsNotRepeated) {
  const auto mirror = this->mirror(kBloodCells);
  for (const char* kind : {R"("fault":"reset")", R"("fault":"status","status":503)"}) {
    forget_requests();
    fault(R"({"match":"/annotationexports","nth":0,)" + std::string(kind) + "}");
    const Ended ended = ask(*mirror);
    EXPECT_NE(ended.status, 0);
    EXPECT_EQ(journal("/projects/", "POST").size(), 1U) << ended.err;
    clear_faults();
  }
  forget_requests();
  fault(R"({"match":"/annotationexports","nth":1,"fault":"status","status":429})");
  EXPECT_EQ(ask(*mirror).status, 0);
  EXPECT_EQ(journal("/projects/", "POST").size(), 2U);
}

TEST_F(ServerExport, WhatMakesNoSenseIsRefusedBeforeAnythingIsAsked) {
  const auto mirror = this->mirror(kBloodCells);
  for (const char* format : {"../x", "a/b", "", ".", "a b", "coco\n", "ü"}) {
    EXPECT_EQ(ask(*mirror, format).status, 2) << format;
  }
  EXPECT_EQ(mirror->run({"export", "--server", "coco"}).status, 2);
  EXPECT_TRUE(requests().empty());
  EXPECT_EQ(ask(*mirror, "coco", "no-such-project").status, 2);
  EXPECT_TRUE(journal("/", "POST").empty());
  EXPECT_FALSE(fs::exists(mirror->folder() / "exports"));
}

// --- links --request ---

class LinksRequest : public ServerExport {
 protected:
  static Ended request(const Mirror& mirror, std::vector<std::string> options) {
    options.insert(options.begin(), {"links", "--project", "blood-cells", "--request"});
    return mirror.run(std::move(options));
  }
};

TEST_F(LinksRequest, StartsWaitsAndPrintsTheLink) {
  for (const char* dialect : {"v2", "v1"}) {
    serve({"--dialect", dialect});
    const auto mirror = this->mirror(kBloodCells);
    const Ended ended =
        request(*mirror, {"tf-lite", "--quantization", "int8", "--format", "ndjson"});
    ASSERT_EQ(ended.status, 0) << ended.err;
    rapidjson::Document model;
    model.Parse(ended.out.c_str());
    ASSERT_TRUE(model.IsObject()) << ended.out;
    EXPECT_STREQ(model["format"].GetString(), "TFLite");
    EXPECT_STREQ(model["quantization"].GetString(), "int8");
    EXPECT_STREQ(model["status"].GetString(), "Finished");
    EXPECT_STREQ(model["project_name"].GetString(), "blood-cells");
    EXPECT_TRUE(holds(model["url"].GetString(), "X-Goog-Signature="));
    EXPECT_GT(model["expiry"].GetInt64(), 0);
    // It is what the mirror holds and `links` prints from now on.
    const std::string id = model["model_id"].GetString();
    EXPECT_EQ(
        mirror->value("SELECT status || '|' || download_url FROM models WHERE id = '" + id + "'"),
        "Finished|" + std::string(model["url"].GetString()));
    EXPECT_EQ(mirror->number("SELECT count(*) FROM models"), 1);
    expect_private({0, "", ended.err});
    // The newest artifact whose training is over.
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(
        mirror->value("SELECT id FROM artifacts WHERE is_training = 0 AND project_id = '" +
                      std::string(kBloodCells) + "' ORDER BY create_date DESC, id DESC LIMIT 1"),
        model["artifact_id"].GetString());
    const Ended listed = mirror->run({"links", "--format", "csv"});
    EXPECT_TRUE(holds(listed.out, id)) << listed.err;
  }
}

TEST_F(LinksRequest, PrintsTheColumnsOfLinks) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  for (const char* format : {"table", "csv"}) {
    const Ended asked = request(*mirror, {"ONNX", "--format", format});
    ASSERT_EQ(asked.status, 0) << asked.err;
    const Ended listed = mirror->run({"links", "--format", format});
    const auto names = [](const std::string& text) {
      std::string line = text.substr(0, text.find('\n'));
      line.erase(std::unique(line.begin(), line.end(),
                             [](char a, char b) { return a == ' ' && b == ' '; }),
                 line.end());
      return line;
    };
    EXPECT_EQ(names(asked.out), names(listed.out));
  }
}

TEST_F(LinksRequest, TakesTheArtifactThatIsNamed) {
  const auto mirror = this->mirror();
  const std::string artifact = id_of(corpus_lines("artifacts", kBloodCells).front());
  const Ended ended = request(
      *mirror, {"pytorch", "--artifact", artifact, "--project", kKeypoints, "--format", "ndjson"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 1);
  EXPECT_TRUE(holds(ended.out, "\"artifact_id\":\"" + artifact + "\"")) << ended.out;
  EXPECT_EQ(requests("/artifacts/" + artifact + "/exports").front(),
            "/projects/" + std::string(kBloodCells) + "/artifacts/" + artifact + "/exports");
}

TEST_F(LinksRequest, RefusesWhatTheArtifactCannotBeBeforeAsking) {
  const auto mirror = this->mirror();
  const Ended format = request(*mirror, {"TensorRT"});
  EXPECT_EQ(format.status, 2);
  EXPECT_TRUE(holds(format.err, "it can to ONNX, TensorFlow, TFLite")) << format.err;
  const Ended quantization = request(*mirror, {"TFLite", "--quantization", "int4"});
  EXPECT_EQ(quantization.status, 2);
  EXPECT_TRUE(holds(quantization.err, "float32, float16, int8")) << quantization.err;
  EXPECT_EQ(request(*mirror, {"ONNX", "--artifact", "artifact_none"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--request", "ONNX"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--project", "blood-cells", "--quantization", "int8"}).status, 2);
  EXPECT_EQ(mirror->run({"links", "--artifact", "artifact_1"}).status, 2);
  EXPECT_EQ(request(*mirror, {"ONNX", "--refresh"}).status, 2);
  EXPECT_TRUE(journal("/", "POST").empty());
}

TEST_F(LinksRequest, SigtermEndsTheWaiting) {
  StandingNexus nexus("Running");
  const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
  const auto run = mirror.start({"links", "--request", "onnx", "--project", "cars"});
  nexus.server().wait_for_requests(6);
  run->terminate();
  const Ended ended = run->wait();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(mirror.value("SELECT id || status FROM models"), "model_1Running");
}

}  // namespace
}  // namespace nexus_mirror::testing
