// What the daemon and a one-shot sync do about exports: stops, signs of life, hooks.
#include <gtest/gtest.h>

#include <fstream>

#include "exports/exports.h"
#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManyFiles = "[[export]]\nformats = [\"ndjson\", \"coco\", \"yolo\"]\n";

class DaemonExportsTest : public ExportsTest {
 protected:
  static exports::ExportReport run(const Mirror& mirror, exports::ExportRequest request,
                                   const std::stop_token& stop = {}) {
    Config config;
    config.mirror.database = mirror.database();
    config.mirror.export_dir = mirror.folder() / "exports";
    store::Store store(config.mirror, store::Access::write);
    request.everything = true;
    exports::ExportReport report;
    exports::run_exports(config, store, Env::system(), request, stop, report);
    return report;
  }

  // Returns when files of `project` are being made; fails when all were before anybody looked.
  static void wait_for_staging(const Mirror& mirror, const std::string& project,
                               MirrorProcess& process) {
    while (!fs::exists(folder_of(mirror, project) / ".staging")) {
      ASSERT_TRUE(process.running());
      ASSERT_EQ(process.err_so_far().find("files written"), std::string::npos);
    }
  }
};

TEST_F(DaemonExportsTest, EveryFormatTellsOfItsProgressAndStops) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  for (const char* format : {"ndjson", "coco", "yolo"}) {
    exports::ExportRequest request;
    request.project_ids = {kBloodCells};
    request.formats = {format};
    int told = 0;
    std::stop_source stop;
    request.progress = [&] {
      if (++told == 20) stop.request_stop();
    };
    try {
      run(*mirror, request, stop.get_token());
      ADD_FAILURE() << format << " went on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted) << error.what();
      EXPECT_NE(std::string(error.what()).find(kBloodCells), std::string::npos) << error.what();
    }
    EXPECT_LE(told, 21) << format << " went on";
    EXPECT_FALSE(fs::exists(folder_of(*mirror, kBloodCells) / ".staging")) << format;
    EXPECT_FALSE(fs::exists(folder_of(*mirror, kBloodCells) / "manifest.json")) << format;
  }
}

// Also in the middle of putting files in place.
TEST_F(DaemonExportsTest, WhereverOneIsStoppedTheNextPutsItRight) {
  const auto whole = exporting(kManyFiles, kBloodCells), cut = exporting(kManyFiles, kBloodCells);
  ASSERT_EQ(whole->sync().status, 0);
  ASSERT_EQ(cut->sync({"--no-export"}).status, 0);
  const auto wanted = files_below(folder_of(*whole, kBloodCells) / "annotations");
  int stops = 0;
  for (int from = 1; from < 1000000; from *= 2, ++stops) {
    exports::ExportRequest request;
    request.project_ids = {kBloodCells};
    request.formats = {"ndjson", "coco", "yolo"};
    std::stop_source stop;
    int told = 0;
    request.progress = [&] {
      if (++told == from) stop.request_stop();
    };
    try {
      run(*cut, request, stop.get_token());
      break;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::interrupted) << error.what();
    }
  }
  EXPECT_GT(stops, 5);
  expect_consistent(*cut, kBloodCells);
  const auto made = files_below(folder_of(*cut, kBloodCells) / "annotations");
  ASSERT_EQ(made.size(), wanted.size());
  for (const auto& [path, state] : wanted) EXPECT_EQ(made.at(path).bytes, state.bytes) << path;
}

TEST_F(DaemonExportsTest, AStopWhileExportingIsAnInterruptedSyncAndTheNextTellsTheHookOfAllFiles) {
  const auto mirror = exporting(kManyFiles);
  const fs::path script = mirror->folder() / "hook.sh";
  std::ofstream(script) << "#!/bin/sh\nmkdir -p '" << mirror->folder().string() << "/told'\ncat > '"
                        << mirror->folder().string() << "/told/'$NEXUS_MIRROR_PROJECT_ID\n";
  fs::permissions(script, fs::perms::owner_all);
  MirrorSettings wanted = settings();
  wanted.tables = kManyFiles + ("[hooks]\non_change = [\"" + script.string() + "\"]\n");
  mirror->configure(wanted);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  fs::remove_all(mirror->folder() / "told");
  const std::vector<std::string> projects = mirror->rows("SELECT id FROM projects ORDER BY name");

  // Its exports begin when those of projects before it are done, and take the longest.
  const std::string largest = mirror->value(
      "SELECT project_id FROM assets GROUP BY 1 ORDER BY count(*) DESC, "
      "(SELECT count(*) FROM annotations a WHERE a.project_id = assets.project_id) DESC LIMIT 1");
  ASSERT_NE(largest, projects.at(0));
  const auto daemon = mirror->start({"daemon"});
  wait_for_staging(*mirror, largest, *daemon);
  daemon->terminate();
  const Ended ended = daemon->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs ORDER BY id DESC LIMIT 1"), "interrupted");
  EXPECT_FALSE(fs::exists(mirror->folder() / "told")) << "a sync cut short runs no hook";
  EXPECT_NE(mirror->value("SELECT count(*) FROM exports"), "0");

  const Ended next = mirror->sync();
  ASSERT_EQ(next.status, 0) << next.err;
  for (const std::string& project : projects) {
    expect_consistent(*mirror, project);
    const auto told = read_json(mirror->folder() / "told" / project);
    std::set<std::string> files;
    for (const auto& file : told["files"].GetArray()) {
      EXPECT_TRUE(files.insert(file.GetString()).second) << file.GetString();
    }
    for (const std::string& path :
         mirror->rows("SELECT path FROM exports WHERE project_id = '" + project + "'")) {
      EXPECT_TRUE(files.contains((mirror->folder() / "exports" / path).string())) << path;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
