// One mirror, one export directory.
#include <sys/stat.h>

#include <fstream>

#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class ExportsOwner : public ExportsTest {
 protected:
  static fs::path directory(const Mirror& mirror) { return mirror.folder() / "exports"; }
  static fs::path owner_file(const Mirror& mirror) { return directory(mirror) / ".nexus-mirror"; }
  static std::string id(const Mirror& mirror) {
    return mirror.value("SELECT mirror_id FROM identity");
  }
  static void share(const Mirror& owner, const Mirror& other) {
    fs::create_directory_symlink(directory(owner), directory(other));
  }
};

TEST_F(ExportsOwner, ASecondMirrorRefusesBeforeItDoesAnything) {
  const auto first = exporting("", kBloodCells), second = exporting("", kBloodCells);
  ASSERT_EQ(first->sync().status, 0);
  EXPECT_EQ(file_bytes(owner_file(*first)), id(*first) + "\n");
  EXPECT_EQ(fs::status(owner_file(*first)).permissions(), fs::perms(0644));
  share(*first, *second);
  const auto before = files_below(directory(*first));
  forget_requests();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"sync"},
        {"sync", "--dry-run"},
        {"export"},
        {"daemon"},
        {"links", "--refresh"},
        {"export", "--server", "coco", "--project", kBloodCells}}) {
    const Ended ended = second->run(command);
    EXPECT_EQ(ended.status, 2) << command.front() << ended.err;
    EXPECT_NE(ended.err.find(directory(*second).string()), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find(id(*first)), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("sync --adopt"), std::string::npos) << ended.err;
  }
  EXPECT_TRUE(requests().empty());
  EXPECT_FALSE(fs::exists(second->database()));
  ASSERT_EQ(second->sync({"--no-export"}).status, 0);
  for (const char* command : {"sync", "export"}) EXPECT_EQ(second->run({command}).status, 2);
  EXPECT_TRUE(files_below(directory(*first)) == before);
  EXPECT_EQ(first->sync().status, 0);
}

TEST_F(ExportsOwner, AdoptingPutsRightWhatTheOtherWrote) {
  const auto first = exporting("[[export]]\nformats = [\"coco\", \"createml\"]\n", kBloodCells);
  const auto second = exporting("[[export]]\nformats = [\"coco\", \"yolo\"]\n", kBloodCells);
  ASSERT_EQ(first->sync().status, 0);
  share(*first, *second);
  Ended ended = second->sync({"--adopt"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(file_bytes(owner_file(*first)), id(*second) + "\n");
  expect_consistent(*second, kBloodCells);
  EXPECT_FALSE(fs::exists(folder_of(*second, kBloodCells) / "annotations/createml"));
  EXPECT_EQ(first->sync().status, 2);
  // The first takes it back, and knows only what it wrote itself.
  const fs::path coco = folder_of(*first, kBloodCells) / "annotations/coco/annotations.json";
  const std::string right = file_bytes(coco);
  std::ofstream(coco) << "what the second wrote";
  ended = first->sync({"--adopt"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(file_bytes(coco), right);
  expect_consistent(*first, kBloodCells);
  EXPECT_FALSE(fs::exists(folder_of(*first, kBloodCells) / "annotations/yolo"));
  EXPECT_EQ(second->sync().status, 2);
}

// A FIFO has nobody at its other end: to open it as a file is opened would wait for ever.
TEST_F(ExportsOwner, WhatIsNoFileIsSaidAndNotWaitedFor) {
  const auto mirror = exporting("", kKeypoints);
  fs::create_directories(directory(*mirror));
  ASSERT_EQ(::mkfifo(owner_file(*mirror).c_str(), 0644), 0);
  for (const char* command : {"sync", "export"}) {
    const Ended ended = mirror->run({command});
    EXPECT_EQ(ended.status, 5) << ended.err;
    EXPECT_NE(ended.err.find(".nexus-mirror: it is no file; remove it"), std::string::npos)
        << ended.err;
  }
  fs::remove(owner_file(*mirror));
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(directory(*mirror));
  for (const auto& [path, state] : before) {
    const fs::path file = directory(*mirror) / path;
    if (!path.ends_with(".json") || fs::is_symlink(file)) continue;
    SCOPED_TRACE(path);
    fs::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0644), 0);
    const Ended ended = mirror->run({"export", "--force"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_TRUE(fs::is_regular_file(file));
  }
}

TEST_F(ExportsOwner, OfALostMirrorIsTakenOverByTheOneThatIsLoadedAnew) {
  const auto mirror = exporting("[[export]]\nformats = [\"coco\"]\n", kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  for (const char* part : {"", "-wal", "-shm"}) fs::remove(mirror->database().string() + part);
  Ended ended = mirror->run({"sync"});
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("there is no mirror at " + mirror->database().string()),
            std::string::npos)
      << ended.err;
  EXPECT_NE(ended.err.find("sync --adopt"), std::string::npos) << ended.err;
  fs::create_directory(mirror->database());
  EXPECT_EQ(mirror->run({"sync"}).status, 5) << "what is in the way is what is wrong";
  fs::remove(mirror->database());
  mirror->forget_feed();
  EXPECT_EQ(mirror->sync({"--adopt"}).status, 0);
}

TEST_F(ExportsOwner, AFileThatHoldsNoIdIsNoOtherMirrors) {
  const auto mirror = exporting("", kKeypoints);
  fs::create_directories(directory(*mirror));
  std::ofstream(owner_file(*mirror)) << "a note of mine\n";
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("holds no mirror's id"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("another mirror"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror->sync({"--adopt"}).status, 0);
  EXPECT_EQ(file_bytes(owner_file(*mirror)), id(*mirror) + "\n");
}

TEST_F(ExportsOwner, ADirectoryOfNobodyIsTaken) {
  const auto mirror = exporting("", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  for (const char* left : {"", "cut sho"}) {
    // None, as the program before mirrors had ids left it, or one that a kill cut short.
    fs::remove(owner_file(*mirror));
    if (*left != '\0') std::ofstream(owner_file(*mirror)) << left;
    const auto before = files_below(directory(*mirror));
    ASSERT_EQ(mirror->sync({"--dry-run"}).status, 0);
    EXPECT_TRUE(files_below(directory(*mirror)) == before);
    ASSERT_EQ(mirror->sync().status, 0);
    EXPECT_EQ(file_bytes(owner_file(*mirror)), id(*mirror) + "\n");
    expect_consistent(*mirror, kBloodCells);
  }
  const auto before = files_below(directory(*mirror));
  ASSERT_EQ(mirror->sync({"--adopt"}).status, 0);
  EXPECT_TRUE(files_below(directory(*mirror)) == before) << "it is its own";
}

TEST_F(ExportsOwner, OfTwoThatStartAtOnceOneWins) {
  const auto first = exporting("", kBloodCells), second = exporting("", kBloodCells);
  fs::create_directory(directory(*first));
  share(*first, *second);
  const auto one = first->start({"sync"}), other = second->start({"sync"});
  const Ended a = one->wait(), b = other->wait();
  EXPECT_EQ(std::min(a.status, b.status), 0) << a.err << b.err;
  EXPECT_EQ(std::max(a.status, b.status), 2) << a.err << b.err;
  const Mirror& winner = a.status == 0 ? *first : *second;
  EXPECT_EQ(file_bytes(owner_file(winner)), id(winner) + "\n");
  expect_consistent(winner, kBloodCells);
}

TEST_F(ExportsOwner, AMarkerThatIsALinkIsNotFollowed) {
  const auto mirror = exporting("", kBloodCells);
  fs::create_directory(directory(*mirror));
  std::ofstream(mirror->folder() / "precious") << "";
  fs::create_symlink(mirror->folder() / "precious", owner_file(*mirror));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(owner_file(*mirror).string()), std::string::npos) << ended.err;
  EXPECT_EQ(file_bytes(mirror->folder() / "precious"), "");
}

}  // namespace
}  // namespace nexus_mirror::testing
