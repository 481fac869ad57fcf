#include "exports/formats/ndjson.h"

#include <string_view>

#include "exports/formats/ndjson_record.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

using objects::Table;

// A file, in the order of keys and lines of tests/corpus/README.md.
struct RecordFile {
  std::string_view name;
  const Table& table;
  std::string_view object;    // value of the key "object"
  std::string_view where;     // ?1 is the project
  std::string_view order_by;  // of the lines
  std::string_view keys;      // see layout_of()
};

constexpr std::string_view kOfProject = "project_id = ?1";

const RecordFile kFiles[] = {
    {"projects.ndjson", objects::projects, "project", "id = ?1", "id",
     "id object name workspaceId type createDate localization tags groups "
     "statistic{tagsCount totalAssets annotatedAssets totalAnnotations}"},
    {"assets.ndjson", objects::assets, "asset", kOfProject, "id",
     "id object projectId filename status createDate url "
     "metadata{fileSize mimeType height width groups customMetadata} "
     "statistic{tagsCount{name count} totalAnnotations}"},
    {"annotations.ndjson", objects::annotations, "annotation", kOfProject, "id",
     "id object projectId assetId tag boundType bound createDate"},
    {"tags.ndjson", objects::tags, "tag", kOfProject, "tag_index",
     "projectId index name color description"},
    {"ontologies.ndjson", objects::ontologies, "ontology", kOfProject, "id",
     "id projectId index name version color description attributes"},
    {"users.ndjson", objects::project_users, "user", kOfProject, "id",
     "projectId id accessType email nickname picture"},
    {"workflows.ndjson", objects::workflows, "workflow", kOfProject, "id",
     "id object projectId title createDate updateDate"},
    {"runs.ndjson", objects::runs, "run", kOfProject, "id",
     "id object projectId flowId execution{accelerator checkpoint{strategy evaluationInterval "
     "metric!} limit} features status{overview message updateDate} createDate updateDate logIds"},
    {"insights.ndjson", objects::insights, "insight", kOfProject, "run_id, artifact_id",
     "projectId flowTitle runId dataset{dataType numClasses averageAnnotations totalAssets} model "
     "checkpoint{strategy evaluationInterval metric!} artifact createDate"},
    {"artifacts.ndjson", objects::artifacts, "artifact", kOfProject, "id",
     "id object projectId runId isTraining step flowTitle displayName artifactName modelName "
     "createDate metric{totalLoss classificationLoss localizationLoss regularizationLoss} "
     "isDeployed exportOptions{format optimizations defaultOptimizations} files"},
    {"models.ndjson", objects::models, "model", kOfProject, "id",
     "projectId id object artifactId status format quantization createDate"},
    {"deployments.ndjson", objects::deployments, "deployment", kOfProject, "id",
     "id object name status createDate updateDate projectId artifactId versionTag region "
     "historyVersions options! instanceId resources{cpu ram} scaling url!"},
    {"sequences.ndjson", objects::sequences, "sequence", kOfProject, "id",
     "id object projectId name length items itemCountWithRole attributes createDate updateDate"},
    {"operations.ndjson", objects::operations, "operation", kOfProject, "id",
     "id object projectId kind status createDate updateDate"},
};

constexpr std::string_view kWorkspaceKeys = "id object name owner tier createDate";
constexpr std::string_view kEventKeys = "ev t pl{step log totalLoss classificationLoss}";

std::string select(const Table& table, std::string_view where, std::string_view order_by) {
  return "SELECT " + columns_of(table) + " FROM " + std::string(table.name) + " WHERE " +
         std::string(where) + " ORDER BY " + std::string(order_by);
}

void write_records(store::Snapshot& snapshot, const std::string& project_id,
                   const RecordFile& records, FileSet& files) {
  store::Statement rows = snapshot.prepare(select(records.table, records.where, records.order_by));
  RecordWriter writer(snapshot, records.table, records.keys, records.object);
  const auto file = files.create(std::string(records.name));
  std::int64_t count = 0;
  std::string line;
  rows.bind(1, project_id);
  for (; rows.step(); ++count) {
    line.clear();
    writer.append(rows, line);
    line += '\n';
    file->write(line);
  }
  if (&records.table == &objects::annotations) file->annotations = count;
  file->close();
}

// The project's workspace, or where the mirror has none, an object with the id that the project
// names: there is no serving a folder without it.
void write_workspace(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  store::Statement rows = snapshot.prepare(
      select(objects::workspaces, "id = (SELECT workspace_id FROM projects WHERE id = ?1)", "id"));
  RecordWriter writer(snapshot, objects::workspaces, kWorkspaceKeys, "workspace");
  std::string line;
  rows.bind(1, project_id);
  if (rows.step()) {
    writer.append(rows, line);
  } else {
    store::Statement named = snapshot.prepare("SELECT workspace_id FROM projects WHERE id = ?1");
    named.bind(1, project_id);
    line += "{\"id\":";
    text::append_string(line, named.step() ? named.text(0) : std::string_view());
    line += ",\"object\":\"workspace\"}";
  }
  const auto file = files.create("workspace.json");
  file->write(line + "\n");
  file->close();
}

// One record per log, of its events in their order. Two runs that name one log have it once.
void write_run_logs(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  const Table& table = objects::run_logs;
  const int log_column = table.column("log_id"), run_column = table.column("run_id");
  store::Statement events = snapshot.prepare(select(table, kOfProject, "log_id, run_id, position"));
  RecordWriter writer(snapshot, table, kEventKeys, {});
  const auto file = files.create("runlogs.ndjson");
  std::string log, run, text;
  bool open = false;
  events.bind(1, project_id);
  while (events.step()) {
    text.clear();
    if (!open || events.text(log_column) != log) {
      log = events.text(log_column);
      run = events.text(run_column);
      text += open ? "]}\n{\"projectId\":" : "{\"projectId\":";
      text::append_string(text, project_id);
      text += ",\"id\":";
      text::append_string(text, log);
      text += ",\"logs\":[";
      open = true;
    } else if (events.text(run_column) != run) {
      continue;
    } else {
      text += ',';
    }
    writer.append(events, text);
    file->write(text);
  }
  if (open) file->write("]}\n");
  file->close();
}

}  // namespace

void write_ndjson(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  write_workspace(snapshot, project_id, files);
  for (const RecordFile& records : kFiles) write_records(snapshot, project_id, records, files);
  write_run_logs(snapshot, project_id, files);
}

}  // namespace nexus_mirror::exports
