// The named queries that exports are made from: typed rows of a snapshot.
#include "store/export_index.h"
#include "store/export_state.h"
#include "store/image_places.h"
#include "store/made_files.h"
#include "store/model_links.h"
#include "store/project_classes.h"
#include "store/project_images.h"
#include "store/project_row.h"
#include "store/wire_rows.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

class StoreExportQueriesTest : public testing::StoreTest {
 protected:
  Snapshot& snapshot() {
    if (!snapshot_) snapshot_ = std::make_unique<Snapshot>(database());
    return *snapshot_;
  }

 private:
  std::unique_ptr<Snapshot> snapshot_;
};

// The texts of `rows`, joined by blanks.
std::string joined(Rows<std::string_view>&& rows) {
  std::string all;
  for (std::string_view text; rows.next(text);) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

// "place asset name stem", '-' for no name; behind those of another rule than 0 "#rule".
std::string places_of(Snapshot& snapshot) {
  std::string all;
  auto images = placed_names(snapshot);
  for (PlacedName image; images.next(image);) {
    all.append(all.empty() ? "" : "; ").append(std::to_string(image.place)).append(" ");
    all.append(image.asset_id).append(" ").append(image.name.value_or("-")).append(" ");
    all.append(image.stem);
    if (image.rule != 0) all.append("#").append(std::to_string(image.rule));
  }
  return all;
}

// Each with its filename's first letter as the stem, and keys of what is fit: no '!'.
void place(ImagePlaces& places) {
  auto assets = places.assets();
  for (UnplacedAsset asset; assets.next(asset);) {
    NaturalName natural{asset.filename.substr(0, asset.filename.find('.')), {}, {}, false};
    natural.is_video = asset.mime_type == "video/mp4";
    if (asset.filename.find('!') == std::string_view::npos) {
      natural.name_key = asset.filename;
      natural.stem_key = natural.stem;
    }
    places.add(asset, natural);
  }
  places.settle();
}

// Ids of the images without a stem in their order, '!' before those without a name.
std::string unnamed(ImagePlaces& places) {
  std::string all;
  auto images = places.unnamed();
  for (PlacedName image; images.next(image);) {
    all.append(all.empty() ? "" : " ").append(image.name ? "!" : "").append(image.asset_id);
  }
  return all;
}

// Calls the first image of unnamed() so.
bool take_first(ImagePlaces& places, std::string_view stem, std::optional<std::string_view> name) {
  auto images = places.unnamed();
  PlacedName image;
  EXPECT_TRUE(images.next(image));
  return places.take(image, {stem, stem, name, name});
}

TEST_F(StoreExportQueriesTest, ANameThatTheServerDidNotSendIsEmptyAndAnUnknownProjectNone) {
  execute("INSERT INTO projects(id, type) VALUES('proj', 'Keypoint')");
  const auto found = find_project(snapshot().database(), "proj");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name + "|" + found->type + "|" + found->workspace_id, "|Keypoint|");
  EXPECT_FALSE(find_project(snapshot().database(), "other"));
  EXPECT_EQ(count_assets(snapshot(), "proj"), 0);
}

TEST_F(StoreExportQueriesTest, TagsComeByIndexAndTheProjectsOwnNamesInItsOrder) {
  execute(
      "INSERT INTO tags(project_id, tag_index, name, extra) VALUES('proj', 7, 'cat', NULL), "
      "('proj', 2, 'dog', '{\"a\":1}'), ('other', 1, 'cow', NULL);"
      "INSERT INTO project_tags(project_id, name, position) VALUES('proj', 'a', 1), "
      "('proj', 'b', 0)");
  auto tags = tags_of_project(snapshot(), "proj");
  TagRow tag;
  ASSERT_TRUE(tags.next(tag));
  EXPECT_EQ(tag.tag_index, 2);
  EXPECT_EQ(tag.name, "dog");
  EXPECT_EQ(tag.extra, R"({"a":1})");
  ASSERT_TRUE(tags.next(tag));
  EXPECT_EQ(tag.tag_index, 7);
  EXPECT_EQ(tag.extra, "");
  EXPECT_FALSE(tags.next(tag));
  EXPECT_EQ(joined(names_of_tags(snapshot(), "proj")), "b a");
}

TEST_F(StoreExportQueriesTest, ImagesAreNumberedByFilenameThenId) {
  execute(
      "INSERT INTO assets(id, project_id, filename) VALUES('c', 'proj', 'a.jpg'), "
      "('a', 'proj', ''), ('b', 'proj', NULL), ('d', 'other', 'a.jpg'), ('e', 'proj', 'A.jpg');"
      "UPDATE assets SET width = 40, height = 30, mime_type = 'image/png', status = 'Review' "
      "WHERE id = 'a'");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  EXPECT_EQ(places_of(snapshot()), "1 a - ; 2 b  ; 3 e - A; 4 c - a");
  auto images = placed_images(snapshot(), "proj", {.metadata = true});
  PlacedImage image;
  ASSERT_TRUE(images.next(image));
  EXPECT_EQ(image.asset_id, "a");
  EXPECT_EQ(image.width, 40);
  EXPECT_EQ(image.height, 30);
  EXPECT_EQ(image.mime_type, "image/png");
  EXPECT_EQ(image.status, "Review");
  ASSERT_TRUE(images.next(image));
  EXPECT_EQ(image.width, 0);
  EXPECT_EQ(image.status, "");
}

TEST_F(StoreExportQueriesTest, OnlyTheImagesOfOneProjectHaveAPlaceAtATime) {
  execute(
      "INSERT INTO assets(id, project_id, filename) VALUES('a', 'proj', 'x'), ('d', 'other', 'x')");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  EXPECT_EQ(places_of(snapshot()), "1 a - x");
  ImagePlaces others(snapshot(), "other");
  place(others);
  EXPECT_EQ(places_of(snapshot()), "1 d - x");
}

TEST_F(StoreExportQueriesTest, TheOldestKeepsTheNameAndTheStem) {
  execute(
      "INSERT INTO assets(id, project_id, filename, create_date) VALUES('a', 'proj', 'x.a', 3), "
      "('b', 'proj', 'x.a', 2), ('c', 'proj', 'x.c', 1), ('d', 'proj', 'y.d', NULL), "
      "('e', 'proj', 'y.e', 9), ('f', 'proj', 'z.!', 7), ('g', 'proj', 'z.g', 8), "
      "('h', 'other', 'x.a', 0)");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  EXPECT_EQ(places_of(snapshot()), "1 a  x; 2 b - x; 3 c - x; 4 d - y; 5 e - y; 6 f  z; 7 g - z");
  EXPECT_EQ(unnamed(places), "b !a !f d") << "those without a date are the youngest";
}

TEST_F(StoreExportQueriesTest, ANameThatSomebodyHasIsNotTaken) {
  execute(
      "INSERT INTO assets(id, project_id, filename, create_date) VALUES('a', 'proj', 'x.a', 1), "
      "('b', 'proj', 'x.a', 2), ('c', 'proj', 'y.b', 3), ('d', 'proj', 'z.b', 4)");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  EXPECT_FALSE(take_first(places, "y", "free"));
  EXPECT_FALSE(take_first(places, "free", "z.b"));
  EXPECT_TRUE(take_first(places, "b", "b.a"));
  EXPECT_EQ(unnamed(places), "");
  EXPECT_EQ(places_of(snapshot()), "1 a - x; 2 b b.a b; 3 c - y; 4 d - z");
  places.call_otherwise(2, 1);
  places.call_otherwise(2, 2);
  places.call_otherwise(3, 2);
  EXPECT_EQ(unnamed(places), "!b !b !c");
  EXPECT_FALSE(take_first(places, "z", "z"));
  EXPECT_TRUE(take_first(places, "b", "b.a")) << "its own";
  EXPECT_TRUE(take_first(places, "w", "w"));
  EXPECT_FALSE(take_first(places, "w", "v")) << "of another rule";
  EXPECT_TRUE(take_first(places, "v", "v"));
  EXPECT_EQ(places_of(snapshot()),
            "1 a - x; 2 b w w#2; 2 b b.a b#1; 2 b b.a b; 3 c v v#2; 3 c - y; 4 d - z");
}

TEST_F(StoreExportQueriesTest, NoFrameOfAVideoIsCalledAsAnImage) {
  execute(
      "INSERT INTO assets(id, project_id, filename, create_date, mime_type) VALUES"
      "('a', 'proj', 'x.mp4', 1, 'video/mp4'), ('b', 'proj', 'x_f000012.jpg', 2, NULL), "
      "('c', 'proj', 'y.mp4', 1, 'video/mp4'), ('d', 'proj', 'y_f00012.jpg', 1, NULL), "
      "('e', 'proj', 'y_f00012a.jpg', 1, NULL), ('f', 'proj', 'z.jpg', 1, NULL), "
      "('g', 'proj', 'z_f000012.jpg', 1, NULL), ('h', 'proj', 'y.jpg', 9, NULL)");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  EXPECT_EQ(unnamed(places), "a h") << "the video, and who has the stem of an older one";
  EXPECT_FALSE(take_first(places, "z", {})) << "the video's frame would be as g";
  EXPECT_TRUE(take_first(places, "w", {}));
  EXPECT_FALSE(take_first(places, "w_f1234567", {})) << "as a frame of the video";
  EXPECT_TRUE(take_first(places, "w_f12345", {}));
}

TEST_F(StoreExportQueriesTest, AnnotationsOfImagesWithAPlaceComeAsTheyLie) {
  execute(
      "INSERT INTO assets(id, project_id) VALUES('b', 'proj'), ('a', 'proj'), ('a', 'other');"
      "INSERT INTO annotations(id, project_id, asset_id, tag, bound_type, bound, xmin, ymin, xmax, "
      "ymax) VALUES('n1', 'proj', 'a', 'cat', 'Polygon', '[]', 0.125, 0.25, 0.5, 1), "
      "('n2', 'proj', 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
      "('n3', 'other', 'a', 'cat', 'Polygon', '[]', 0, 0, 1, 1), "
      "('n4', 'proj', 'gone', 'cat', 'Polygon', '[]', 0, 0, 1, 1)");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  auto annotations = annotations_by_place(snapshot(), "proj");
  AnnotationRow row;
  ASSERT_TRUE(annotations.next(row));
  EXPECT_EQ(row.number, 1);
  EXPECT_EQ(row.id, "n1");
  EXPECT_EQ(row.tag, "cat");
  EXPECT_EQ(row.bound_type, "Polygon");
  EXPECT_EQ(row.bound, "[]");
  ASSERT_TRUE(row.extent);
  EXPECT_EQ(row.extent->xmin, 0.125);
  EXPECT_EQ(row.extent->ymin, 0.25);
  EXPECT_EQ(row.extent->xmax, 0.5);
  EXPECT_EQ(row.extent->ymax, 1);
  ASSERT_TRUE(annotations.next(row));
  EXPECT_EQ(row.number, 2);
  EXPECT_EQ(row.id, "n2");
  EXPECT_EQ(row.tag, "");
  EXPECT_FALSE(row.extent);
  EXPECT_FALSE(annotations.next(row));
}

TEST_F(StoreExportQueriesTest, AnnotationsComeAsTheyLieBesideThePlacesOfTheirImages) {
  execute(
      "INSERT INTO assets(id, project_id) VALUES('b', 'proj'), ('a', 'proj'), ('a', 'other');"
      "INSERT INTO annotations(id, project_id, asset_id) VALUES('n3', 'proj', 'b'), "
      "('n2', 'other', 'a'), ('n1', 'proj', 'a'), ('n4', 'proj', 'gone')");
  ImagePlaces places(snapshot(), "proj");
  place(places);
  std::map<std::int64_t, std::int64_t> placed;
  auto all = places_of_annotations(snapshot());
  for (PlacedAnnotation one; all.next(one);) placed[one.rowid] = one.place;
  std::string found;
  auto annotations = annotations_as_they_lie(snapshot(), "proj");
  for (AnnotationRow row; annotations.next(row);) {
    found.append(row.id).append("@").append(std::to_string(placed[row.number])).append(" ");
  }
  EXPECT_EQ(found, "n3@2 n1@1 n4@0 ");
}

TEST_F(StoreExportQueriesTest, AProjectOfAQuarterOfTheAnnotationsIsALargePart) {
  execute(
      "INSERT INTO annotations(id, project_id) VALUES('1', 'proj'), ('2', 'proj'), ('3', 'small'), "
      "('4', 'other'), ('5', 'other'), ('6', 'other'), ('7', 'other'), ('8', 'other')");
  EXPECT_TRUE(is_large_part(snapshot(), "proj"));
  EXPECT_FALSE(is_large_part(snapshot(), "small"));
}

TEST_F(StoreExportQueriesTest, GroupsComeOneAssetAfterTheOther) {
  execute(
      "INSERT INTO asset_groups(asset_id, project_id, name) VALUES('a', 'proj', 'y'), ('a', "
      "'proj', 'x'), ('b', 'proj', 'z'), ('a', 'other', 'w')");
  auto groups = groups_by_asset(snapshot(), "proj");
  std::string_view name;
  groups.select("a");
  ASSERT_TRUE(groups.next(name));
  EXPECT_EQ(name, "x");
  groups.select("b");  // though "y" was still to come
  ASSERT_TRUE(groups.next(name));
  EXPECT_EQ(name, "z");
  EXPECT_FALSE(groups.next(name));
}

TEST_F(StoreExportQueriesTest, OrphansAreAnnotationsWithoutAnAssetInTheirProject) {
  execute(
      "INSERT INTO assets(id, project_id) VALUES('a', 'proj'), ('b', 'other');"
      "INSERT INTO annotations(id, project_id, asset_id, bound_type, bound, xmin) VALUES"
      "('n1', 'proj', 'a', 'Keypoints', '[[0,0],[1,1]]', 0), "
      "('n2', 'proj', 'gone', 'Keypoints', '[[0,0],[1,1],[0,1]]', 0), "
      "('n3', 'proj', 'b', 'Polygon', '[[0,0],[1,1],[0,1],[1,0]]', 0), "
      "('n4', 'proj', 'a', 'Keypoints', '[0,0,1,1,0,1]', NULL)");
  EXPECT_EQ(joined(orphaned_annotations(snapshot(), "proj")), "n2 n3");
  EXPECT_EQ(count_annotations(snapshot(), "proj"), 4);
  EXPECT_EQ(most_keypoints(snapshot(), "proj"), 3);
  EXPECT_EQ(most_keypoints(snapshot(), "other"), 0);
}

TEST_F(StoreExportQueriesTest, FilesOfFormatsMadeAnewThatWereNotMadeAgainAreGone) {
  execute(
      "INSERT INTO exports(project_id, format, path, sha256, annotations, skipped, written_at) "
      "VALUES('proj', 'yolo', 'proj/a', 'h', 0, 0, 0), ('proj', 'yolo', 'proj/b', 'h', 0, 0, 0), "
      "('proj', 'csv', 'proj/c', 'h', 0, 0, 0), ('proj', 'coco', 'proj/d', 'h', 0, 0, 0), "
      "('other', 'yolo', 'other/e', 'h', 0, 0, 0)");
  MadeFiles files(snapshot());
  EXPECT_FALSE(files.any_changed());
  files.put({"b", "yolo", "h", 2, 1, false});
  EXPECT_FALSE(files.any_changed());
  files.put({"a2", "yolo", "h2", 3, 0, true});
  files.put({"c2", "csv", "h3", 10, 0, false});
  EXPECT_TRUE(files.any_changed());
  EXPECT_EQ(files.annotations_in("yolo"), 5);
  EXPECT_EQ(files.annotations_in("coco"), 0);
  EXPECT_TRUE(files.contains("b"));
  EXPECT_FALSE(files.contains("a"));
  MadeFile file;
  auto all = files.all();
  ASSERT_TRUE(all.next(file));
  EXPECT_EQ(file.path, "a2");
  ASSERT_TRUE(all.next(file));
  EXPECT_EQ(file.path, "b");
  EXPECT_EQ(file.format, "yolo");
  EXPECT_EQ(file.sha256, "h");
  EXPECT_EQ(file.annotations, 2);
  EXPECT_EQ(file.skipped, 1);
  EXPECT_FALSE(file.changed);
  EXPECT_EQ(joined(files.changed()), "a2");
  std::string gone;
  files.for_each_gone("proj", {"yolo", "csv"}, "proj",
                      [&](std::string_view path) { gone.append(path).append(" "); });
  EXPECT_EQ(gone, "proj/a proj/c ");
}

TEST_F(StoreExportQueriesTest, AnExportIsReadAsItsRecordsWereWritten) {
  execute("INSERT INTO projects(id, name, create_date) VALUES('proj', 'P', 2), ('zoo', NULL, 1)");
  const ExportedFormat coco{"coco", true,         "{}", 4, 5,    "[1]", "[2]", "[3]",
                            "[4]",  std::nullopt, 2,    8, true, 3,     99};
  const ExportedFormat csv{"csv", false, "{ }", 6, 7, "[]", "[]", "[]", "[]", "[4]", 1};
  ExportRecords& records = store_->exports;
  int files = 0;
  const auto two_files = [&](ExportedFile& file) {
    file = {"csv", files == 0 ? "folder/b" : "folder/a", "hash", 1, 2};
    return files++ < 2;
  };
  records.begin("proj", {csv, coco}, two_files, 9, 1);
  records.put_project({"proj", "folder", 8, 9});
  records.put_project({"zoo", "older", 0, 0});
  const ExportState state = read_export_state(snapshot(), "proj", "folder");
  EXPECT_EQ(state.marks, std::set<ExportMark>{ExportMark::files});
  EXPECT_TRUE(state.everything) << "it was never settled";
  EXPECT_EQ(state.formats, (std::vector<ExportedFormat>{coco, csv}));
  EXPECT_TRUE(state.exported_before);
  EXPECT_FALSE(read_export_state(snapshot(), "proj", "another").exported_before);
  auto rows = exported_files(snapshot(), "proj", "csv");
  ExportedFileRow row;
  ASSERT_TRUE(rows.next(row));
  EXPECT_EQ(row.path, "folder/a");
  EXPECT_EQ(row.sha256, "hash");
  ASSERT_TRUE(rows.next(row));
  EXPECT_FALSE(rows.next(row));
  const auto index = read_export_index(snapshot());
  ASSERT_EQ(index.size(), 2U);
  EXPECT_EQ(index[0].exported.project_id, "zoo");
  EXPECT_EQ(index[0].name, "");
  EXPECT_EQ(index[1].exported.folder, "folder");
  EXPECT_EQ(index[1].exported.images, 8);
  EXPECT_EQ(index[1].exported.annotations, 9);
  EXPECT_EQ(index[1].files, 2);
  EXPECT_EQ(index[1].formats, (std::vector<std::string>{"coco", "csv"}));
}

TEST_F(StoreExportQueriesTest, AnExportKnowsWhatHasChangedSince) {
  const auto state = [&] {
    Snapshot now(database());
    return read_export_state(now, "proj", "folder");
  };
  store_->tables.put(testing::batch_of(objects::projects, R"([{"id": "proj"}])"));
  store_->exports.mark("proj", ExportMark::run_logs);
  store_->exports.settle("proj", state().position);
  EXPECT_FALSE(state().everything);
  EXPECT_EQ(state().tables, std::set<std::string>{});
  EXPECT_EQ(state().marks, std::set<ExportMark>{});
  list(objects::tags, R"([{"index": 0, "name": "cat"}])");
  EXPECT_EQ(state().tables, std::set<std::string>{"tags"});
  store_->exports.begin_links("proj");
  EXPECT_EQ(state().marks, std::set<ExportMark>{ExportMark::links});
  store_->exports.settle_links("proj");
  EXPECT_EQ(state().marks, std::set<ExportMark>{});
  execute("DELETE FROM changes");
  EXPECT_TRUE(state().everything) << "history went before it was exported";
}

TEST_F(StoreExportQueriesTest, AModelBringsWhatItsArtifactKnowsAndItsLinkDeadOrNot) {
  execute(
      "INSERT INTO artifacts(id, project_id, artifact_name, run_id, flow_title) "
      "VALUES('art', 'proj', 'ckpt', 'run', 'flow');"
      "INSERT INTO models(id, project_id, artifact_id, format, quantization, status, download_url, "
      "download_expiry, create_date) VALUES('m2', 'proj', 'art', 'ONNX', 'int8', 'Finished', "
      "'https://x', 5, 9), ('m1', 'proj', 'gone', NULL, NULL, NULL, NULL, NULL, 10)");
  const std::vector<ModelLink> links = model_links_of(snapshot(), "proj");
  ASSERT_EQ(links.size(), 2U);
  const ModelLink& link = links[0];
  EXPECT_EQ(link.model_id, "m2");
  EXPECT_EQ(link.artifact_id, "art");
  EXPECT_EQ(link.artifact_name, "ckpt");
  EXPECT_EQ(link.run_id, "run");
  EXPECT_EQ(link.flow_title, "flow");
  EXPECT_EQ(link.format, "ONNX");
  EXPECT_EQ(link.quantization, "int8");
  EXPECT_EQ(link.status, "Finished");
  EXPECT_EQ(link.url, "https://x");
  EXPECT_EQ(link.expiry, 5);
  EXPECT_EQ(link.create_date, 9);
  EXPECT_EQ(links[1].model_id, "m1");
  EXPECT_FALSE(links[1].artifact_name);
  EXPECT_FALSE(links[1].url);
  EXPECT_FALSE(links[1].expiry);
}

TEST_F(StoreExportQueriesTest, RowsOfAnyTableHaveACellForEachFieldAndTheirListsToo) {
  execute(
      "INSERT INTO artifacts(id, project_id, step, total_loss, extra) VALUES"
      "('b', 'proj', 3, 0.5, NULL), ('a', 'proj', NULL, NULL, '{\"k\":1}'), "
      "('c', 'other', 1, 1, NULL);"
      "INSERT INTO artifact_files(project_id, artifact_id, name, md5) VALUES('proj', 'b', 'y', "
      "'2'), "
      "('proj', 'b', 'x', '1'), ('proj', 'a', 'z', '3'), ('other', 'b', 'w', '4')");
  WireRows rows(snapshot(), objects::artifacts, objects::artifacts.key);
  const auto step = static_cast<std::size_t>(objects::artifacts.column("step"));
  const auto loss = static_cast<std::size_t>(objects::artifacts.column("total_loss"));
  ASSERT_EQ(rows.fields().size(), objects::artifacts.fields.size());
  rows.select("proj");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.extra(), R"({"k":1})");
  EXPECT_TRUE(rows.cell(step).null());
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.cell(step), objects::Cell::of(std::int64_t{3}));
  EXPECT_EQ(rows.cell(loss), objects::Cell::of(0.5));
  EXPECT_EQ(rows.extra(), "");
  WireRows files(snapshot(), objects::artifacts.children[0]);
  files.select("b", "proj");
  ASSERT_TRUE(files.next());
  EXPECT_EQ(files.fields()[0]->column, "name");
  EXPECT_EQ(files.cell(0).text(), "x");
  EXPECT_EQ(files.cell(1).text(), "1");
  ASSERT_TRUE(files.next());
  EXPECT_EQ(files.cell(0).text(), "y");
  EXPECT_FALSE(files.next());
  EXPECT_FALSE(rows.next());
}

TEST_F(StoreExportQueriesTest, ATableWithoutProjectIsReadByIdAndAListInItsOwnOrder) {
  execute(
      "INSERT INTO projects(id, name) VALUES('proj', 'P'), ('other', 'O');"
      "INSERT INTO project_tags(project_id, name, position) VALUES('proj', 'a', 1), "
      "('proj', 'b', 0)");
  WireRows rows(snapshot(), objects::projects, objects::projects.key);
  rows.select("proj");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.cell(static_cast<std::size_t>(objects::projects.column("name"))).text(), "P");
  EXPECT_FALSE(rows.next());
  WireRows tags(snapshot(), objects::projects.children[0]);
  tags.select("proj");
  ASSERT_TRUE(tags.next());
  EXPECT_EQ(tags.cell(0).text(), "b");
}

}  // namespace
}  // namespace nexus_mirror::store
