#include "exports/formats/ndjson.h"

#include <algorithm>
#include <string_view>

#include "exports/formats/ndjson_record.h"
#include "store/left_out.h"
#include "store/project_row.h"
#include "store/wire_rows.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

using objects::Table;

// A file, in the order of keys of tests/corpus/README.md. The lines come by the table's key.
struct RecordFile {
  std::string_view name;
  const Table& table;
  std::string_view object;   // value of the key "object"
  std::string_view keys;     // see layout_of()
  bool annotations = false;  // each line is one
};

const RecordFile kFiles[] = {
    {"projects.ndjson", objects::projects, "project",
     "id object name workspaceId type createDate localization tags groups "
     "statistic{tagsCount totalAssets annotatedAssets totalAnnotations}"},
    {"assets.ndjson", objects::assets, "asset",
     "id object projectId filename status createDate url "
     "metadata{fileSize mimeType height width groups customMetadata} "
     "statistic{tagsCount{name count} totalAnnotations}"},
    {"annotations.ndjson", objects::annotations, "annotation",
     "id object projectId assetId tag boundType bound createDate", true},
    {"tags.ndjson", objects::tags, "tag", "projectId index name color description"},
    {"ontologies.ndjson", objects::ontologies, "ontology",
     "id projectId index name version color description attributes"},
    {"users.ndjson", objects::project_users, "user",
     "projectId id accessType email nickname picture"},
    {"workflows.ndjson", objects::workflows, "workflow",
     "id object projectId title createDate updateDate"},
    {"runs.ndjson", objects::runs, "run",
     "id object projectId flowId execution{accelerator checkpoint{strategy evaluationInterval "
     "metric!} limit} features status{overview message updateDate} createDate updateDate logIds"},
    {"insights.ndjson", objects::insights, "insight",
     "projectId flowTitle runId dataset{dataType numClasses averageAnnotations totalAssets} model "
     "checkpoint{strategy evaluationInterval metric!} artifact createDate"},
    {"artifacts.ndjson", objects::artifacts, "artifact",
     "id object projectId runId isTraining step flowTitle displayName artifactName modelName "
     "createDate metric{totalLoss classificationLoss localizationLoss regularizationLoss} "
     "isDeployed exportOptions{format optimizations defaultOptimizations} files"},
    {"models.ndjson", objects::models, "model",
     "projectId id object artifactId status format quantization createDate"},
    {"deployments.ndjson", objects::deployments, "deployment",
     "id object name status createDate updateDate projectId artifactId versionTag region "
     "historyVersions options! instanceId resources{cpu ram} scaling url!"},
    {"sequences.ndjson", objects::sequences, "sequence",
     "id object projectId name length items itemCountWithRole attributes createDate updateDate"},
    {"operations.ndjson", objects::operations, "operation",
     "id object projectId kind status createDate updateDate"},
};

constexpr std::string_view kWorkspaceKeys = "id object name owner tier createDate";
constexpr std::string_view kEventKeys = "ev t pl{step log totalLoss classificationLoss}";
constexpr std::string_view kByLog[] = {"log_id", "run_id", "position"};

void write_records(store::Snapshot& snapshot, const std::string& project_id,
                   const RecordFile& records, FileSet& files) {
  store::WireRows rows(snapshot, records.table, records.table.key);
  WireRecordWriter writer(snapshot, records.table, records.keys, records.object);
  const auto file = files.create(std::string(records.name));
  std::int64_t count = 0;
  std::string line;
  rows.select(project_id);
  for (; rows.next(); ++count) {
    line.clear();
    writer.append(rows, line);
    line += '\n';
    file->write(line);
  }
  if (records.annotations) file->annotations = count;
  file->close();
}

// The project's workspace, or where the mirror has none, an object with the id that the project
// names: there is no serving a folder without it.
void write_workspace(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  const auto project = store::find_project(snapshot.database(), project_id);
  const std::string id = project ? project->workspace_id : std::string();
  store::WireRows rows(snapshot, objects::workspaces, objects::workspaces.key);
  WireRecordWriter writer(snapshot, objects::workspaces, kWorkspaceKeys, "workspace");
  std::string line;
  rows.select(id);
  if (rows.next()) {
    writer.append(rows, line);
  } else {
    line += "{\"id\":";
    text::append_string(line, id);
    line += ",\"object\":\"workspace\"}";
  }
  const auto file = files.create("workspace.json");
  file->write(line + "\n");
  file->close();
}

// One record per log, of its events in their order. Two runs that name one log have it once.
void write_run_logs(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  const Table& table = objects::run_logs;
  const auto log_field = static_cast<std::size_t>(table.column("log_id"));
  const auto run_field = static_cast<std::size_t>(table.column("run_id"));
  store::WireRows events(snapshot, table, kByLog);
  WireRecordWriter writer(snapshot, table, kEventKeys, {});
  const auto file = files.create("runlogs.ndjson");
  std::string log, run, text;
  bool open = false;
  events.select(project_id);
  while (events.next()) {
    text.clear();
    if (!open || events.cell(log_field).text() != log) {
      log = events.cell(log_field).text();
      run = events.cell(run_field).text();
      text += open ? "]}\n{\"projectId\":" : "{\"projectId\":";
      text::append_string(text, project_id);
      text += ",\"id\":";
      text::append_string(text, log);
      text += ",\"logs\":[";
      open = true;
    } else if (events.cell(run_field).text() != run) {
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

// The matrix is text that holds JSON, as the server sends it.
void write_run_matrices(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  const Table& table = objects::run_matrices;
  const auto run_field = static_cast<std::size_t>(table.column("run_id"));
  const auto data_field = static_cast<std::size_t>(table.column("data"));
  store::WireRows rows(snapshot, table, table.key);
  const auto file = files.create("runmatrices.ndjson");
  std::string line;
  rows.select(project_id);
  while (rows.next()) {
    line = "{\"projectId\":";
    text::append_string(line, project_id);
    line += ",\"runId\":";
    text::append_string(line, rows.cell(run_field).text());
    if (const objects::Cell data = rows.cell(data_field); !data.null()) {
      line += ",\"data\":";
      // Text that is no JSON is kept as the JSON string of it.
      if (data.text().starts_with('"')) {
        line += data.text();
      } else {
        text::append_string(line, data.text());
      }
    }
    const std::string_view extra = rows.extra();
    if (!extra.empty()) line.append(",").append(extra.substr(1, extra.size() - 2));
    line += "}\n";
    file->write(line);
  }
  file->close();
}

}  // namespace

void write_ndjson(store::Snapshot& snapshot, const std::string& project_id, FileSet& files) {
  write_workspace(snapshot, project_id, files);
  const auto left_out = store::left_out_kinds(snapshot.database(), project_id);
  const auto loaded = store::loaded_kinds(snapshot.database(), project_id);
  const auto has = [](const auto& list, const auto& wanted) {
    return std::find_if(list.begin(), list.end(), wanted) != list.end();
  };
  for (const RecordFile& records : kFiles) {
    const std::string_view kind = records.table.name;
    // Of a kind that was never read, an empty file would say that there is none.
    const bool unknown = has(left_out, [&](const auto& one) { return one.entity == kind; }) &&
                         !has(loaded, [&](const std::string& one) { return one == kind; });
    if (!unknown) write_records(snapshot, project_id, records, files);
  }
  write_run_logs(snapshot, project_id, files);
  write_run_matrices(snapshot, project_id, files);
}

}  // namespace nexus_mirror::exports
