// What a model, artifact, run or deployment came from: rows of now, and of what is gone as the
// history tells of them last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

struct LineageModel {
  std::string id;
  std::optional<std::string> format, status;
};
struct LineageDeployment {
  std::string id;
  std::optional<std::string> name;
};
struct LineageArtifact {
  std::string id, run_id;
  std::optional<std::string> artifact_name;
  std::optional<std::int64_t> step;
  std::optional<std::string> metric;  // JSON
};
struct LineageRun {
  std::string id;
  std::optional<std::string> flow_title;
  std::optional<std::int64_t> create_date;  // UNIX ms
};

struct Lineage {
  std::string project_id, project_name;
  std::vector<LineageDeployment> deployments;
  std::vector<LineageModel> models;
  std::optional<LineageArtifact> artifact;  // none of a run
  std::vector<LineageArtifact> artifacts;   // what a run made
  std::optional<LineageRun> run;
  bool of_run = false;  // it was a run that was asked for
};

// Those of that id, one a project; `project_ids` empty = any. An id that two tables of a project
// have is that of the first of models, artifacts, runs, deployments. Throws as Database does.
std::vector<Lineage> lineages(Database& database, const std::string& id,
                              const std::vector<std::string>& project_ids);

// What the labels of a project came to. Read where the database is shown as of then (Past).
struct TagAnnotations {
  std::optional<std::string> name;
  std::int64_t annotations = 0;
};
struct DataSetCounts {
  std::int64_t assets = 0, annotations = 0;
  std::vector<TagAnnotations> tags;  // of the project, by index; then others that are used, by name
};
DataSetCounts count_data_set(Database& database, const std::string& project_id);

// Whether a sync of the whole mirror, which brought it up to date, ended between the two (UNIX ms).
bool was_up_to_date(Database& database, std::int64_t after, std::int64_t until);

}  // namespace nexus_mirror::store
