// CONTRACT.md 8, "Exports take them along": images that cannot be placed as they should, through
// the real programs.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "content/content_folder.h"
#include "support/exported_files.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// Ultralytics writes a JPEG that does not end in FF D9 anew, where it lies.
TEST_F(ExportedFiles, OfAJpegWithoutItsEndAreCopiesThatMayBeMended) {
  const auto mirror = keeper(lines("yolo") + lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  for (const bool known : {false, true}) {
    const std::string cut =
        give_content(*mirror, std::string("\xff\xd8\xff cut ") + (known ? "1" : "2"));
    execute(*mirror, "INSERT INTO jpeg_endings VALUES('" + cut + "', " + (known ? "1" : "NULL") +
                         "); INSERT INTO export_marks SELECT id, 'images' FROM projects");
    const Ended ended = mirror->run({"export"});
    ASSERT_EQ(ended.status, 0) << ended.err;
    const fs::path placed = annotations(*mirror) / "yolo/images/train" / first_of(*mirror);
    EXPECT_EQ(mode_of(placed), 0644U);
    EXPECT_NE(inode(placed), inode(content::content_path(mirror->folder() / "files", cut)));
    EXPECT_EQ(counts(*mirror, "yolo"), "99 98 1 0 ");
    EXPECT_EQ(mirror->value("SELECT cut FROM jpeg_endings"), "1") << "looked at once";
    std::ofstream(placed, std::ios::app) << "mended";
    const std::string mended = file_bytes(placed);
    ASSERT_EQ(mirror->run({"export", "--force"}).status, 0);
    EXPECT_EQ(file_bytes(placed), mended) << "stays as long as the content does";
    execute(*mirror, "DELETE FROM jpeg_endings");
  }
  give_content(*mirror, "\xff\xd8\xff whole \xff\xd9");
  execute(*mirror, "INSERT INTO export_marks SELECT id, 'images' FROM projects");
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_EQ(mode_of(annotations(*mirror) / "yolo/images/train" / first_of(*mirror)), 0444U);
}

// A link is the damaged file itself.
TEST_F(ExportedFiles, ThatWereDamagedArePlacedAgain) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path content = first_of(*mirror, "path");
  const std::string bytes = file_bytes(content);
  fs::permissions(content, fs::perms::owner_write, fs::perm_options::add);
  {
    std::fstream file(content, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put(static_cast<char>(bytes[100] ^ 1));
  }
  ASSERT_EQ(mirror->run({"files", "verify", "100"}).status, 1);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path placed = annotations(*mirror) / "yolo/images/train" / first_of(*mirror);
  EXPECT_EQ(file_bytes(placed), bytes);
  // Gone altogether it is missing in the export, too, until it comes again.
  ASSERT_EQ(::unlink(first_of(*mirror, "path").c_str()), 0);
  ASSERT_EQ(::unlink(placed.c_str()), 0);
  EXPECT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_EQ(counts(*mirror, "yolo"), "98 98 0 1 ");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(file_bytes(placed), bytes);
}

TEST_F(ExportedFiles, NeverFillADiskWithCopies) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  const std::string cut = give_content(*mirror, "\xff\xd8\xff cut");
  execute(*mirror, "INSERT INTO jpeg_endings VALUES('" + cut + "', 1)");
  mirror->configure(with(lines("yolo"), kKeypoints, "min_free = \"1000TiB\"\n"));
  for (int i = 0; i < 2; ++i) {
    const Ended full = mirror->run({i == 0 ? "export" : "sync"});
    EXPECT_EQ(full.status, 5) << full.err;
    EXPECT_NE(full.err.find("min_free"), std::string::npos) << full.err;
    EXPECT_TRUE(fs::exists(annotations(*mirror) / "yolo/data.yaml"));
    EXPECT_EQ(counts(*mirror, "yolo"), "98 98 0 1 ") << "links take no room";
  }
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(counts(*mirror, "yolo"), "99 98 1 0 ");
}

// Somebody's own picture goes where one of the mirror's takes its place, and for nothing less.
TEST_F(ExportedFiles, ThatDoNotComeTakeNothingAway) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  const std::string cut = give_content(*mirror, "\xff\xd8\xff cut");
  execute(*mirror, "INSERT INTO jpeg_endings VALUES('" + cut + "', 1)");
  const std::string name =
      mirror->value("SELECT filename FROM asset_files WHERE sha256 = '" + cut + "'");
  const fs::path own = annotations(*mirror) / "yolo/images/train" / name;
  fs::create_directories(own.parent_path());
  std::ofstream(own) << "mine";
  mirror->configure(with(lines("yolo"), kKeypoints, "min_free = \"1000TiB\"\n"));
  for (const char* command : {"export", "sync", "export"}) {
    EXPECT_EQ(mirror->run({command}).status, 5);
    EXPECT_EQ(file_bytes(own), "mine");
  }
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(file_bytes(own), "\xff\xd8\xff cut");
}

TEST_F(ExportedFiles, ThatSomethingIsInTheWayOfDoNotHoldUpTheOthers) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  const fs::path images = annotations(*mirror) / "yolo/images/train";
  const fs::path elsewhere = mirror->folder() / "elsewhere";
  const std::string name = mirror->value("SELECT filename FROM assets ORDER BY filename LIMIT 1");
  fs::create_directories(images / name);
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(name), std::string::npos) << ended.err;
  EXPECT_EQ(counts(*mirror, "yolo"), "98 98 0 1 ");
  EXPECT_TRUE(fs::is_directory(images / name));
  fs::remove_all(images / name);
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, images);
  // A folder that is a link of somebody's leads to theirs.
  ASSERT_EQ(mirror->run({"files", "gc"}).status, 0);
  fs::rename(annotations(*mirror) / "yolo/images", elsewhere);
  fs::create_directory_symlink(elsewhere, annotations(*mirror) / "yolo/images");
  const auto theirs = files_below(elsewhere);
  // Not only where all is placed anew.
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"export", "--force"}, {"export"}}) {
    EXPECT_EQ(mirror->run(command).status, 1);
    EXPECT_TRUE(files_below(elsewhere) == theirs);
  }
}

// Whatever two of them were called before: a name that is free in the end takes one sync.
TEST_F(ExportedFiles, AreCalledOtherwiseInOneSync) {
  const auto mirror = keeper(lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "keypoints_coco/images";
  const auto assets = mirror->rows("SELECT asset_id, filename FROM asset_files ORDER BY 2 LIMIT 2");
  const auto call = [&](std::size_t which, const std::string& name) {
    const std::string id = assets[which].substr(0, assets[which].find('|'));
    const std::string before = assets[which].substr(id.size() + 1);
    put("assets", id, replaced(corpus_line("assets", id), "\"" + before, "\"" + name));
  };
  struct Names {
    std::string one, other;  // of the two assets
    std::string clean = {};  // of the first in its folder, if it is another
  };
  for (const Names& names : {Names{"scan", "x.jpg"},
                             {"scan/0001.jpg", "x.jpg"},
                             {"scan", "x.jpg"},
                             {"scan", "b/deep/1.jpg"},
                             {"scan/1", "b"},
                             {"b", "scan/1"},
                             {"x.jpg", "y.jpg"},
                             {"y.jpg", "x.jpg"},
                             {"scan", "scan/1.jpg", "scan_"}}) {
    SCOPED_TRACE(names.one + ", " + names.other);
    call(0, names.one);
    call(1, names.other);
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(pictures(images).size(), 99U);
    EXPECT_TRUE(fs::is_regular_file(images / names.other));
    EXPECT_EQ(fs::is_regular_file(images / names.one), names.clean.empty());
    EXPECT_EQ(mirror->number("SELECT count(*) FROM placed_files p JOIN files f USING(entity_id, "
                             "sha256) WHERE p.placed_as > 0"),
              99);
    EXPECT_EQ(mirror->value("SELECT count(*) FROM placed_files WHERE entity_id = ''"), "0");
  }
  // What somebody put into a folder of ours stays, and is in the way.
  std::ofstream(images / "scan/mine.jpg") << "mine";
  call(0, "scan");
  call(1, "x.jpg");
  EXPECT_EQ(mirror->sync().status, 1);
  EXPECT_EQ(file_bytes(images / "scan/mine.jpg"), "mine");
  fs::remove_all(images / "scan");
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(fs::is_regular_file(images / "scan"));
}

// The mirror is lost, its folders are not; meanwhile assets went and others were renamed. What lies
// there and is no picture that was placed is somebody's.
TEST_F(ExportedFiles, OfALostMirrorGoAsItsAnnotationsDo) {
  const std::string files = "images = [\"*\"]\nmodels = [\"*\"]\n";
  const auto mirror = keeper(lines("keypoints_coco") + lines("yolo"), kKeypoints, files);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "keypoints_coco/images";
  const auto assets = mirror->rows("SELECT asset_id, filename FROM asset_files ORDER BY 2 LIMIT 2");
  const auto id_in = [](const std::string& row) { return row.substr(0, row.find('|')); };
  const std::string gone = assets[0].substr(id_in(assets[0]).size() + 1);
  const std::string old_name = assets[1].substr(id_in(assets[1]).size() + 1);
  std::ofstream(images / "mine.jpg") << "mine";
  std::ofstream(images / "read_only.jpg") << "mine, too";
  fs::permissions(images / "read_only.jpg", fs::perms(0444));
  fs::copy_file(images / gone, images / "copy.jpg");
  fs::permissions(images / "copy.jpg", fs::perms(0644));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove(mirror->database().string() + suffix);
  }
  mirror->forget_feed();
  const std::string line = corpus_line("assets", id_in(assets[1]));
  put("assets", id_in(assets[1]), replaced(line, "\"" + old_name, "\"renamed " + old_name));
  remove("assets", id_in(assets[0]));
  mirror->configure(with(lines("keypoints_coco"), kKeypoints, files));
  const Ended ended = mirror->sync({"--adopt"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_FALSE(fs::exists(images / gone));
  EXPECT_FALSE(fs::exists(images / old_name));
  EXPECT_TRUE(fs::exists(images / ("renamed " + old_name)));
  for (const char* mine : {"mine.jpg", "read_only.jpg", "copy.jpg"}) {
    EXPECT_TRUE(fs::exists(images / mine)) << mine;
  }
  EXPECT_EQ(pictures(images).size(), 98U + 3U);
  EXPECT_FALSE(fs::exists(annotations(*mirror) / "yolo/images"));
}

TEST_F(ExportedFiles, GoOnWithoutAFolderThatIsNotMounted) {
  const fs::path dir = in_build("not_mounted");
  fs::remove_all(dir);
  const std::string line = "dir = \"" + dir.string() + "\"\n";
  const auto mirror = keeper(lines("yolo"), kKeypoints, line);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(annotations(*mirror));
  fs::rename(dir, dir.string() + ".away");
  fs::remove(annotations(*mirror) / "yolo/images/train" / first_of(*mirror));
  const Ended ended = mirror->run({"export"});
  EXPECT_EQ(ended.status, 5) << ended.err;
  EXPECT_NE(ended.err.find("mount"), std::string::npos) << ended.err;
  EXPECT_EQ(files_below(annotations(*mirror)).size(), before.size() - 1);
  fs::remove_all(dir);
  fs::rename(dir.string() + ".away", dir);
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, annotations(*mirror) / "yolo/images/train");
  fs::remove_all(dir);
}

}  // namespace
}  // namespace nexus_mirror::testing
