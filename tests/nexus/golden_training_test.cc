// The same as golden_test.cc for the objects of training and of operations.
#include <gtest/gtest.h>

#include "support/decoded_rows.h"

namespace nexus_mirror {
namespace {

using testing::camel_keys;
using testing::expect_row_of_both;
using testing::Values;

Values insight_row() {
  return {{"project_id", "proj"},
          {"run_id", "run_4a5d406d-464d-470c-bd7d-e92456621ad3"},
          {"flow_title", "Test workflow"},
          {"dataset_data_type", "Rectangle"},
          {"dataset_num_classes", 1},
          {"dataset_average_annotations", 5.19},
          {"dataset_total_assets", 500},
          {"dataset_split_ratio", 0.3},
          {"dataset_shuffle", 1},
          {"dataset_seed", 0},
          {"dataset_using_sliding_window", 0},
          {"model_name", "fasterrcnn-inceptionv2-1024x1024"},
          {"model_batch_size", 2},
          {"model_training_steps", 5000},
          {"model_max_detection_per_class", 100},
          {"model_solver", "momentum"},
          {"model_learning_rate", 0.04},
          {"model_momentum", 0.9},
          {"checkpoint_strategy", "STRAT_ALWAYS_SAVE_LATEST"},
          {"checkpoint_evaluation_interval", 250},
          {"artifact_id", "artifact_65ae274540259e2a07533532"},
          {"artifact_is_training", 0},
          {"artifact_step", 5000},
          {"total_loss", 0.32356},
          {"classification_loss", 0.012036},
          {"localization_loss", 0.010706},
          {"regularization_loss", 0.0},
          {"create_date", 1705912133684}};
}

TEST(GoldenTest, ProjectInsight) {
  expect_row_of_both(objects::insights,
                     R"({"flow_title": "Test workflow",
      "run_id": "run_4a5d406d-464d-470c-bd7d-e92456621ad3",
      "dataset": {"data_type": "Rectangle", "num_classes": 1, "average_annotations": 5.19,
                  "total_assets": 500, "settings": {"split_ratio": 0.3, "shuffle": true,
                  "seed": 0, "using_sliding_window": false}},
      "model": {"name": "fasterrcnn-inceptionv2-1024x1024", "batch_size": 2,
                "training_steps": 5000, "max_detection_per_class": 100, "solver": "momentum",
                "learning_rate": 0.04, "momentum": 0.9},
      "checkpoint": {"strategy": "STRAT_ALWAYS_SAVE_LATEST", "evaluation_interval": 250,
                     "metric": null},
      "artifact": {"id": "artifact_65ae274540259e2a07533532", "is_training": false, "step": 5000,
                   "metric": {"total_loss": 0.32356, "classification_loss": 0.012036,
                              "localization_loss": 0.010706, "regularization_loss": 0.0}},
      "create_date": 1705912133684})",
                     insight_row());
}

// The table of attributes lists the same things flat.
TEST(GoldenTest, TrainingInsight) {
  Values row = insight_row();
  for (const char* column : {"dataset_total_assets", "dataset_using_sliding_window",
                             "checkpoint_strategy", "artifact_id", "artifact_is_training"}) {
    row.erase(column);
  }
  row["checkpoint_metric"] = "Loss/total_loss";
  expect_row_of_both(objects::insights,
                     R"({"flow_title": "Test workflow",
      "run_id": "run_4a5d406d-464d-470c-bd7d-e92456621ad3", "step": 5000,
      "create_date": 1705912133684,
      "metric": {"total_loss": 0.32356, "classification_loss": 0.012036,
                 "localization_loss": 0.010706, "regularization_loss": 0.0},
      "statistic": {"average_annotations": 5.19}, "optimizer": "momentum", "learning_rate": 0.04,
      "momentum": 0.9, "epochs": 5000, "batch_size": 2,
      "model_name": "fasterrcnn-inceptionv2-1024x1024", "max_detections_per_class": 100,
      "data_type": "Rectangle", "num_classes": 1, "split_ratio": 0.3, "shuffle": true, "seed": 0,
      "checkpoint_every_n": 250, "metric_target": "Loss/total_loss"})",
                     row);
}

TEST(GoldenTest, Run) {
  const std::string execution =
      R"("id": "run_63eb212ff0f856bf95085095", "object": "run",
         "project_id": "proj_cd067221d5a6e4007ccbb4afb5966535",
         "flow_id": "flow_63bbd3bf8a78eb906f417396", "create_date": 1676353954729,
         "execution": {"accelerator": {"name": "GPU_T4", "count": 2},
                       "checkpoint": {"strategy": "STRAT_LOWEST_VALIDATION_LOSS",
                       "evaluation_interval": 250, "metric": "Loss/total_loss"}},
         "features": {"matrix": true, "preview": true},)";
  const std::string conditions =
      R"("conditions": [{"condition": "TrainingStarted", "last_updated": 1676353954729,
                         "status": "finished"},
                        {"condition": "TrainingFinished", "last_updated": 1676356061724,
                         "status": "finished"}],)";
  expect_row_of_both(
      objects::runs,
      "{" + execution + R"("status": {)" + conditions + R"("last_updated": 1676356061724},
          "last_modified_date": 1676356061724, "logs": ["log_63eb212ff0f856bf95085095"]})",
      {{"id", "run_63eb212ff0f856bf95085095"},
       {"project_id", "proj_cd067221d5a6e4007ccbb4afb5966535"},
       {"flow_id", "flow_63bbd3bf8a78eb906f417396"},
       {"status_update_date", 1676356061724},
       {"conditions",
        R"([{"condition":"TrainingStarted","lastUpdated":1676353954729,"status":"finished"},)"
        R"({"condition":"TrainingFinished","lastUpdated":1676356061724,"status":"finished"}])"},
       {"accelerator_name", "GPU_T4"},
       {"accelerator_count", 2},
       {"checkpoint_strategy", "STRAT_LOWEST_VALIDATION_LOSS"},
       {"checkpoint_evaluation_interval", 250},
       {"checkpoint_metric", "Loss/total_loss"},
       {"feature_matrix", 1},
       {"feature_preview", 1},
       {"create_date", 1676353954729},
       {"update_date", 1676356061724},
       {"log_ids", R"(["log_63eb212ff0f856bf95085095"])"}},
      camel_keys("{" + execution + R"("status": {)" + conditions +
                 R"("update_date": 1676356061724}, "update_date": 1676356061724,
                    "log_ids": ["log_63eb212ff0f856bf95085095"]})"));
}

TEST(GoldenTest, RunLog) {
  for (const char* key : {"event", "logs"}) {
    const auto document = nexus::Document::parse(
        R"({"id": "log_63eb212ff0f856bf95085095", "object": "log", ")" + std::string(key) +
            R"(": [{"ev": "memoryUsage", "pl": {}, "t": 1675669392000}]})",
        "", "");
    objects::RowBatch rows(objects::run_logs);
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::decode_run_log(document, {"proj", nullptr}, "run", "log_63eb212ff0f856bf95085095", rows,
                          unreadable);
    ASSERT_EQ(rows.size(), 1U) << key;
    EXPECT_EQ(testing::values_of(rows, 0), (Values{{"project_id", "proj"},
                                                   {"run_id", "run"},
                                                   {"log_id", "log_63eb212ff0f856bf95085095"},
                                                   {"position", 0},
                                                   {"ev", "memoryUsage"},
                                                   {"t", 1675669392000},
                                                   {"pl", "{}"}}));
  }
}

TEST(GoldenTest, Artifact) {
  const std::string rest =
      R"("id": "artifact_63bd140e67b42dc9f431ffe2", "object": "artifact", "is_training": false,
         "step": 3000, "flow_title": "Blood Cell Detector", "run_id": "run_63bd08d8cdf700575fa4dd01",
         "files": [{"name": "ckpt-13.data-00000-of-00001",
                    "md5": "5a96886e53f98daae379787ee0f22bda"}],
         "project_id": "proj_cd067221d5a6e4007ccbb4afb5966535", "create_date": 1673335822851,
         "metric": {"total_loss": 0.548, "classification_loss": 0.511, "localization_loss": 0.006,
                    "regularization_loss": 0.03}, "is_deployed": false,)";
  expect_row_of_both(
      objects::artifacts, "{" + rest + R"("artifact_name": "ckpt-13", "exports": ["onnx", "tflite"],
          "model_type": "efficientdet-d1-640x640",
          "exportable_formats": ["tensorflow", "tflite", "onnx", "pytorch"]})",
      {{"id", "artifact_63bd140e67b42dc9f431ffe2"},
       {"project_id", "proj_cd067221d5a6e4007ccbb4afb5966535"},
       {"run_id", "run_63bd08d8cdf700575fa4dd01"},
       {"flow_title", "Blood Cell Detector"},
       {"artifact_name", "ckpt-13"},
       {"model_name", "efficientdet-d1-640x640"},
       {"step", 3000},
       {"is_training", 0},
       {"is_deployed", 0},
       {"create_date", 1673335822851},
       {"total_loss", 0.548},
       {"classification_loss", 0.511},
       {"localization_loss", 0.006},
       {"regularization_loss", 0.03},
       {"metric",
        R"({"classificationLoss":0.511,"localizationLoss":0.006,"regularizationLoss":0.03,)"
        R"("totalLoss":0.548})"},
       {"export_options",
        R"([{"format":"TensorFlow"},{"format":"TFLite"},{"format":"ONNX"},{"format":"PyTorch"}])"},
       {"files", "name=ckpt-13.data-00000-of-00001 md5=5a96886e53f98daae379787ee0f22bda"}},
      camel_keys("{" + rest + R"("artifact": "ckpt-13", "exports": [],
          "model_name": "efficientdet-d1-640x640",
          "export_options": [{"format": "TensorFlow"}, {"format": "TFLite"}, {"format": "ONNX"},
                             {"format": "PyTorch"}]})"));
}

TEST(GoldenTest, ExportedModel) {
  const std::string rest =
      R"("id": "model_d15aba68872b045e27ac3db06a401da3", "object": "model", "status": "Finished",
         "create_date": 1673336054173,
         "download": {"method": "GET",
                      "url": "https://storage.googleapis.com/exports.datature.ioa2d89",)";
  expect_row_of_both(
      objects::models, "{" + rest + R"("expiry": 1673339505871}, "format": "tensorflow"})",
      {{"id", "model_d15aba68872b045e27ac3db06a401da3"},
       {"project_id", "proj"},
       {"status", "Finished"},
       {"format", "TensorFlow"},
       {"create_date", 1673336054173},
       {"download_method", "GET"},
       {"download_url", "https://storage.googleapis.com/exports.datature.ioa2d89"},
       {"download_expiry", 1673339505871}},
      camel_keys("{" + rest + R"("expiry_date": 1673339505871}, "format": "TensorFlow"})"));
}

TEST(GoldenTest, Deployment) {
  const std::string rest =
      R"("id": "deploy_0809bb56-35db-4681-84ee-ebd5fb7b2ee5", "name": "my-first-deployment",
         "create_date": 1724074608669, "update_date": 1724074608669,
         "project_id": "proj_ca5fe71e7592bbcf7705ea36e4f29ed4",
         "artifact_id": "artifact_65f140b9020ebc6f2e23cf80", "version_tag": "v1", "region": "us",
         "history_versions": [{"version_tag": "v1",
             "artifact_id": "artifact_65f140b9020ebc6f2e23cf80", "update_date": 1724074608669}],
         "options": null, "instance_id": "instance_t4-standard-1g",
         "resources": {"cpu": 6, "ram": 24576, "GPU_T4": 1, "GPU_L4": null, "GPU_A100_40GB": null,
                       "GPU_A100_80GB": null, "GPU_H100": null}, "url": null,
         "status": {"overview": "Creating", "message": "Creating service",)";
  const Values row{
      {"id", "deploy_0809bb56-35db-4681-84ee-ebd5fb7b2ee5"},
      {"project_id", "proj_ca5fe71e7592bbcf7705ea36e4f29ed4"},
      {"artifact_id", "artifact_65f140b9020ebc6f2e23cf80"},
      {"name", "my-first-deployment"},
      {"status_overview", "Creating"},
      {"status_message", "Creating service"},
      {"status_update_date", 1724074609167},
      {"version_tag", "v1"},
      {"region", "us"},
      {"instance_id", "instance_t4-standard-1g"},
      {"resources",
       R"({"GPU_A100_40GB":null,"GPU_A100_80GB":null,"GPU_H100":null,"GPU_L4":null,"GPU_T4":1,)"
       R"("cpu":6,"ram":24576})"},
      {"replicas", 1},
      {"scaling_mode", "FixedReplicaCount"},
      {"create_date", 1724074608669},
      {"update_date", 1724074608669},
      {"history_versions",
       "version_tag=v1 artifact_id=artifact_65f140b9020ebc6f2e23cf80 update_date=1724074608669"}};
  expect_row_of_both(objects::deployments, "{" + rest + R"("update_data": 1724074609167},
                 "scaling": {"replicas": 1, "mode": "FixedReplicaCount"}})",
                     row, camel_keys("{" + rest + R"("update_date": 1724074609167},
                 "scaling": {"replicas": 1, "mode": "FixedReplicaCount"}})"));
  // As the table of attributes has it.
  expect_row_of_both(objects::deployments, "{" + rest + R"("status_date": 1724074609167},
                 "scaling": {"num_instances": 1, "mode": "FixedReplicaCount"}})",
                     row);
}

TEST(GoldenTest, Operation) {
  const std::string rest =
      R"("id": "op_508fc5d1-e908-486d-9e7b-1dca99b80024", "object": "operation",
         "op_link": "users/api|affaf/proje-1dca99b80024",)";
  const std::string status = R"("status": {"overview": "Queued", "message": "Operation queued",)";
  expect_row_of_both(objects::operations, "{" + rest + status + R"("time_updated": 1676621361765,
                 "time_scheduled": 1676621361764, "progress": {"unit": "whole operation",
                 "with_status": {"queued": 1, "running": 0, "finished": 0, "cancelled": 0,
                 "errored": 0}}}})",
                     {{"id", "op_508fc5d1-e908-486d-9e7b-1dca99b80024"},
                      {"project_id", "proj"},
                      {"op_link", "users/api|affaf/proje-1dca99b80024"},
                      {"status_overview", "Queued"},
                      {"status_message", "Operation queued"},
                      {"progress_unit", "whole operation"},
                      {"queued", 1},
                      {"running", 0},
                      {"finished", 0},
                      {"cancelled", 0},
                      {"errored", 0},
                      {"create_date", 1676621361764},
                      {"update_date", 1676621361765}},
                     camel_keys("{" + rest + R"("create_date": 1676621361764,
                 "update_date": 1676621361765,)" +
                                status + R"("progress": {
                 "unit": "whole operation", "with_status": {"Queued": 1, "Running": 0,
                 "Finished": 0, "Cancelled": 0, "Errored": 0}}}})"));
}

}  // namespace
}  // namespace nexus_mirror
