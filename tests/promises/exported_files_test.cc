// CONTRACT.md 8, "Exports take them along": images and models in export folders, through the real
// programs. Each test says in its name which promise it holds.
#include <SQLiteCpp/Database.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "content/content_folder.h"
#include "support/exports_test.h"
#include "support/places.h"
#include "text/digest.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScenes = "proj_f2b49a01b8b6f17b0706a3030003713b";

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
  static fs::path annotations(const Mirror& mirror, const std::string& project = kKeypoints) {
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
  static std::map<std::string, std::string> pictures(const fs::path& folder) {
    std::map<std::string, std::string> found;
    if (!fs::exists(folder)) return found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      EXPECT_FALSE(entry.is_symlink()) << entry.path();
      if (!entry.is_regular_file()) continue;
      found[fs::relative(entry.path(), folder).string()] = text::sha256(file_bytes(entry.path()));
    }
    return found;
  }
  // Every asset's picture lies in `folder` under `prefix` and its filename, and nothing else does.
  static void expect_all(const Mirror& mirror, const fs::path& folder) {
    const auto found = pictures(folder);
    std::map<std::string, std::string> wanted;
    for (const std::string& row : mirror.rows("SELECT filename, sha256 FROM asset_files")) {
      wanted[row.substr(0, row.find('|'))] = row.substr(row.find('|') + 1);
    }
    EXPECT_FALSE(wanted.empty());
    EXPECT_TRUE(found == wanted) << folder << ": " << found.size() << " of " << wanted.size();
  }
  static std::int64_t inode(const fs::path& file) {
    struct stat status {};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return static_cast<std::int64_t>(status.st_ino);
  }
  static unsigned mode_of(const fs::path& file) {
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
    const std::string sha256 = text::sha256(bytes), id = first_of(mirror, "asset_id");
    const fs::path file = content::content_path(mirror.folder() / "files", sha256);
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    fs::permissions(file, fs::perms(0444));
    execute(mirror, "UPDATE files SET sha256 = '" + sha256 + "', bytes = " +
                        std::to_string(bytes.size()) + " WHERE entity_id = '" + id + "'");
    return sha256;
  }
};

TEST_F(ExportedFiles, LieWhereTheAnnotationFilesSayInEveryFormat) {
  const auto mirror = keeper(
      "[[export]]\nformats = [\"coco\", \"createml\", \"csv_fourcorner\", \"csv_widthheight\", "
      "\"pascal_voc\", \"yolo_darknet\", \"yolo_keras_pytorch\", \"yolo\", \"ndjson\"]\n",
      kBloodCells);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror, kBloodCells);
  for (const char* places :
       {"coco/images", "createml/images", "yolo_keras_pytorch/images", "pascal_voc/JPEGImages",
        "yolo_darknet/JPEGImages", "yolo/images/train"}) {
    expect_all(*mirror, folder / places);
  }
  EXPECT_EQ(counts(*mirror, "ndjson", kBloodCells), "none");
  // A list leads to each from where it stands.
  for (const char* list : {"yolo/train.txt", "yolo_darknet/train.txt"}) {
    std::istringstream text(file_bytes(folder / list));
    int found = 0;
    for (std::string line; std::getline(text, line); ++found) {
      EXPECT_TRUE(fs::exists((folder / list).parent_path() / line)) << line;
    }
    EXPECT_EQ(found, 364);
  }
  const rapidjson::Document coco = read_json(folder / "coco/annotations.json");
  for (const auto& image : coco["images"].GetArray()) {
    EXPECT_TRUE(fs::exists(folder / "coco/images" / image["file_name"].GetString()));
  }
  for (const char* format : {"coco", "pascal_voc", "yolo"}) {
    EXPECT_EQ(counts(*mirror, format, kBloodCells).substr(0, 4), "364 ") << format;
  }
  // Only those that have a row.
  const rapidjson::Document json = manifest(*mirror, kBloodCells);
  EXPECT_EQ(static_cast<std::int64_t>(pictures(folder / "csv_fourcorner/images").size()),
            entry_of(json, "csv_fourcorner")["images"].GetInt64());
}

TEST_F(ExportedFiles, AreLinksThatNobodyWritesTo) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path content = first_of(*mirror, "path");
  const fs::path placed = annotations(*mirror) / "yolo/images/train" / first_of(*mirror);
  EXPECT_EQ(mode_of(placed), 0444U);
  const bool reflinks = mirror->number("SELECT count(*) FROM placed_files WHERE placed_as = 1") > 0;
  EXPECT_EQ(inode(placed) == inode(content), !reflinks);
  EXPECT_EQ(counts(*mirror, "yolo"), "99 99 0 0 ");
  EXPECT_EQ(entry_of(manifest(*mirror), "yolo")["image_files"]["bytes"].GetInt64(),
            mirror->number("SELECT sum(bytes) FROM asset_files"));
}

TEST_F(ExportedFiles, AreNotTouchedWhereTheyAreTheSame) {
  const auto mirror = keeper(lines("yolo") + "split_ratio = 0.3\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(annotations(*mirror));
  EXPECT_GT(pictures(annotations(*mirror) / "yolo/images/val").size(), 10U);
  // Whoever opened one would not find it.
  fs::rename(mirror->folder() / "files/sha256", mirror->folder() / "files/elsewhere");
  ASSERT_EQ(mirror->sync().status, 0);
  const Ended all = mirror->run({"export"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(all.out, "");
  EXPECT_TRUE(files_below(annotations(*mirror)) == before);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(ExportedFiles, AreThereAgainWhereSomebodyRemovedThem) {
  const auto mirror = keeper(lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "keypoints_coco/images";
  fs::remove(images / first_of(*mirror));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, images);
  fs::remove_all(images);
  const Ended ended = mirror->run({"export"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all(*mirror, images);
}

TEST_F(ExportedFiles, ComeLaterWithoutAnAnnotationFileBeingWritten) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  const fs::path folder = annotations(*mirror) / "yolo";
  EXPECT_FALSE(fs::exists(folder / "images"));
  EXPECT_EQ(counts(*mirror, "yolo"), "0 0 0 99 ");
  const auto before = files_below(folder);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all(*mirror, folder / "images/train");
  for (const auto& [path, state] : before) {
    EXPECT_TRUE(files_below(folder).at(path) == state) << path;
  }
  EXPECT_EQ(counts(*mirror, "yolo"), "99 99 0 0 ");
  // One of them: all others stay as they are.
  const auto all = files_below(folder);
  const std::string name = first_of(*mirror);
  execute(*mirror, "UPDATE files SET status = 'missing' WHERE entity_id = '" +
                       first_of(*mirror, "asset_id") +
                       "'; INSERT INTO export_marks SELECT id, 'images' FROM projects");
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  auto left = files_below(folder);
  EXPECT_EQ(left.size(), all.size() - 1);
  for (const auto& [path, state] : left) EXPECT_TRUE(state == all.at(path)) << path;
  EXPECT_EQ(counts(*mirror, "yolo"), "98 98 0 1 ");
}

TEST_F(ExportedFiles, GoWithTheirAssetsAndNothingOfOthersDoes) {
  const auto mirror = keeper(lines("yolo") + lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "yolo/images/train";
  std::ofstream(images / "mine.jpg") << "mine";
  const std::string id = first_of(*mirror, "asset_id"), name = first_of(*mirror);
  const std::string line = corpus_line("assets", id);
  put("assets", id, replaced(line, "\"filename\":\"" + name, "\"filename\":\"other " + name));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images / name));
  EXPECT_TRUE(fs::exists(images / ("other " + name)));
  remove("assets", id);
  ASSERT_EQ(mirror->sync({"--allow-mass-delete"}).status, 0);
  EXPECT_FALSE(fs::exists(images / ("other " + name)));
  EXPECT_EQ(pictures(images).size(), 99U) << "98 and that of somebody";
  EXPECT_EQ(file_bytes(images / "mine.jpg"), "mine");
  EXPECT_EQ(pictures(annotations(*mirror) / "keypoints_coco/images").size(), 98U);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM placed_files"), "196");
}

TEST_F(ExportedFiles, MoveWithTheSplitAndFollowTheFilters) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  mirror->configure(with(lines("yolo") + "split_ratio = 0.5\n"));
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror) / "yolo";
  std::size_t all = 0;
  for (const char* set : {"train", "val"}) {
    std::istringstream list(file_bytes(folder / (std::string(set) + ".txt")));
    std::size_t listed = 0;
    for (std::string line; std::getline(list, line); ++listed) {
      EXPECT_TRUE(fs::exists(folder / line)) << line;
    }
    EXPECT_EQ(pictures(folder / "images" / set).size(), listed);
    all += listed;
  }
  EXPECT_EQ(all, 99U);
  mirror->configure(with(lines("yolo") + "statuses = [\"Review\"]\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(std::to_string(pictures(folder / "images").size()),
            mirror->value("SELECT count(*) FROM assets WHERE status = 'Review'"));
  EXPECT_FALSE(fs::exists(folder / "images/val"));
}

TEST_F(ExportedFiles, AreNotThereWhereTheSettingsSaySo) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "yolo/images";
  mirror->configure(with(lines("yolo") + "images = false\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images));
  EXPECT_EQ(counts(*mirror, "yolo"), "none");
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  expect_all(*mirror, images / "train");
  // Of a project that is taken out nothing is kept, and of a format that is taken out, neither.
  mirror->configure(with(lines("yolo"), kKeypoints, "images = []\n"));
  const auto labels = files_below(annotations(*mirror) / "yolo/labels");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images));
  EXPECT_TRUE(files_below(annotations(*mirror) / "yolo/labels") == labels);
  EXPECT_EQ(counts(*mirror, "yolo"), "0 0 0 99 ");
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, images / "train");
  mirror->configure(with(lines("keypoints_coco")));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(annotations(*mirror) / "yolo"));
  EXPECT_EQ(mirror->value("SELECT count(*) FROM placed_files WHERE format = 'yolo'"), "0");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

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

TEST_F(ExportedFiles, OfOneFormatAloneLeaveTheOthersDue) {
  const auto mirror = keeper(lines("yolo") + lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  ASSERT_EQ(mirror->run({"export", "--format", "yolo"}).status, 0);
  expect_all(*mirror, annotations(*mirror) / "yolo/images/train");
  EXPECT_FALSE(fs::exists(annotations(*mirror) / "keypoints_coco/images"));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, annotations(*mirror) / "keypoints_coco/images");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(ExportedFiles, OfVideosAreMissing) {
  serve({}, in_source("tests/corpus-odd"));
  constexpr const char* kVideos = "proj_0cab1c9617404faf2b24e221e189ca59";
  const Mirror mirror(with(lines("coco") + lines("tfrecord"), kVideos));
  const Ended ended = mirror.sync();
  ASSERT_LE(ended.status, 1) << ended.err;
  const std::string here = mirror.value(
      "SELECT count(*) FROM asset_files f JOIN assets a ON a.id = f.asset_id WHERE "
      "f.status = 'ok' AND a.mime_type LIKE 'image/%'");
  const fs::path images = annotations(mirror, kVideos) / "coco/images";
  EXPECT_EQ(std::to_string(pictures(images).size()), here);
  for (const auto& [path, sha256] : pictures(images)) {
    EXPECT_NE(mirror.value("SELECT count(*) FROM asset_files f JOIN assets a ON a.id = f.asset_id "
                           "WHERE a.mime_type LIKE 'image/%' AND f.sha256 = '" +
                           sha256 + "'"),
              "0")
        << path;
  }
  const rapidjson::Document json = manifest(mirror, kVideos);
  for (const char* format : {"coco", "tfrecord"}) {
    const rapidjson::Value& entry = entry_of(json, format);
    EXPECT_GT(entry["image_files"]["missing"].GetInt64(), 0) << format;
    EXPECT_EQ(entry["image_files"]["missing"].GetInt64() + std::stoll(here),
              entry["images"].GetInt64())
        << format;
  }
}

TEST_F(ExportedFiles, OfClassesAreFolders) {
  const auto mirror = keeper(lines("image_folder") + "split_ratio = 0.2\n", kScenes);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror, kScenes) / "image_folder";
  std::map<std::string, std::set<std::string>> classes;
  for (const std::string& row :
       mirror->rows("SELECT f.sha256, n.tag FROM annotations n JOIN asset_files f ON f.asset_id = "
                    "n.asset_id WHERE n.bound_type = 'Classification'")) {
    classes[row.substr(0, row.find('|'))].insert(row.substr(row.find('|') + 1));
  }
  std::size_t placed = 0;
  for (const char* set : {"train", "val"}) {
    for (const auto& [path, sha256] : pictures(folder / set)) {
      ++placed;
      EXPECT_EQ(classes[sha256], std::set<std::string>{path.substr(0, path.find('/'))}) << path;
    }
    EXPECT_FALSE(pictures(folder / set).empty());
  }
  const rapidjson::Document json = manifest(*mirror, kScenes);
  const rapidjson::Value& entry = entry_of(json, "image_folder");
  EXPECT_EQ(entry["images"].GetInt64(), static_cast<std::int64_t>(placed));
  EXPECT_EQ(entry["image_files"]["placed"].GetInt64(), static_cast<std::int64_t>(placed));
  std::int64_t left_out = 0;
  for (const auto& reason : entry["images_left_out"].GetArray()) {
    left_out += reason["count"].GetInt64();
  }
  EXPECT_EQ(left_out + entry["images"].GetInt64(), 364);
}

TEST_F(ExportedFiles, AreInsideTfrecords) {
  const auto mirror = keeper(lines("classification_tfrecord"), kScenes);
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  const fs::path file =
      annotations(*mirror, kScenes) / "classification_tfrecord/annotations.tfrecord";
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "0 0 0 364 ");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "364 0 364 0 ");
  const std::string records = file_bytes(file);
  for (const std::string& row : mirror->rows("SELECT path, sha256 FROM asset_files LIMIT 20")) {
    const std::size_t bar = row.find('|');
    EXPECT_NE(records.find(file_bytes(row.substr(0, bar))), std::string::npos);
    EXPECT_NE(records.find(row.substr(bar + 1)), std::string::npos);
  }
  const auto before = files_below(file.parent_path());
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(file.parent_path()) == before);
  mirror->configure(with(lines("classification_tfrecord") + "images = false\n", kScenes));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_LT(fs::file_size(file), 1U << 20);
}

// A record without the images that it had would be believed.
TEST_F(ExportedFiles, InsideTfrecordsStayWhileTheyCannotBeHadOrHaveNoRoom) {
  const fs::path dir = in_build("not_mounted_for_records");
  fs::remove_all(dir);
  const std::string format = lines("classification_tfrecord");
  const std::string line = "dir = \"" + dir.string() + "\"\n";
  const auto mirror = keeper(format, kScenes, line);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = annotations(*mirror, kScenes) / "classification_tfrecord";
  const auto before = files_below(folder);
  fs::rename(dir, dir.string() + ".away");
  const Ended away = mirror->run({"export", "--force"});
  EXPECT_EQ(away.status, 5) << away.err;
  EXPECT_NE(away.err.find("mount"), std::string::npos) << away.err;
  EXPECT_TRUE(files_below(folder) == before);
  fs::remove_all(dir);
  fs::rename(dir.string() + ".away", dir);
  mirror->configure(with(format, kScenes, line + "min_free = \"1000TiB\"\n"));
  const Ended full = mirror->run({"export", "--force"});
  EXPECT_EQ(full.status, 5) << full.err;
  EXPECT_NE(full.err.find("min_free"), std::string::npos) << full.err;
  EXPECT_TRUE(files_below(folder) == before);
  mirror->configure(with(format, kScenes, line));
  ASSERT_EQ(mirror->run({"export", "--force"}).status, 0);
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "364 0 364 0 ");
  fs::remove_all(dir);
}

TEST_F(ExportedFiles, OfModelsLieBesideTheirLinks) {
  const auto mirror = keeper(lines("coco"), kBloodCells, "images = []\nmodels = [\"*\"]\n");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = folder_of(*mirror, kBloodCells) / "models";
  const auto kept = mirror->rows("SELECT model_id, sha256 FROM model_files WHERE status = 'ok'");
  EXPECT_GT(kept.size(), 3U);
  const rapidjson::Document links = read_json(folder / "links.json");
  std::size_t found = 0;
  for (const auto& model : links["models"].GetArray()) {
    ASSERT_TRUE(model.HasMember("file"));
    const std::string id = model["model_id"].GetString();
    const bool finished = std::string(model["status"].GetString()) == "Finished";
    EXPECT_EQ(model["file"].IsString(), finished) << id;
    if (!model["file"].IsString()) continue;
    ++found;
    const std::string file = model["file"].GetString();
    EXPECT_TRUE(file.starts_with("files/" + id + "/")) << file;
    const std::string row = id + "|" + text::sha256(file_bytes(folder / file));
    EXPECT_EQ(std::count(kept.begin(), kept.end(), row), 1) << file;
    EXPECT_EQ(mode_of(folder / file), 0444U);
  }
  EXPECT_EQ(found, kept.size());
  EXPECT_NE(file_bytes(folder / "links.csv").find(",files/model_"), std::string::npos);
  EXPECT_EQ(manifest(*mirror, kBloodCells)["models"]["files"].Size(), 2U);
  const auto before = files_below(folder);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(folder) == before);
  mirror->configure(with(lines("coco"), kBloodCells, "images = []\nmodels = []\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(folder / "files"));
  EXPECT_EQ(file_bytes(folder / "links.csv").find(",files/model_"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::testing
