// The types that the official SDK (1.11.7) decodes answers into: which keys it requires, and what
// it takes for each. Enumerations are those of src/NEXUS_API.md.
#pragma once

namespace nexus_mirror::testing {

inline constexpr const char* kSdkTypes = R"(
ProjectType = ObjectDetection InstanceSegmentation Classification Keypoint
AccessType = Owner Collaborator Labeller
AssetStatus = Annotated Review Completed Tofix None
BoundType = Rectangle Polygon Classification Keypoints Bitmask3d
RunOverview = Creating Running Finished Errored Cancelled
Strategy = STRAT_EVERY_N_EPOCH STRAT_ALWAYS_SAVE_LATEST STRAT_LOWEST_VALIDATION_LOSS
  STRAT_HIGHEST_ACCURACY
JobStatus = Queued Running Finished Cancelled Errored
ModelFormat = TensorFlow TFLite ONNX PyTorch CoreML
DeploymentOverview = Creating Updating Removing Available Errored

Workspace: id text, name text, owner text, tier text, createDate int
TagsCountItem: name text, count int
ProjectStatistic: tagsCount [TagsCountItem]?, totalAnnotations int?, totalAssets int?,
  annotatedAssets int?
Project: id text, name text, workspaceId text, type ProjectType, createDate int, localization
  text, tags [text], groups [text], statistic ProjectStatistic?
ProjectUser: id text, accessType AccessType, email text, nickname text, picture text

RunCheckpoint: strategy Strategy, evaluationInterval int, metric text?
ArtifactMetric: totalLoss float?, classificationLoss float?, localizationLoss float?,
  regularizationLoss float?
DatasetSettings: splitRatio float, shuffle bool, seed int, usingSlidingWindow bool=
InsightDataset: dataType text, numClasses int=, averageAnnotations float=, totalAssets int=,
  settings DatasetSettings?
InsightModel: name text, batchSize int, trainingSteps int, maxDetectionPerClass int, solver text,
  learningRate float, momentum float
InsightArtifact: id text, isTraining bool, metric ArtifactMetric, step int?
ProjectInsight: flowTitle text, runId text, dataset InsightDataset, model InsightModel, checkpoint
  RunCheckpoint, artifact InsightArtifact, createDate int

Download: method text, expiryDate int, url text
AssetStatistic: tagsCount [TagsCountItem]?, totalAnnotations int?
AssetMetadata: fileSize int, mimeType text, height int, width int, groups [text], customMetadata
  {text|int|float|bool}?
Asset: id text, projectId text, filename text, status AssetStatus, createDate int, url text,
  metadata AssetMetadata, statistic AssetStatistic?
AssetPage: nextPage text?, prevPage text?, data [Asset]
AssetGroupStatistic: totalAssets int?, annotatedAssets int?, reviewedAssets int?, toFixedAssets
  int?, completedAssets int?
AssetGroup: group text=, statistic AssetGroupStatistic?
AssetParent: assetId text?, filename text?, project text?, frame int?
AssetCustomMetadata: parent AssetParent, customMetadata {text|int|float|bool}, id text?, object
  text?
AssetCustomMetadatas: customMetadatas [AssetCustomMetadata]

AttributeValue: id text, name text, value text|int|float|[text]?
Dimensions: height int, width int, depth int
AggregationWhole: id text, dimensions Dimensions, chunkCount int, axisLabels [text]?
AggregationPart: chunkNumber int, offset Dimensions, size Dimensions
Aggregation: whole AggregationWhole, thisPart AggregationPart
Annotation: id text, projectId text, assetId text, tag text, boundType BoundType, bound [any],
  frame int?, sequence text?, createDate int=, ontologyId text=, attributes [AttributeValue]=,
  aggregation Aggregation?, chunkData text?
AnnotationPage: nextPage text?, prevPage text?, data [Annotation]
Object: annotations [[Annotation]], assets [Asset]
ObjectPage: nextPage text?, prevPage text?, data Object|[Object]

Tag: index int, name text, color text?, description text?
AttributeOptions: categories [text]
OntologyAttribute: id text, name text, description text, type text, required bool, options
  AttributeOptions?, default text|int|float|[text]?
Ontology: id text, projectId text, index int, name text, version int, color text?, description
  text?, attributes [OntologyAttribute]=

SequenceItem: assetId text, ord int, role text?
SequenceAttributes: bytesUsed int, bytesTotal int, items {text}?
Sequence: id text, name text, length int, projectId text, items [SequenceItem], itemCountWithRole
  {int}, attributes SequenceAttributes, createDate int, updateDate int
SequencePage: nextPage text?, prevPage text?, data [Sequence]

Workflow: id text, projectId text, title text, createDate int, updateDate int
Accelerator: name text, count int
RunLimit: metric text, value int
RunExecution: accelerator Accelerator?, checkpoint RunCheckpoint?, limit RunLimit?
RunFeatures: preview bool=, matrix bool=, advancedEvaluation bool=, usingSlidingWindow bool=
RunStatus: overview RunOverview, message text, updateDate int
Run: id text, projectId text, flowId text, execution RunExecution, status RunStatus, createDate
  int, updateDate int, features RunFeatures?, logIds [text]?
RunLogs: id text, logs [any]
RunConfusionMatrix: data any

ArtifactModel: id text, artifactId text, status JobStatus, format ModelFormat, quantization text,
  createDate int, download Download?
Quantization: quantization [text]|text
ExportOptions: format text, optimizations Quantization, defaultOptimizations Quantization
Artifact: id text, isTraining bool, metric ArtifactMetric, step int?, projectId text=, runId
  text=, flowTitle text=, displayName text=, artifactName text=, createDate int=, isDeployed
  bool=, modelName text=, exportOptions [ExportOptions]=, exports [ArtifactModel]?

DeploymentOptions: evaluationStrategy text?, evaluationThreshold float?, evaluationGroup [text]?
Scaling: replicas int, mode text
Resources: cpu int?, ram int?, GPU_T4 int?, GPU_L4 int?, GPU_A100_40GB int?, GPU_A100_80GB int?,
  GPU_H100 int?
DeploymentVersion: versionTag text, artifactId text, updateDate int
DeploymentStatus: overview DeploymentOverview, message text, updateDate int
Deployment: id text?, name text?, status DeploymentStatus?, createDate int?, updateDate int?,
  projectId text?, artifactId text?, versionTag text?, region text?, historyVersions
  [DeploymentVersion]?, options DeploymentOptions?, instanceId text?, resources Resources?,
  scaling Scaling?, url text?
InstanceAccelerator: kind text, name text, count int, cudaCores int?, vramBytes int?
AvailableInstance: instanceId text, resources Resources, regions [text], accelerator
  InstanceAccelerator?
AvailableInstances: artifactId text, region text, availableInstances [AvailableInstance]

WithStatus: Queued int, Running int, Finished int, Cancelled int, Errored int
Progress: unit text, withStatus WithStatus
OperationStatus: overview JobStatus, message text, progress Progress
Operation: id text, kind text, status OperationStatus, createDate int, updateDate int
AnnotationExport: opId text, status JobStatus, download Download?

AnyPage: nextPage text?, prevPage text?, data [{any}]
ApiError: code text, message text
)";

}  // namespace nexus_mirror::testing
