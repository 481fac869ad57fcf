// Archives of a server: what is unpacked, and what is refused as a whole.
#include "exports/unpack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "exports/entry_path.h"
#include "nexus_mirror/error.h"
#include "support/archives.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using testing::archive_of;
using testing::ArchiveEntry;
using testing::ArchiveForm;
using testing::zip_of;
using Type = ArchiveEntry::Type;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

unsigned mode_of(const fs::path& path) {
  struct stat found {};
  EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777U;
}

class UnpackTest : public ::testing::Test {
 protected:
  UnpackTest() { fs::create_directories(parent()); }

  fs::path parent() const { return folder_ / "server"; }
  fs::path target() const { return parent() / "coco"; }

  Unpacked unpacked(const std::string& archive, const UnpackLimits& limits = {}) {
    std::ofstream(folder_ / "archive", std::ios::binary) << archive;
    return unpack(folder_ / "archive", target(), {}, limits);
  }

  // Relative paths of everything below the temporary folder but the archive, with the files' bytes.
  std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.path().filename() == "archive") continue;
      found[fs::relative(entry.path(), folder_.path())] =
          entry.is_regular_file() ? bytes_of(entry.path()) : "/";
    }
    return found;
  }

  // Refused, and all is as it was; returns the reason.
  std::string refusal(const std::string& archive, const UnpackLimits& limits = {}) {
    const auto before = tree();
    try {
      unpacked(archive, limits);
      ADD_FAILURE() << "it was unpacked";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_response) << error.what();
      EXPECT_EQ(tree(), before) << error.what();
      return error.reason();
    }
    return {};
  }

  void expect_refused(const std::string& archive, const std::string& reason,
                      const UnpackLimits& limits = {}) {
    const std::string told = refusal(archive, limits);
    EXPECT_NE(told.find(reason), std::string::npos) << told;
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(UnpackTest, MakesFilesAndFoldersOfEachForm) {
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar, ArchiveForm::tar_gz}) {
    const Unpacked result = unpacked(archive_of(form, {{"labels", "", Type::folder, 0700},
                                                       {"labels/a.txt", "0 1 2\n"},
                                                       {"./b.json", "{}"},
                                                       {"deep/er/c", "", Type::file, 04777},
                                                       {"größe/日本.txt", "x"}}));
    EXPECT_EQ(result.files, 4);
    EXPECT_EQ(result.bytes, 9);
    EXPECT_EQ(tree(),
              (std::map<std::string, std::string>{{"server", "/"},
                                                  {"server/coco", "/"},
                                                  {"server/coco/b.json", "{}"},
                                                  {"server/coco/deep", "/"},
                                                  {"server/coco/deep/er", "/"},
                                                  {"server/coco/deep/er/c", ""},
                                                  {"server/coco/größe", "/"},
                                                  {"server/coco/größe/日本.txt", "x"},
                                                  {"server/coco/labels", "/"},
                                                  {"server/coco/labels/a.txt", "0 1 2\n"}}));
    EXPECT_EQ(mode_of(target()), 0755U);
    EXPECT_EQ(mode_of(target() / "labels"), 0755U);
    EXPECT_EQ(mode_of(target() / "deep/er/c"), 0644U);
    EXPECT_EQ(mode_of(target() / "labels/a.txt"), 0644U);
  }
}

TEST_F(UnpackTest, ReplacesTheOldFolderWhole) {
  unpacked(zip_of({{"old.txt", "1"}, {"both.txt", "1"}}));
  unpacked(zip_of({{"both.txt", "2"}, {"new.txt", "2"}}));
  EXPECT_EQ(tree(), (std::map<std::string, std::string>{{"server", "/"},
                                                        {"server/coco", "/"},
                                                        {"server/coco/both.txt", "2"},
                                                        {"server/coco/new.txt", "2"}}));
}

TEST_F(UnpackTest, ClearsWhatAKilledRunLeft) {
  fs::create_directories(parent() / ".coco.unpacking" / "half");
  std::ofstream(parent() / ".coco.unpacking" / "a.txt") << "half";
  unpacked(zip_of({{"a.txt", "whole"}}));
  EXPECT_EQ(tree(), (std::map<std::string, std::string>{
                        {"server", "/"}, {"server/coco", "/"}, {"server/coco/a.txt", "whole"}}));
}

TEST_F(UnpackTest, RefusesNamesThatLeadOutside) {
  unpacked(zip_of({{"kept.txt", "kept"}}));
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar}) {
    for (const char* name :
         {"../x", "a/../../x", "a/..", "..", "/tmp/x", "//x", "..\\x", "a\\..\\..\\x", "\\x",
          "C:\\x", "c:x", "../../../../../../../../tmp/x"}) {
      expect_refused(archive_of(form, {{"fine.txt", "1"}, {name, "2"}}), "an entry");
    }
  }
  EXPECT_FALSE(fs::exists(folder_ / "x"));
}

TEST_F(UnpackTest, KeepsABackslashThatIsPartOfAName) {
  unpacked(archive_of(ArchiveForm::tar, {{"a\\b.txt", "1"}}));
  EXPECT_EQ(bytes_of(target() / "a\\b.txt"), "1");
}

TEST_F(UnpackTest, RefusesLinks) {
  std::ofstream(folder_ / "secret") << "s";
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar}) {
    expect_refused(archive_of(form, {{"a", "../../secret", Type::symlink}}), "link");
    expect_refused(archive_of(form, {{"a", "/etc", Type::symlink}, {"a/passwd", "x"}}), "link");
    expect_refused(archive_of(form, {{"b", "1"}, {"a", "b", Type::symlink}}), "link");
  }
  expect_refused(archive_of(ArchiveForm::tar, {{"b", "1"}, {"a", "b", Type::hardlink}}), "link");
  expect_refused(archive_of(ArchiveForm::tar, {{"a", "../../secret", Type::hardlink}}), "link");
  EXPECT_EQ(bytes_of(folder_ / "secret"), "s");
}

TEST_F(UnpackTest, RefusesDevicesAndPipes) {
  for (const Type type : {Type::device, Type::pipe}) {
    expect_refused(archive_of(ArchiveForm::tar, {{"a.txt", "1"}, {"null", "", type}}),
                   "neither file nor folder");
  }
}

TEST_F(UnpackTest, RefusesNamesTwice) {
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar}) {
    expect_refused(archive_of(form, {{"a.txt", "1"}, {"a.txt", "2"}}), "same name");
    expect_refused(archive_of(form, {{"a.txt", "1"}, {"./a.txt", "2"}}), "same name");
    expect_refused(archive_of(form, {{"a", "1"}, {"a/b", "2"}}), "both a file's and a folder's");
    expect_refused(archive_of(form, {{"a/b", "1"}, {"a", "2"}}), "same name");
  }
}

TEST_F(UnpackTest, RefusesNamesThatNoFileShouldHave) {
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "d/";
  const std::vector<std::string> names = {"a\nb", "a\x1b[2J", std::string(256, 'a'),
                                          "a" + std::string(3000, '/') + "b", deep + "x"};
  for (const std::string& name : names) {
    const std::string told = refusal(archive_of(ArchiveForm::tar, {{name, "1"}}));
    EXPECT_NE(told.find("an entry's name"), std::string::npos) << told;
    EXPECT_EQ(told.find('\n'), std::string::npos);
    EXPECT_EQ(told.find('\x1b'), std::string::npos);
  }
}

TEST_F(UnpackTest, RefusesBombs) {
  const std::string zeros(8 << 20, '\0');
  UnpackLimits limits;
  limits.ratio_free = 1 << 20;
  const std::string bomb = zip_of({{"a", zeros}});
  ASSERT_LT(bomb.size(), zeros.size() / 200);
  expect_refused(bomb, "as a bomb does", limits);
  expect_refused(archive_of(ArchiveForm::tar_gz, {{"a", zeros}}), "as a bomb does", limits);
  // A hole takes no room in a tar, and would take it on no disk; a reader sees it all the same.
  expect_refused(archive_of(ArchiveForm::tar, {{"a", "1", Type::file, 0600, 1LL << 40}}),
                 "as a bomb does", limits);
  // Many files of which none is large.
  std::vector<ArchiveEntry> many;
  for (int i = 0; i < 64; ++i) many.push_back({std::to_string(i), std::string(128 << 10, '\0')});
  expect_refused(zip_of(many), "as a bomb does", limits);
  // Empty ones, packed so well that their number is the bomb.
  limits.ratio_free = 64 << 10;
  limits.ratio = 5;
  many.clear();
  for (int i = 0; i < 1000; ++i) many.push_back({std::to_string(i)});
  expect_refused(archive_of(ArchiveForm::tar_gz, many), "as a bomb does", limits);
}

TEST_F(UnpackTest, RefusesWhatBreaksALimit) {
  UnpackLimits limits;
  limits.entries = 3;
  const std::vector<ArchiveEntry> three = {{"a", "1"}, {"b", "2"}, {"c", "", Type::folder}};
  EXPECT_EQ(unpacked(zip_of(three), limits).files, 2);
  std::vector<ArchiveEntry> four = three;
  four.push_back({"d", "", Type::folder});
  expect_refused(zip_of(four), "more than 3 entries", limits);
  limits = {};
  limits.bytes = 10;
  EXPECT_EQ(unpacked(zip_of({{"a", "12345"}, {"b", "67890"}}), limits).bytes, 10);
  expect_refused(zip_of({{"a", "12345"}, {"b", "678901"}}), "more than 10 bytes", limits);
}

// A cut archive, at every length: either whole or refused, never a part of it.
TEST_F(UnpackTest, RefusesWhatWasCutShortAnywhere) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += std::to_string(i * i * 7919) + ",";
  for (const ArchiveForm form : {ArchiveForm::zip, ArchiveForm::tar_gz}) {
    const std::string whole = archive_of(form, {{"a.txt", text}, {"b.txt", text + "b"}});
    for (std::size_t size = 0; size < whole.size(); size += 37) refusal(whole.substr(0, size));
    refusal(whole.substr(0, whole.size() - 1));
    EXPECT_EQ(unpacked(whole).files, 2);
  }
  const std::string tar = archive_of(ArchiveForm::tar, {{"a.txt", text}, {"b.txt", text}});
  ASSERT_EQ(tar.size() % 512, 0U);
  for (std::size_t size = 0; size + 1024 < tar.size(); size += 512) refusal(tar.substr(0, size));
  EXPECT_EQ(unpacked(tar).files, 2);
}

TEST_F(UnpackTest, RefusesDamage) {
  std::string text;
  for (std::int64_t i = 0; i < 3000; ++i) text += std::to_string(i * i * 7919) + ",";
  std::string damaged = zip_of({{"a.txt", text}});
  for (std::size_t at = damaged.size() / 4; at < damaged.size() / 2; ++at) damaged[at] ^= 0x55;
  expect_refused(damaged, "damaged");
}

TEST_F(UnpackTest, SaysWhatIsNoArchive) {
  expect_refused("", "empty");
  expect_refused("\n <!DOCTYPE html><title>Sign in</title>", "web page");
  expect_refused("{\"message\":\"no\"}", "no whole zip or tar archive");
  expect_refused(zip_of({}), "");
  expect_refused(zip_of({{"only", "", Type::folder}}), "no file");
}

TEST_F(UnpackTest, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  std::ofstream(folder_ / "archive", std::ios::binary) << zip_of({{"a", "1"}});
  try {
    unpack(folder_ / "archive", target(), stop.get_token());
    ADD_FAILURE() << "it was unpacked";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  EXPECT_FALSE(fs::exists(target()));
  EXPECT_TRUE(fs::is_empty(parent()));
}

TEST_F(UnpackTest, TellsTroubleWithTheDiskApart) {
  std::ofstream(folder_ / "archive", std::ios::binary) << zip_of({{"a", "1"}});
  try {
    unpack(folder_ / "archive", folder_ / "missing" / "coco", {});
    ADD_FAILURE() << "it was unpacked";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::machine);
  }
}

TEST(EntryPathTest, FindsTheComponents) {
  EXPECT_EQ(entry_path("a//b/./c.txt").components, (std::vector<std::string>{"a", "b", "c.txt"}));
  EXPECT_EQ(entry_path("./").components, std::vector<std::string>());
  EXPECT_EQ(entry_path("./").reason, "");
  EXPECT_EQ(entry_path("..a/b..").reason, "");
  EXPECT_NE(entry_path("").reason, "");
}

}  // namespace
}  // namespace nexus_mirror::exports
