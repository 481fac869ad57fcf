// CONTRACT.md 4.1: after a sync every row equals what the server sent.
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

using rapidjson::Value;

class Promise1Exact : public PromiseTest {};

// What stands at `path`, names parted by dots; null when nothing does.
const Value* member(const Value& object, const std::string& path) {
  const Value* value = &object;
  std::istringstream names(path);
  for (std::string name; std::getline(names, name, '.');) {
    if (!value->IsObject()) return nullptr;
    const auto found = value->FindMember(name.c_str());
    if (found == value->MemberEnd()) return nullptr;
    value = &found->value;
  }
  return value->IsNull() ? nullptr : value;
}

std::string json_text(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

// The value of a column, as json_quote() writes it.
rapidjson::Document expected(const Value& record, const std::string& path) {
  rapidjson::Document value;
  const Value* sent = member(record, path);
  if (sent == nullptr) return value;
  if (sent->IsBool()) {
    value.SetInt(sent->GetBool() ? 1 : 0);
  } else {
    value.CopyFrom(*sent, value.GetAllocator());
  }
  if (path == "statistic.tagsCount" && value.IsArray()) {  // it has no order of its own
    std::sort(value.Begin(), value.End(), [](const Value& a, const Value& b) {
      return std::string_view(a["name"].GetString()) < b["name"].GetString();
    });
  }
  return value;
}

// A kind of the corpus and where its columns come from; the first one tells rows apart.
struct Source {
  std::string kind, table;
  std::vector<std::pair<std::string, std::string>> columns;
};

const std::vector<Source>& sources() {
  static const std::vector<Source> kSources = {
      {"projects",
       "projects",
       {{"id", "id"},
        {"workspace_id", "workspaceId"},
        {"name", "name"},
        {"type", "type"},
        {"create_date", "createDate"},
        {"localization", "localization"},
        {"total_assets", "statistic.totalAssets"},
        {"annotated_assets", "statistic.annotatedAssets"},
        {"total_annotations", "statistic.totalAnnotations"},
        {"removed_at", "-"}}},
      {"assets",
       "assets",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"filename", "filename"},
        {"status", "status"},
        {"create_date", "createDate"},
        {"file_size", "metadata.fileSize"},
        {"mime_type", "metadata.mimeType"},
        {"height", "metadata.height"},
        {"width", "metadata.width"},
        {"json(custom_metadata)", "metadata.customMetadata"},
        {"json(tags_count)", "statistic.tagsCount"},
        {"total_annotations", "statistic.totalAnnotations"},
        {"extra", "-"}}},
      {"annotations",
       "annotations",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"asset_id", "assetId"},
        {"tag", "tag"},
        {"bound_type", "boundType"},
        {"json(bound)", "bound"},
        {"create_date", "createDate"},
        {"frame", "-"},
        {"attributes", "-"},
        {"extra", "-"}}},
      {"ontologies",
       "ontologies",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"tag_index", "index"},
        {"name", "name"},
        {"version", "version"},
        {"color", "color"},
        {"description", "description"},
        {"json(attributes)", "attributes"}}},
      {"workflows",
       "workflows",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"title", "title"},
        {"create_date", "createDate"},
        {"update_date", "updateDate"}}},
      {"runs",
       "runs",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"flow_id", "flowId"},
        {"status_overview", "status.overview"},
        {"status_message", "status.message"},
        {"status_update_date", "status.updateDate"},
        {"accelerator_name", "execution.accelerator.name"},
        {"accelerator_count", "execution.accelerator.count"},
        {"checkpoint_strategy", "execution.checkpoint.strategy"},
        {"checkpoint_evaluation_interval", "execution.checkpoint.evaluationInterval"},
        {"checkpoint_metric", "execution.checkpoint.metric"},
        {"limit_metric", "execution.limit.metric"},
        {"limit_value", "execution.limit.value"},
        {"feature_preview", "features.preview"},
        {"feature_matrix", "features.matrix"},
        {"feature_advanced_evaluation", "features.advancedEvaluation"},
        {"feature_using_sliding_window", "features.usingSlidingWindow"},
        {"create_date", "createDate"},
        {"update_date", "updateDate"},
        {"json(log_ids)", "logIds"},
        {"extra", "-"}}},
      {"artifacts",
       "artifacts",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"run_id", "runId"},
        {"flow_title", "flowTitle"},
        {"display_name", "displayName"},
        {"artifact_name", "artifactName"},
        {"model_name", "modelName"},
        {"step", "step"},
        {"is_training", "isTraining"},
        {"is_deployed", "isDeployed"},
        {"create_date", "createDate"},
        {"total_loss", "metric.totalLoss"},
        {"classification_loss", "metric.classificationLoss"},
        {"localization_loss", "metric.localizationLoss"},
        {"regularization_loss", "metric.regularizationLoss"},
        {"json(export_options)", "exportOptions"},
        {"extra", "-"}}},
      {"models",
       "models",
       {{"id", "id"},
        {"artifact_id", "artifactId"},
        {"project_id", "projectId"},
        {"status", "status"},
        {"format", "format"},
        {"quantization", "quantization"},
        {"create_date", "createDate"},
        {"extra", "-"}}},
      {"deployments",
       "deployments",
       {{"id", "id"},
        {"project_id", "projectId"},
        {"artifact_id", "artifactId"},
        {"name", "name"},
        {"status_overview", "status.overview"},
        {"status_update_date", "status.updateDate"},
        {"version_tag", "versionTag"},
        {"region", "region"},
        {"instance_id", "instanceId"},
        {"json(resources)", "resources"},
        {"replicas", "scaling.replicas"},
        {"scaling_mode", "scaling.mode"},
        {"url", "url"},
        {"extra", "-"}}},
      {"tags",
       "tags",
       {{"project_id || '/' || tag_index", "key"},
        {"name", "name"},
        {"color", "color"},
        {"description", "description"}}},
      {"users",
       "project_users",
       {{"project_id || '/' || id", "key"},
        {"access_type", "accessType"},
        {"email", "email"},
        {"nickname", "nickname"},
        {"picture", "picture"}}},
      {"insights",
       "insights",
       {{"run_id || '/' || artifact_id", "key"},
        {"project_id", "projectId"},
        {"flow_title", "flowTitle"},
        {"dataset_data_type", "dataset.dataType"},
        {"dataset_num_classes", "dataset.numClasses"},
        {"dataset_average_annotations", "dataset.averageAnnotations"},
        {"dataset_split_ratio", "dataset.settings.splitRatio"},
        {"dataset_shuffle", "dataset.settings.shuffle"},
        {"model_name", "model.name"},
        {"model_batch_size", "model.batchSize"},
        {"model_training_steps", "model.trainingSteps"},
        {"model_learning_rate", "model.learningRate"},
        {"artifact_step", "artifact.step"},
        {"total_loss", "artifact.metric.totalLoss"},
        {"create_date", "createDate"}}},
  };
  return kSources;
}

// Records without an id of their own get a "key" that is the same in the mirror.
void add_key(const std::string& kind, rapidjson::Document& record) {
  std::string key;
  const auto text = [&](const char* path) {
    return std::string(member(record, path)->GetString());
  };
  if (kind == "tags") {
    key = text("projectId") + "/" + std::to_string(record["index"].GetInt());
  } else if (kind == "users") {
    key = text("projectId") + "/" + text("id");
  } else if (kind == "insights") {
    key = text("runId") + "/" + text("artifact.id");
  }
  record.AddMember("key", Value(key.c_str(), record.GetAllocator()), record.GetAllocator());
}

std::string sql_of(const Source& source) {
  std::string sql;
  for (const auto& [column, path] : source.columns) {
    sql += (sql.empty() ? "SELECT json_array(" : ", ") + column;
  }
  return sql + ") FROM " + source.table;
}

TEST_F(Promise1Exact, EveryRowEqualsTheServersObject) {
  const auto mirror = this->mirror();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  for (const Source& source : sources()) {
    SCOPED_TRACE(source.table);
    std::map<std::string, std::string> rows;
    for (const std::string& text : mirror->rows(sql_of(source))) {
      rapidjson::Document row;
      row.Parse<rapidjson::kParseFullPrecisionFlag>(text.c_str());
      rows.emplace(row[0].GetString(), text);
    }
    const auto lines = corpus_lines(source.kind);
    ASSERT_EQ(rows.size(), lines.size());
    for (const std::string& line : lines) {
      rapidjson::Document record;
      record.Parse<rapidjson::kParseFullPrecisionFlag>(line.c_str());
      add_key(source.kind, record);
      const auto found = rows.find(member(record, source.columns[0].second)->GetString());
      ASSERT_NE(found, rows.end()) << line;
      rapidjson::Document row;
      row.Parse<rapidjson::kParseFullPrecisionFlag>(found->second.c_str());
      for (rapidjson::SizeType i = 0; i < row.Size(); ++i) {
        const rapidjson::Document wanted = expected(record, source.columns[i].second);
        ASSERT_TRUE(row[i] == wanted) << source.columns[i].first << " of " << line << "\nis "
                                      << json_text(row[i]) << " not " << json_text(wanted);
      }
    }
  }
}

TEST_F(Promise1Exact, ListsInsideObjectsAreRows) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  std::size_t groups = 0, files = 0, versions = 0, log_lines = 0;
  for (const auto& [kind, path, count] : {std::tuple{"assets", "metadata.groups", &groups},
                                          {"artifacts", "files", &files},
                                          {"deployments", "historyVersions", &versions},
                                          {"runlogs", "logs", &log_lines}}) {
    for (const std::string& line : corpus_lines(kind)) {
      rapidjson::Document record;
      record.Parse(line.c_str());
      if (const Value* list = member(record, path)) *count += list->Size();
    }
  }
  EXPECT_EQ(mirror->value("SELECT count(*) FROM asset_groups"), std::to_string(groups));
  EXPECT_EQ(mirror->value("SELECT count(*) FROM artifact_files"), std::to_string(files));
  EXPECT_EQ(mirror->value("SELECT count(*) FROM deployment_versions"), std::to_string(versions));
  EXPECT_EQ(mirror->value("SELECT count(*) FROM run_logs"), std::to_string(log_lines));
  rapidjson::Document project;
  project.Parse(corpus_line("projects", kBloodCells).c_str());
  std::vector<std::string> tags;
  for (const Value& tag : project["statistic"]["tagsCount"].GetArray()) {
    tags.push_back(std::to_string(tags.size()) + "|" + tag["name"].GetString() + "|" +
                   std::to_string(tag["count"].GetInt()));
  }
  EXPECT_EQ(mirror->rows("SELECT position, name, count FROM project_tags WHERE project_id = '" +
                         std::string(kBloodCells) + "' ORDER BY position"),
            tags);
}

TEST_F(Promise1Exact, ExtentsAreThoseOfTheBound) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE bound_type = 'Rectangle' AND "
                           "(xmin, ymin, xmax, ymax) IS NOT "
                           "(bound ->> '$[0][0]', bound ->> '$[0][1]', bound ->> '$[2][0]', "
                           "bound ->> '$[2][1]')"),
            0);
}

TEST_F(Promise1Exact, TheOtherDialectGivesTheSameMirror) {
  const auto v2 = mirror();
  ASSERT_EQ(v2->sync().status, 0);
  serve({"--dialect", "v1"});
  const auto v1 = mirror();
  const Ended ended = v1->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(v1->dump() == v2->dump());
}

TEST_F(Promise1Exact, ChangesOnTheServerAreChangesInTheMirror) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  const std::string changed = id_of(lines[0]), gone = id_of(lines[1]);
  put("annotations", changed, replaced(lines[0], "\"tag\":\"person\"", "\"tag\":\"walker\""));
  remove("annotations", gone);
  put("annotations", "annot_new",
      replaced(replaced(lines[2], id_of(lines[2]), "annot_new"),
               "\"tag\":", "\"iso\":100,\"tag\":"));
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->rows("SELECT entity_id, op, after ->> '$.tag' FROM changes WHERE sync_id = 2 "
                         "ORDER BY op DESC"),
            (std::vector<std::string>{changed + "|update|walker", "annot_new|insert|person",
                                      gone + "|delete|NULL"}));
  EXPECT_EQ(mirror->rows("SELECT before, after FROM changes WHERE sync_id = 2 AND op = 'update'"),
            (std::vector<std::string>{R"({"tag":"person"}|{"tag":"walker"})"}));
  EXPECT_EQ(mirror->value("SELECT tag, extra FROM annotations WHERE id = 'annot_new'"),
            "person|{\"iso\":100}");
  EXPECT_EQ(mirror->value("SELECT rows_inserted, rows_updated, rows_deleted FROM syncs "
                          "WHERE id = 2"),
            "1|1|1");
  const auto clean = this->mirror(kKeypoints);
  ASSERT_EQ(clean->sync().status, 0);
  EXPECT_EQ(mirror->dump(), clean->dump());
}

TEST_F(Promise1Exact, AnAssetsGroupsChangeWithIt) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string line = corpus_line("assets", kKeypoints);
  put("assets", id_of(line), replaced(line, "[\"main\"]", "[\"main\",\"night\"]"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->rows("SELECT name FROM asset_groups WHERE asset_id = '" + id_of(line) +
                         "' ORDER BY name"),
            (std::vector<std::string>{"main", "night"}));
  EXPECT_EQ(mirror->value("SELECT before ->> '$.groups', after ->> '$.groups' FROM changes WHERE "
                          "sync_id = 2 AND entity = 'assets'"),
            R"(["main"]|["main","night"])");
}

}  // namespace
}  // namespace nexus_mirror::testing
