#include "objects/enumerations.h"
#include "objects/table.h"

namespace nexus_mirror::objects {
namespace {

using enum FieldKind;

constexpr std::string_view kId[] = {"id"};
constexpr std::string_view kIdAndProject[] = {"id", "project_id"};
constexpr std::string_view kSeq[] = {"seq"};
constexpr std::string_view kFile[] = {"project_id", "path"};
constexpr std::string_view kSet[] = {"project_id", "asset_id", "formats"};

constexpr Field kDeploymentFields[] = {
    {"id", text, "id", "the deployment's id"},
    {"project_id", text, "projectId project", "the project"},
    {"artifact_id", text, "artifactId", "artifact that it serves"},
    {"name", text, "name", "its name"},
    {"status_overview", text, "status.overview", "state, e.g. Creating or Available"},
    {"status_message", text, "status.message", "what the server says of the state"},
    {"status_update_date", time, "status.updateDate status.updateData status.statusDate",
     "when the state last changed"},
    {"version_tag", text, "versionTag", "version that it serves"},
    {"region", text, "region", "where it runs"},
    {"instance_id", text, "instanceId", "kind of machine"},
    {"options", json, "options", "JSON object of its options"},
    {"resources", json, "resources", "JSON object of CPU, memory and GPUs"},
    {"replicas", integer, "scaling.replicas scaling.numInstances", "number of instances"},
    {"scaling_mode", text, "scaling.mode", "how the number is decided"},
    {"url", text, "url", "where predictions are asked for"},
    {"create_date", time, "createDate", "when it was made"},
    {"update_date", time, "updateDate", "when it last changed"},
};

constexpr Field kVersionFields[] = {
    {"project_id", text, "", "the project"},
    {"deployment_id", text, "", "the deployment"},
    {"version_tag", text, "versionTag", "version"},
    {"artifact_id", text, "artifactId", "artifact that it served"},
    {"update_date", time, "updateDate", "when it was deployed"},
};

constexpr ChildList kDeploymentChildren[] = {
    {&deployment_versions, "history_versions", "historyVersions", false},
};

constexpr Field kOperationFields[] = {
    {"id", text, "id opId", "the operation's id"},
    {"project_id", text, "projectId project", "the project"},
    {"kind", text, "kind", "what is done, e.g. nexus.annotations.export"},
    {"op_link", text, "opLink", "the server's name for it"},
    {"status_overview", enumeration, "status.overview",
     "Queued, Running, Finished, Cancelled or Errored", kJobStates},
    {"status_message", text, "status.message", "what the server says of the state"},
    {"progress_unit", text, "status.progress.unit", "what the five counts count"},
    {"queued", integer, "status.progress.withStatus.Queued status.progress.withStatus.queued",
     "units that wait"},
    {"running", integer, "status.progress.withStatus.Running status.progress.withStatus.running",
     "units under way"},
    {"finished", integer, "status.progress.withStatus.Finished status.progress.withStatus.finished",
     "units done"},
    {"cancelled", integer,
     "status.progress.withStatus.Cancelled status.progress.withStatus.cancelled",
     "units cancelled"},
    {"errored", integer, "status.progress.withStatus.Errored status.progress.withStatus.errored",
     "units that failed"},
    {"create_date", time, "createDate status.timeScheduled", "when it was asked for"},
    {"update_date", time, "updateDate status.timeUpdated", "when it last changed"},
};

constexpr Field kSyncFields[] = {
    {"id", integer, "", "number of the sync, growing"},
    {"started_at", time, "", "when it began"},
    {"finished_at", time, "", "when it ended; NULL while it runs or when it was killed"},
    {"mode", text, "", "full or quick"},
    {"result", text, "", "running, ok, partial, refused, failed or interrupted"},
    {"requests", integer, "", "requests sent to the server"},
    {"bytes_received", integer, "", "bytes of answers, as they came over the wire"},
    {"rows_inserted", integer, "", "rows added"},
    {"rows_updated", integer, "", "rows changed"},
    {"rows_deleted", integer, "", "rows removed"},
    {"error", text, "", "what went wrong, one line"},
};

constexpr Field kChangeFields[] = {
    {"seq", integer, "", "number of the change, growing without reuse"},
    {"sync_id", integer, "",
     "sync that found it; NULL for a job that export --server or links --request started"},
    {"at", time, "", "when it was found"},
    {"entity", text, "", "table of the row"},
    {"entity_id", text, "", "its id; parts of a compound key joined by /; NULL for load"},
    {"project_id", text, "", "the project; NULL for a workspace"},
    {"op", text, "", "insert, update, delete or load (first complete listing)"},
    {"before", json, "", "JSON object: the row, or of an update the columns that differ"},
    {"after", json, "", "the same after the change; of a load {\"rows\":N}"},
};

constexpr Field kExportFields[] = {
    {"project_id", text, "", "the project"},
    {"format", text, "", "export format"},
    {"path", text, "", "file, relative to the export directory"},
    {"sha256", text, "", "SHA-256 of its bytes, hexadecimal"},
    {"annotations", integer, "", "annotations in it"},
    {"skipped", integer, "", "annotations left out because the format cannot say them"},
    {"written_at", time, "", "when it was written"},
    {"sync_id", integer, "", "sync after which it was written"},
};

constexpr Field kSetFields[] = {
    {"project_id", text, "", "the project"},
    {"asset_id", text, "", "the asset"},
    {"formats", json, "", "JSON list of the export formats that share this split"},
    {"split", text, "", "the set that it is in: train, validate or test"},
};

constexpr std::string_view kFileKey[] = {"project_id", "entity", "entity_id"};

constexpr Field kFileFields[] = {
    {"entity", text, "", "assets or models: table of the object that it is the file of"},
    {"entity_id", text, "", "the object's id"},
    {"project_id", text, "", "the project"},
    {"status", text, "", "ok (it is here), missing, or failed: error says why"},
    {"sha256", text, "", "SHA-256 of the content that is here, by which it is kept, hexadecimal"},
    {"bytes", integer, "", "of the content"},
    {"mime_type", text, "", "media type as the storage says"},
    {"etag", text, "", "ETag as it came from the storage"},
    {"crc32c", text, "", "CRC-32C of the content as x-goog-hash spells it"},
    {"md5", text, "", "MD5 of the content as x-goog-hash spells it"},
    {"fetched_at", time, "", "when the content came"},
    {"verified_at", time, "", "when it was last read and found to be what it was"},
    {"attempts", integer, "", "syncs in a row that could not fetch it"},
    {"error", text, "", "why the last of them could not"},
};

}  // namespace

constinit const Table deployments{.name = "deployments",
                                  .meaning = "models that are served",
                                  .fields = kDeploymentFields,
                                  .key = kIdAndProject,
                                  .children = kDeploymentChildren};
constinit const Table deployment_versions{.name = "deployment_versions",
                                          .meaning = "what a deployment served when",
                                          .fields = kVersionFields,
                                          .key = {},
                                          .logged = Logged::with_parent,
                                          .id = {},
                                          .parent = &deployments,
                                          .parent_key = "deployment_id"};
// Rows come by id alone: the server lists none.
constinit const Table operations{.name = "operations",
                                 .meaning = "long-running jobs on the server",
                                 .fields = kOperationFields,
                                 .key = kIdAndProject,
                                 .listed = false};
constinit const Table syncs{.name = "syncs",
                            .meaning = "one row per sync",
                            .fields = kSyncFields,
                            .key = kId,
                            .storage = Storage::counter,
                            .logged = Logged::never,
                            .has_extra = false,
                            .project = {}};
constinit const Table changes{.name = "changes",
                              .meaning = "what each sync found changed",
                              .fields = kChangeFields,
                              .key = kSeq,
                              .storage = Storage::counter,
                              .logged = Logged::never,
                              .has_extra = false,
                              .id = {}};
constinit const Table exports{.name = "exports",
                              .meaning = "files written by exports",
                              .fields = kExportFields,
                              .key = kFile,
                              .logged = Logged::never,
                              .has_extra = false,
                              .id = {}};
constinit const Table asset_sets{.name = "asset_sets",
                                 .meaning = "which set of a split each exported asset is in",
                                 .fields = kSetFields,
                                 .key = kSet,
                                 .storage = Storage::key,
                                 .logged = Logged::never,
                                 .has_extra = false,
                                 .id = {}};
// What `changes` tells of it is written by hand: store/kept_files.h.
constinit const Table files{.name = "files",
                            .meaning = "images and models that are kept, or wanted, here",
                            .fields = kFileFields,
                            .key = kFileKey,
                            .storage = Storage::key,
                            .logged = Logged::never,
                            .has_extra = false,
                            .id = {}};

}  // namespace nexus_mirror::objects
