// The schema is the one of CONTRACT.md 3, and its views answer by index.
#include "store/migrations.h"

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "nexus_mirror/error.h"
#include "store/database.h"
#include "support/hand_made_mirror.h"

namespace nexus_mirror::store {
namespace {

// CONTRACT.md 3: columns beside extra. `extra` is in every table but our own.
const std::vector<std::pair<std::string, std::string>> kTables = {
    {"workspaces", "id name owner tier create_date"},
    {"projects",
     "id workspace_id name type create_date localization total_assets annotated_assets "
     "total_annotations removed_at"},
    {"project_tags", "project_id name position count"},
    {"project_groups",
     "project_id name position total_assets annotated_assets reviewed_assets to_fixed_assets "
     "completed_assets"},
    {"project_users", "project_id id access_type email nickname picture"},
    {"tags", "project_id tag_index name color description"},
    {"ontologies", "id project_id tag_index name version color description attributes"},
    {"assets",
     "id project_id filename status create_date url url_expiry file_size mime_type height width "
     "custom_metadata tags_count total_annotations"},
    {"asset_groups", "project_id asset_id name"},
    {"annotations",
     "id project_id asset_id tag bound_type bound xmin ymin xmax ymax create_date frame sequence "
     "ontology_id attributes aggregation chunk_data"},
    {"sequences",
     "id project_id name length items item_count_with_role attributes create_date update_date"},
    {"workflows", "id project_id title create_date update_date"},
    {"runs",
     "id project_id flow_id status_overview status_message status_update_date conditions "
     "accelerator_name accelerator_count checkpoint_strategy checkpoint_evaluation_interval "
     "checkpoint_metric limit_metric limit_value feature_preview feature_matrix "
     "feature_advanced_evaluation feature_using_sliding_window create_date update_date log_ids"},
    {"run_matrices", "project_id run_id data"},
    {"run_logs", "project_id run_id log_id position ev t pl"},
    {"insights",
     "project_id run_id flow_title dataset_data_type dataset_num_classes "
     "dataset_average_annotations dataset_total_assets dataset_split_ratio dataset_shuffle "
     "dataset_seed dataset_using_sliding_window model_name model_batch_size model_training_steps "
     "model_max_detection_per_class model_solver model_learning_rate model_momentum "
     "checkpoint_strategy checkpoint_evaluation_interval checkpoint_metric artifact_id "
     "artifact_is_training artifact_step total_loss classification_loss localization_loss "
     "regularization_loss create_date"},
    {"artifacts",
     "id project_id run_id flow_title display_name artifact_name model_name step is_training "
     "is_deployed create_date total_loss classification_loss localization_loss "
     "regularization_loss metric export_options"},
    {"artifact_files", "project_id artifact_id name md5"},
    {"models",
     "id artifact_id project_id status format quantization create_date download_method "
     "download_url download_expiry"},
    {"deployments",
     "id project_id artifact_id name status_overview status_message status_update_date "
     "version_tag region instance_id options resources replicas scaling_mode url create_date "
     "update_date"},
    {"deployment_versions", "project_id deployment_id version_tag artifact_id update_date"},
    {"operations",
     "id project_id kind op_link status_overview status_message progress_unit queued running "
     "finished cancelled errored create_date update_date"},
    {"syncs",
     "id started_at finished_at mode result requests bytes_received rows_inserted rows_updated "
     "rows_deleted error"},
    {"changes", "seq sync_id at entity entity_id project_id op before after"},
    {"exports", "project_id format path sha256 annotations skipped written_at sync_id"},
    {"files",
     "entity entity_id project_id status sha256 bytes mime_type etag crc32c md5 fetched_at "
     "verified_at attempts error"},
};

const std::vector<std::pair<std::string, std::string>> kViewColumns = {
    {"model_links",
     "project_id project_name run_id artifact_id artifact_name model_id format quantization "
     "status url expiry"},
    {"project_progress",
     "project_id name type assets annotated review completed tofix none annotations"},
    {"annotation_boxes",
     "annotation_id project_id asset_id filename tag bound_type x y width height"},
    {"tag_statistics", "project_id project_name tag tag_index annotations assets"},
    {"asset_files", "asset_id project_id filename status path bytes sha256 error"},
    {"model_files", "model_id artifact_id project_id format status path bytes sha256 error"},
};

class MigrationsTest : public ::testing::Test {
 protected:
  MigrationsTest() { open(); }

  void open() { database_ = std::make_unique<Database>(folder_.path() / "mirror.db", Use::write); }

  std::string file() const { return (folder_.path() / "mirror.db").string(); }

  // First column of the rows of `sql`, joined by blanks.
  std::string ask(const std::string& sql, int column = 0) {
    Statement statement = database_->prepare(sql);
    std::string text;
    while (statement.step()) {
      text += (text.empty() ? "" : " ") + std::string(statement.text(column));
    }
    return text;
  }
  std::string columns_of(const std::string& table) {
    return ask("SELECT name FROM pragma_table_info('" + table + "') ORDER BY cid");
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(MigrationsTest, MakesTheTablesOfTheContract) {
  const std::set<std::string> ours{"syncs", "changes", "exports", "files"};
  for (const auto& [table, columns] : kTables) {
    EXPECT_EQ(columns_of(table), ours.contains(table) ? columns : columns + " extra") << table;
    EXPECT_EQ(ask("SELECT strict FROM pragma_table_list WHERE name = '" + table + "'"), "1")
        << table;
  }
}

TEST_F(MigrationsTest, MakesTheViewsOfTheContract) {
  for (const auto& [view, columns] : kViewColumns) EXPECT_EQ(columns_of(view), columns) << view;
  EXPECT_EQ(ask("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"),
            "annotation_boxes asset_files model_files model_links project_progress tag_statistics");
}

TEST_F(MigrationsTest, AnswersFromViewsByIndex) {
  const char* const lookups[] = {
      "SELECT * FROM model_links WHERE project_id = ?",
      "SELECT * FROM model_links WHERE artifact_id = ?",
      "SELECT * FROM model_links WHERE model_id = ?",
      "SELECT * FROM project_progress WHERE project_id = ?",
      "SELECT * FROM project_progress",
      "SELECT * FROM annotation_boxes WHERE project_id = ?",
      "SELECT * FROM annotation_boxes WHERE asset_id = ?",
      "SELECT * FROM annotation_boxes WHERE project_id = ? AND tag = ?",
      "SELECT * FROM annotation_boxes WHERE project_id = ? AND filename = ?",
      "SELECT * FROM annotation_boxes WHERE annotation_id = ?",
      "SELECT * FROM tag_statistics WHERE project_id = ?",
      "SELECT * FROM tag_statistics WHERE project_id = ? AND tag = ?",
      "SELECT * FROM asset_files WHERE asset_id = ?",
      "SELECT * FROM asset_files WHERE project_id = ? AND status = 'ok'",
      "SELECT * FROM asset_files WHERE filename = ?",
      "SELECT * FROM asset_files WHERE sha256 = ?",
      "SELECT * FROM model_files WHERE model_id = ?",
      "SELECT * FROM model_files WHERE artifact_id = ?",
      "SELECT * FROM model_files WHERE project_id = ?"};
  for (const char* sql : lookups) {
    Statement plan = database_->prepare(std::string("EXPLAIN QUERY PLAN ") + sql);
    while (plan.step()) {
      const std::string step(plan.text(3));
      for (const char* scan : {"SCAN a", "SCAN n", "SCAN m", "SCAN f"}) {
        const std::string table(scan);
        EXPECT_FALSE(step == table || step.starts_with(table + " ")) << sql << ": " << step;
      }
    }
  }
}

TEST_F(MigrationsTest, StaysAsItIsWhenOpenedAgain) {
  const std::string schema = ask("PRAGMA schema_version");
  EXPECT_EQ(ask("PRAGMA user_version"), std::to_string(latest_schema_version()));
  EXPECT_EQ(ask("PRAGMA journal_mode"), "wal");
  open();
  EXPECT_EQ(ask("PRAGMA schema_version"), schema);
  EXPECT_EQ(ask("PRAGMA integrity_check"), "ok");
}

TEST_F(MigrationsTest, RefusesAMirrorOfANewerVersion) {
  database_->execute("PRAGMA user_version = 1000");
  database_.reset();
  for (const Use use : {Use::write, Use::compare}) {
    try {
      Database(MirrorFile(file()), use);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::machine);
      EXPECT_NE(std::string(error.what()).find("newer nexus-mirror"), std::string::npos)
          << error.what();
    }
  }
}

TEST_F(MigrationsTest, RefusesADatabaseOfSomethingElse) {
  const std::string other = (folder_.path() / "other.db").string();
  SQLite::Database(other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t(a)");
  EXPECT_THROW(Database(MirrorFile(other), Use::write), Error);
  EXPECT_EQ(SQLite::Database(other).execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 1);
}

}  // namespace
}  // namespace nexus_mirror::store
