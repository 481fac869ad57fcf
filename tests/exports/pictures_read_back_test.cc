// Exports with their pictures, read as training code reads them (tests/read_back/
// pictures_read_back.py).
#include "support/exports_test.h"
#include "support/places.h"
#include "support/read_back.h"

namespace nexus_mirror::testing {
namespace {

class PicturesReadBack : public ExportsTest {
 protected:
  // Every format of each project finds all its pictures.
  void expect_found(const std::string& corpus) {
    serve({}, in_source("tests/" + corpus));
    MirrorSettings wanted = settings();
    wanted.tables = all_formats() + "[files]\nimages = [\"*\"]\nmin_free = \"0\"\n";
    wanted.workspace = "exclude = [\"taco-*\"]\n";  // thousands of pictures more
    const Mirror mirror(wanted);
    const Ended ended = mirror.sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    std::vector<std::string> folders;
    for (const std::string& project : mirror.rows("SELECT id FROM projects")) {
      folders.push_back(folder_of(mirror, project));
    }
    const Script script = run_script("pictures_read_back.py", folders);
    const bool in_part = script.status == kReadInPart;
    EXPECT_TRUE(script.status == 0 || in_part) << script.output;
    for (const char* format : {"coco", "keypoints_coco", "csv_fourcorner", "csv_classification",
                               "pascal_voc", "yolo_darknet", "yolo_keras_pytorch", "yolo",
                               "createml", "tfrecord", "classification_tfrecord", "image_folder"}) {
      const bool read = script.output.find(" " + std::string(format) + " ") != std::string::npos;
      EXPECT_TRUE(read || in_part) << "nobody reads " << format;
    }
    if (in_part) GTEST_SKIP() << script.output;
  }
};

TEST_F(PicturesReadBack, TrainingCodeFindsThemAll) { expect_found("corpus"); }

}  // namespace
}  // namespace nexus_mirror::testing
