#include "objects/enumerations.h"
#include "objects/table.h"

namespace nexus_mirror::objects {
namespace {

using enum FieldKind;

constexpr std::string_view kIdAndProject[] = {"id", "project_id"};
constexpr std::string_view kLogLine[] = {"project_id", "run_id", "log_id", "position"};
constexpr std::string_view kProjectAndRun[] = {"project_id", "run_id"};
constexpr std::string_view kRunAndArtifact[] = {"project_id", "run_id", "artifact_id"};

constexpr std::string_view kRunStates[] = {"Creating", "Running", "Finished", "Errored",
                                           "Cancelled"};
constexpr std::string_view kModelFormats[] = {"TensorFlow", "TFLite", "ONNX", "PyTorch", "CoreML"};

constexpr Field kWorkflowFields[] = {
    {"id", text, "id", "the workflow's id"},
    {"project_id", text, "projectId project", "the project"},
    {"title", text, "title", "its title"},
    {"create_date", time, "createDate", "when it was made"},
    {"update_date", time, "updateDate", "when it last changed"},
};

constexpr Field kRunFields[] = {
    {"id", text, "id", "the training run's id"},
    {"project_id", text, "projectId project", "the project"},
    {"flow_id", text, "flowId", "workflow that it ran"},
    {"status_overview", enumeration, "status.overview",
     "Creating, Running, Finished, Errored or Cancelled", kRunStates},
    {"status_message", text, "status.message", "what the server says of the status"},
    {"status_update_date", time, "status.updateDate status.lastUpdated",
     "when the status last changed"},
    {"conditions", json, "status.conditions", "JSON list of {condition, lastUpdated, status}"},
    {"accelerator_name", text, "execution.accelerator.name", "kind of GPU"},
    {"accelerator_count", integer, "execution.accelerator.count", "number of GPUs"},
    {"checkpoint_strategy", text, "execution.checkpoint.strategy", "which checkpoints are kept"},
    {"checkpoint_evaluation_interval", integer, "execution.checkpoint.evaluationInterval",
     "steps between evaluations"},
    {"checkpoint_metric", text, "execution.checkpoint.metric", "metric that decides what is kept"},
    {"limit_metric", text, "execution.limit.metric", "metric that ends the run"},
    {"limit_value", number, "execution.limit.value", "value at which it ends"},
    {"feature_preview", boolean, "features.preview", "evaluation preview is on"},
    {"feature_matrix", boolean, "features.matrix", "confusion matrix is on"},
    {"feature_advanced_evaluation", boolean, "features.advancedEvaluation",
     "advanced evaluation is on"},
    {"feature_using_sliding_window", boolean, "features.usingSlidingWindow",
     "images are cut by a sliding window"},
    {"create_date", time, "createDate", "when it was started"},
    {"update_date", time, "updateDate lastModifiedDate", "when it last changed"},
    {"log_ids", json, "logIds logs", "JSON list of the ids of its logs"},
};

constexpr Field kRunLogFields[] = {
    {"project_id", text, "", "the project"},
    {"run_id", text, "", "the training run"},
    {"log_id", text, "", "the log"},
    {"position", integer, "", "place in the log, from 0"},
    {"ev", text, "ev", "kind of event"},
    {"t", number, "t", "when it happened, milliseconds, with a fraction where the server says one"},
    {"pl", user_json, "pl",
     "JSON object of the event's details, keys as sent; the whole entry where it is of another "
     "form"},
};

constexpr Field kRunMatrixFields[] = {
    {"project_id", text, "", "the project"},
    {"run_id", text, "", "the training run"},
    {"data", user_json, "data", "JSON, the confusion matrix as the server gives it"},
};

constexpr Field kInsightFields[] = {
    {"project_id", text, "projectId project", "the project"},
    {"run_id", text, "runId", "the training run"},
    {"flow_title", text, "flowTitle", "title of the workflow"},
    {"dataset_data_type", enumeration, "dataset.dataType dataType",
     "kind of annotation that was trained on", kBoundTypes},
    {"dataset_num_classes", integer, "dataset.numClasses numClasses", "number of classes"},
    {"dataset_average_annotations", real, "dataset.averageAnnotations statistic.averageAnnotations",
     "annotations per asset"},
    {"dataset_total_assets", integer,
     "dataset.totalAssets statistic.totalAssets statistic.assetTotal", "assets in the data set"},
    {"dataset_split_ratio", real, "dataset.settings.splitRatio splitRatio",
     "share kept for testing, 0..1"},
    {"dataset_shuffle", boolean, "dataset.settings.shuffle shuffle", "data was shuffled"},
    {"dataset_seed", integer, "dataset.settings.seed seed", "seed of the shuffle"},
    {"dataset_using_sliding_window", boolean,
     "dataset.settings.usingSlidingWindow usingSlidingWindow",
     "images were cut by a sliding window"},
    {"model_name", text, "model.name modelName", "architecture of the model"},
    {"model_batch_size", integer, "model.batchSize batchSize", "images per training step"},
    {"model_training_steps", integer, "model.trainingSteps epochs",
     "training steps asked for (epochs where the server counts these)"},
    {"model_max_detection_per_class", integer,
     "model.maxDetectionPerClass maxDetectionsPerClass maxDetectionPerClass",
     "limit of detections per class"},
    {"model_solver", text, "model.solver optimizer", "optimiser"},
    {"model_learning_rate", real, "model.learningRate learningRate", "learning rate"},
    {"model_momentum", real, "model.momentum momentum", "momentum"},
    {"checkpoint_strategy", text, "checkpoint.strategy", "which checkpoints are kept"},
    {"checkpoint_evaluation_interval", integer, "checkpoint.evaluationInterval checkpointEveryN",
     "steps between evaluations"},
    {"checkpoint_metric", text, "checkpoint.metric metricTarget",
     "metric that decides what is kept"},
    {"artifact_id", text, "artifact.id artifactId", "artifact that the figures are of"},
    {"artifact_is_training", boolean, "artifact.isTraining isTraining", "training goes on"},
    {"artifact_step", integer, "artifact.step step", "step of the artifact"},
    {"total_loss", real, "artifact.metric.totalLoss metric.totalLoss", "sum of the losses"},
    {"classification_loss", real, "artifact.metric.classificationLoss metric.classificationLoss",
     "loss of the classes"},
    {"localization_loss", real, "artifact.metric.localizationLoss metric.localizationLoss",
     "loss of the boxes"},
    {"regularization_loss", real, "artifact.metric.regularizationLoss metric.regularizationLoss",
     "loss of the weights' size"},
    {"create_date", time, "createDate", "when the insight was made"},
};

constexpr Field kArtifactFields[] = {
    {"id", text, "id", "the artifact's id"},
    {"project_id", text, "projectId project", "the project"},
    {"run_id", text, "runId", "training run that made it"},
    {"flow_title", text, "flowTitle", "title of the workflow"},
    {"display_name", text, "displayName", "name shown in Nexus"},
    {"artifact_name", text, "artifactName artifact", "name of the checkpoint"},
    {"model_name", text, "modelName modelType", "architecture of the model"},
    {"step", integer, "step", "training steps behind it"},
    {"is_training", boolean, "isTraining", "its run still trains"},
    {"is_deployed", boolean, "isDeployed", "a deployment serves it"},
    {"create_date", time, "createDate", "when it was saved"},
    {"total_loss", real, "metric.totalLoss", "sum of the losses"},
    {"classification_loss", real, "metric.classificationLoss", "loss of the classes"},
    {"localization_loss", real, "metric.localizationLoss", "loss of the boxes"},
    {"regularization_loss", real, "metric.regularizationLoss", "loss of the weights' size"},
    {"metric", json, "metric", "JSON object of all its metrics"},
    {"export_options", formats, "exportOptions exportableFormats",
     "JSON list of {format, optimizations, defaultOptimizations} it can be exported as",
     kModelFormats},
};

constexpr Field kArtifactFileFields[] = {
    {"project_id", text, "", "the project"},
    {"artifact_id", text, "", "the artifact"},
    {"name", text, "name", "name of the file"},
    {"md5", text, "md5", "MD5 of the file, hexadecimal"},
};

constexpr ChildList kArtifactChildren[] = {
    {&artifact_files, "files", "files", false},
};
constexpr std::string_view kArtifactIgnored[] = {"exports"};  // rows of models

constexpr Field kModelFields[] = {
    {"id", text, "id", "the exported model's id"},
    {"artifact_id", text, "artifactId artifact", "artifact that was exported"},
    {"project_id", text, "projectId project", "the project"},
    {"status", enumeration, "status", "Queued, Running, Finished, Cancelled or Errored",
     kJobStates},
    {"format", enumeration, "format", "TensorFlow, TFLite, ONNX, PyTorch or CoreML", kModelFormats},
    {"quantization", text, "quantization", "number format of the weights, e.g. float16"},
    {"create_date", time, "createDate", "when the export was asked for"},
    {"download_method", text, "download.method", "HTTP method of the link"},
    {"download_url", link, "download.url",
     "signed link to the model: a secret, dies at download_expiry"},
    {"download_expiry", expiry, "download.expiryDate download.expiry", "when download_url dies"},
};

// Those that end in _reads are the mirror's own: what it has asked for.
constexpr Table::Dependent kRunDependents[] = {{"run_logs", "run_id"},
                                               {"run_log_reads", "run_id"},
                                               {"run_matrices", "run_id"},
                                               {"run_matrix_reads", "run_id"}};

}  // namespace

constinit const Table workflows{.name = "workflows",
                                .meaning = "training workflows",
                                .fields = kWorkflowFields,
                                .key = kIdAndProject};
constinit const Table runs{.name = "runs",
                           .meaning = "training runs",
                           .fields = kRunFields,
                           .key = kIdAndProject,
                           .dependents = kRunDependents};
constinit const Table run_matrices{.name = "run_matrices",
                                   .meaning = "confusion matrices of training runs",
                                   .fields = kRunMatrixFields,
                                   .key = kProjectAndRun,
                                   .logged = Logged::never,
                                   .listed = false,
                                   .id = {}};
constinit const Table run_logs{.name = "run_logs",
                               .meaning = "events of training runs, only ever added to",
                               .fields = kRunLogFields,
                               .key = kLogLine,
                               .logged = Logged::never,
                               .listed = false,
                               .id = {}};
constinit const Table insights{.name = "insights",
                               .meaning = "data set, settings and losses of finished runs",
                               .fields = kInsightFields,
                               .key = kRunAndArtifact,
                               .id = {},
                               .nullable_key = "artifact_id"};
constinit const Table artifacts{.name = "artifacts",
                                .meaning = "trained models as saved by a run",
                                .fields = kArtifactFields,
                                .key = kIdAndProject,
                                .children = kArtifactChildren,
                                .ignored_paths = kArtifactIgnored};
constinit const Table artifact_files{.name = "artifact_files",
                                     .meaning = "checkpoint files of an artifact",
                                     .fields = kArtifactFileFields,
                                     .key = {},
                                     .logged = Logged::with_parent,
                                     .id = {},
                                     .parent = &artifacts,
                                     .parent_key = "artifact_id"};
constinit const Table models{.name = "models",
                             .meaning = "artifacts exported to a format, with download links",
                             .fields = kModelFields,
                             .key = kIdAndProject,
                             .link = "download_url",
                             .link_expiry = "download_expiry"};

}  // namespace nexus_mirror::objects
