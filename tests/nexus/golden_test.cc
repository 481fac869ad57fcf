// Every example object of the documentation's page of result types (result-types.txt), in both
// dialects: each attribute lands in its column, and both give the same row.
#include <gtest/gtest.h>

#include "support/decoded_rows.h"

namespace nexus_mirror {
namespace {

using testing::camel_keys;
using testing::expect_row_of_both;
using testing::Values;

TEST(GoldenTest, Workspace) {
  expect_row_of_both(objects::workspaces,
                     R"({"id": "ws_1c8aab980f174b0296c7e35e88665b13", "name": "Raighne's Workspace",
                 "owner": "user_6323fea23e292439f31c58cd", "tier": "Developer",
                 "create_date": 1701927649302})",
                     {{"id", "ws_1c8aab980f174b0296c7e35e88665b13"},
                      {"name", "Raighne's Workspace"},
                      {"owner", "user_6323fea23e292439f31c58cd"},
                      {"tier", "Developer"},
                      {"create_date", 1701927649302}});
}

TEST(GoldenTest, ProjectWithStatisticAndTagCounts) {
  const Values row{{"id", "proj_9004a21df7b040ace4674c4879603fe8"},
                   {"name", "keypoints"},
                   {"workspace_id", "ws_1c8aab980f174b0296c7e35e88665b13"},
                   {"type", "ObjectDetection"},
                   {"create_date", 1701927649302},
                   {"localization", "MULTI"},
                   {"total_assets", 28},
                   {"annotated_assets", 0},
                   {"total_annotations", 0},
                   {"tags", "name=cat faces count=0"},
                   {"groups", "name=main; name=cats"}};
  const std::string start =
      R"({"object": "project", "id": "proj_9004a21df7b040ace4674c4879603fe8", "name": "keypoints",
          "workspace_id": "ws_1c8aab980f174b0296c7e35e88665b13", "create_date": 1701927649302,
          "localization": "MULTI", "tags": ["cat faces"], "groups": ["main", "cats"], )";
  expect_row_of_both(objects::projects, start + R"("type": "ObjectDetection", "statistic": {
                 "tags_count": [{"name": "cat faces", "count": 0}], "total_assets": 28,
                 "annotated_assets": 0, "total_annotations": 0}})",
                     row, start + R"("type": "object-detection", "statistic": {
                 "tagsCount": [{"name": "cat faces", "count": 0}], "assetTotal": 28,
                 "assetAnnotated": 0, "annotationTotal": 0}})");
}

TEST(GoldenTest, ProjectUser) {
  expect_row_of_both(objects::project_users,
                     R"({"id": "user_6323fea23e292439f31c58cd", "access_type": "Owner",
                 "email": "[email protected]", "nickname": "raighne",
                 "picture": "https://s.gravatar.com/avatar/avatars%2Fra.png"})",
                     {{"project_id", "proj"},
                      {"id", "user_6323fea23e292439f31c58cd"},
                      {"access_type", "Owner"},
                      {"email", "[email protected]"},
                      {"nickname", "raighne"},
                      {"picture", "https://s.gravatar.com/avatar/avatars%2Fra.png"}});
}

TEST(GoldenTest, AssetWithMetadataAndStatistic) {
  const std::string rest =
      R"("id": "asset_8208740a-2d9c-46e8-abb9-5777371bdcd3", "filename": "boat180.png",
         "create_date": 1701927649302, "url": "",
         "statistic": {"tags_count": [{"name": "tagName1", "count": 1}], "total_annotations": 2},
         "metadata": {"file_size": 186497, "mime_type": "image/png", "height": 243, "width": 400,
                      "groups": ["main"],
                      "custom_metadata": {"captureAt": "2021-03-10T09:00:00Z"})";
  expect_row_of_both(
      objects::assets,
      "{" + rest + R"(}, "project": "proj_cd067221d5a6e4007ccbb4afb5966535", "status": "None"})",
      {{"id", "asset_8208740a-2d9c-46e8-abb9-5777371bdcd3"},
       {"filename", "boat180.png"},
       {"project_id", "proj_cd067221d5a6e4007ccbb4afb5966535"},
       {"status", "None"},
       {"create_date", 1701927649302},
       {"url", ""},
       {"file_size", 186497},
       {"mime_type", "image/png"},
       {"height", 243},
       {"width", 400},
       {"custom_metadata", R"({"captureAt":"2021-03-10T09:00:00Z"})"},
       {"tags_count", R"([{"count":1,"name":"tagName1"}])"},
       {"total_annotations", 2},
       {"groups", "name=main"}},
      camel_keys("{" + rest +
                 R"(, "status": "none"}, "project_id": "proj_cd067221d5a6e4007ccbb4afb5966535"})"));
}

TEST(GoldenTest, GroupStatistics) {
  const std::string groups =
      R"([{"group": "1", "statistic": {"total_assets": 1, "annotated_assets": 2,
           "reviewed_assets": 3, "to_fixed_assets": 4, "completed_assets": 5}}])";
  for (const std::string& json : {groups, camel_keys(groups)}) {
    auto project = testing::batch_of(objects::projects, R"([{"id": "p", "groups": ["0", "1"]}])");
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::merge_groups(nexus::Document::parse(json, "", ""), project, unreadable);
    EXPECT_TRUE(unreadable.empty());
    EXPECT_EQ(std::get<std::string>(testing::values_of(project, 0).at("groups")),
              "name=0; name=1 total_assets=1 annotated_assets=2 reviewed_assets=3 "
              "to_fixed_assets=4 completed_assets=5");
  }
}

TEST(GoldenTest, Annotation) {
  const std::string rest =
      R"("id": "annot_a9ff9b21-c0e2-49ff-8a69-773aaf00a6f8", "tag": "boat",
         "project_id": "proj_cd067221d5a6e4007ccbb4afb5966535",
         "asset_id": "asset_f4dcb429-0332-4dd6-a1b4-fee794031ba6", "create_date": 1701927649302,
         "bound": [[0.2772511848341232, 0.34635416666666663], [0.2772511848341232, 0.46875],
                   [0.54739336492891, 0.46875], [0.54739336492891, 0.34635416666666663]],)";
  expect_row_of_both(objects::annotations, "{" + rest + R"("bound_type": "Rectangle"})",
                     {{"id", "annot_a9ff9b21-c0e2-49ff-8a69-773aaf00a6f8"},
                      {"project_id", "proj_cd067221d5a6e4007ccbb4afb5966535"},
                      {"asset_id", "asset_f4dcb429-0332-4dd6-a1b4-fee794031ba6"},
                      {"tag", "boat"},
                      {"bound_type", "Rectangle"},
                      {"bound",
                       "[[0.2772511848341232,0.34635416666666663],[0.2772511848341232,0.46875],"
                       "[0.54739336492891,0.46875],[0.54739336492891,0.34635416666666663]]"},
                      {"xmin", 0.2772511848341232},
                      {"ymin", 0.34635416666666663},
                      {"xmax", 0.54739336492891},
                      {"ymax", 0.46875},
                      {"create_date", 1701927649302}},
                     camel_keys("{" + rest + R"("bound_type": "rectangle"})"));
}

TEST(GoldenTest, Workflow) {
  expect_row_of_both(objects::workflows,
                     R"({"id": "flow_64e812a7e47592ef374cbbc2", "title": "Yolov8 Workflow",
                 "project_id": "proj_cd067221d5a6e4007ccbb4afb5966535",
                 "create_date": 1701927649302, "update_date": 1701927649303})",
                     {{"id", "flow_64e812a7e47592ef374cbbc2"},
                      {"project_id", "proj_cd067221d5a6e4007ccbb4afb5966535"},
                      {"title", "Yolov8 Workflow"},
                      {"create_date", 1701927649302},
                      {"update_date", 1701927649303}});
}

}  // namespace
}  // namespace nexus_mirror
