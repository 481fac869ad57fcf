// `export --server`: the real binary over loopback, with honest and hostile servers.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "nexus_mirror/env.h"
#include "support/archives.h"
#include "support/server_requests_test.h"

namespace nexus_mirror::testing {
namespace {

using Type = ArchiveEntry::Type;

class ServerExport : public ServerRequestsTest {};

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
    EXPECT_EQ(journal("/nexus-emulator/"), std::vector<std::string>{"200"});
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
      R"({"format":"some-New_format2","options":{"splitRatio":0,"seed":1337,"normalized":true}})");
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
  fault(R"({"match":"/nexus-emulator/","nth":1,"fault":"cut"},)"
        R"({"match":"/nexus-emulator/","nth":2,"fault":"cut","chunked":true})");
  const Ended healed = ask(*mirror);
  EXPECT_EQ(healed.status, 0) << healed.err;
  EXPECT_EQ(journal("/nexus-emulator/").size(), 3U);
  expect_private(healed);
  const auto before = exported(*mirror);
  for (const char* kind : {R"("fault":"cut")", R"("fault":"reset")", R"("fault":"status")"}) {
    fault(R"({"match":"/nexus-emulator/","nth":0,)" + std::string(kind) + "}");
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
  fault(R"({"match":"/nexus-emulator/","nth":0,"fault":"redirect","location":")" + elsewhere.url() +
        R"(/x?X-Goog-Signature=ab"})");
  const Ended ended = ask(*mirror);
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_TRUE(elsewhere.requests().empty());
  expect_private(ended);
  clear_faults();
  fault(R"({"match":"/nexus-emulator/","nth":0,"fault":"html"})");
  EXPECT_TRUE(holds(ask(*mirror).err, "a web page"));
}

// --- jobs that do not end well ---

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

TEST_F(ServerExport, AnExportThatFailedIsToldThoughItsOperationIsFinished) {
  for (const char* dialect : {"v2", "v1"}) {
    serve({"--dialect", dialect});
    const auto mirror = this->mirror(kBloodCells);
    ASSERT_EQ(ask(*mirror).status, 0);
    const auto before = exported(*mirror);
    for (const auto& [sent, told] :
         {std::pair{"Errored", "Errored"}, {"errored", "Errored"}, {"CANCELLED", "Cancelled"}}) {
      emulator().control("PUT", std::string("archives?status=") + sent, "");
      const Ended ended = ask(*mirror);
      EXPECT_EQ(ended.status, 1) << ended.err;
      EXPECT_TRUE(
          holds(ended.err, std::string("the server reports ") + told + " of the export itself"))
          << ended.err;
      EXPECT_TRUE(holds(ended.err, "blood-cells")) << ended.err;
      EXPECT_EQ(exported(*mirror), before);
      expect_private(ended);
    }
    emulator().control("PUT", "archives?status=Lost", "");
    EXPECT_TRUE(holds(ask(*mirror).err, "gives no link and calls the export Lost"));
    // Of two projects each is told by itself.
    emulator().control("PUT", "archives?status=Errored", "");
    const Ended both = mirror->run(
        {"export", "--server", "coco", "--project", kBloodCells, "--project", kBloodCells});
    EXPECT_EQ(both.status, 1) << both.err;
  }
}

TEST_F(ServerExport, AnExportThatIsUnderWayIsWaitedForThoughItsOperationIsFinished) {
  for (const char* state : {"Queued", "running"}) {
    StandingNexus nexus("Finished");
    nexus.answer_export({R"({"opId":"op_1","status":")" + std::string(state) + R"("})",
                         R"({"opId":"op_1","status":"Errored","download":null})"});
    const Mirror mirror(MirrorSettings{.endpoint = nexus.server().url()});
    const Ended ended = ask(mirror, "coco", "cars");
    EXPECT_EQ(ended.status, 1);
    EXPECT_TRUE(holds(ended.err, "the server reports Errored of the export itself")) << ended.err;
  }
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

TEST_F(ServerExport, ItsChangesStandBetweenTheSyncs) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  ASSERT_EQ(ask(*mirror).status, 0);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM changes WHERE sync_id IS NULL AND entity ="
                          " 'operations' AND op = 'insert'"),
            "1");
  const auto since = [&](const char* sync) {
    const Ended ended = mirror->run({"changes", "--since", sync, "--format", "ndjson"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    return std::count(ended.out.begin(), ended.out.end(), '\n');
  };
  EXPECT_EQ(since("1"), mirror->number("SELECT count(*) FROM changes WHERE sync_id IS NULL"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(since("2"), 0);
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

}  // namespace
}  // namespace nexus_mirror::testing
