#include "store/past/lineage.h"

#include <algorithm>
#include <set>

namespace nexus_mirror::store {
namespace {

// A table of objects as it is, and behind it those that are gone, as they were when they went.
std::string all_that_were(const char* table, const std::vector<const char*>& columns) {
  std::string now, gone;
  for (const char* column : columns) {
    now += std::string(", ") + column;
    gone += std::string(", before ->> '$.") + column + "'";
  }
  const std::string name(table);
  return "(SELECT id, project_id" + now + " FROM " + name +
         " UNION ALL SELECT entity_id, project_id" + gone + " FROM changes c WHERE entity = '" +
         name + "' AND op = 'delete' AND NOT EXISTS (SELECT 1 FROM " + name +
         " o WHERE o.id = c.entity_id AND o.project_id = c.project_id) AND seq = (SELECT "
         "max(l.seq) FROM changes l WHERE l.entity = '" +
         name +
         "' AND l.entity_id = c.entity_id AND l.project_id = c.project_id AND l.op = 'delete'))";
}

const std::string kModels = all_that_were("models", {"artifact_id", "format", "status"});
const std::string kArtifacts =
    all_that_were("artifacts", {"run_id", "artifact_name", "step", "metric", "flow_title"});
const std::string kRuns = all_that_were("runs", {"flow_id", "create_date"});
const std::string kDeployments = all_that_were("deployments", {"artifact_id", "name"});

Statement where(Database& database, const std::string& columns, const std::string& table,
                const char* column, const std::string& value, const std::string& project) {
  Statement select = database.prepare("SELECT " + columns + " FROM " + table + " WHERE " + column +
                                      " = ?1 AND project_id = ?2 ORDER BY id");
  select.bind(1, std::string_view(value)).bind(2, std::string_view(project));
  return select;
}

std::vector<LineageArtifact> artifacts(Database& database, const char* column,
                                       const std::string& value, const std::string& project) {
  std::vector<LineageArtifact> found;
  Statement select = where(database, "id, run_id, artifact_name, step, metric", kArtifacts, column,
                           value, project);
  while (select.step()) {
    found.push_back({std::string(select.text(0)), std::string(select.text(1)),
                     select.optional_text(2), select.optional_integer(3), select.optional_text(4)});
  }
  return found;
}

void add_uses(Database& database, const std::string& artifact, bool models, bool deployments,
              Lineage& lineage) {
  if (models) {
    Statement select =
        where(database, "id, format, status", kModels, "artifact_id", artifact, lineage.project_id);
    while (select.step()) {
      lineage.models.push_back(
          {std::string(select.text(0)), select.optional_text(1), select.optional_text(2)});
    }
  }
  if (!deployments) return;
  Statement select =
      where(database, "id, name", kDeployments, "artifact_id", artifact, lineage.project_id);
  while (select.step()) {
    lineage.deployments.push_back({std::string(select.text(0)), select.optional_text(1)});
  }
}

std::optional<LineageRun> run_of(Database& database, const std::string& id,
                                 const std::string& project) {
  Statement run = where(database, "id, flow_id, create_date", kRuns, "id", id, project);
  if (!run.step()) return std::nullopt;
  LineageRun found{id, {}, run.optional_integer(2)};
  Statement title = database.prepare(
      "SELECT title FROM workflows WHERE id = ?1 AND project_id = ?2 UNION ALL "
      "SELECT flow_title FROM " +
      kArtifacts +
      " WHERE run_id = ?3 AND project_id = ?2 "
      "AND flow_title IS NOT NULL LIMIT 1");
  title.bind(1, run.optional_text(1)).bind(2, std::string_view(project));
  title.bind(3, std::string_view(id));
  if (title.step()) found.flow_title = title.optional_text(0);
  return found;
}

// Of the object of `id` in a table; nothing where it has none such.
bool fill(Database& database, const std::string& id, Lineage& lineage) {
  const std::string& project = lineage.project_id;
  std::optional<std::string> artifact;
  if (Statement model = where(database, "artifact_id, format, status", kModels, "id", id, project);
      model.step()) {
    lineage.models.push_back({id, model.optional_text(1), model.optional_text(2)});
    artifact = model.optional_text(0);
    if (artifact) add_uses(database, *artifact, false, true, lineage);
  } else if (!artifacts(database, "id", id, project).empty()) {
    artifact = id;
    add_uses(database, id, true, true, lineage);
  } else if (auto run = run_of(database, id, project)) {
    lineage.of_run = true;
    lineage.run = std::move(run);
    lineage.artifacts = artifacts(database, "run_id", id, project);
    for (const LineageArtifact& made : lineage.artifacts) {
      add_uses(database, made.id, true, true, lineage);
    }
    return true;
  } else if (Statement deployment =
                 where(database, "artifact_id, name", kDeployments, "id", id, project);
             deployment.step()) {
    lineage.deployments.push_back({id, deployment.optional_text(1)});
    artifact = deployment.optional_text(0);
    if (artifact) add_uses(database, *artifact, true, false, lineage);
  } else {
    return false;
  }
  if (!artifact) return true;
  const auto found = artifacts(database, "id", *artifact, project);
  if (found.empty()) return true;
  lineage.artifact = found.front();
  lineage.run = run_of(database, lineage.artifact->run_id, project);
  return true;
}

}  // namespace

std::vector<Lineage> lineages(Database& database, const std::string& id,
                              const std::vector<std::string>& project_ids) {
  std::set<std::string> projects;
  for (const std::string* table : {&kModels, &kArtifacts, &kRuns, &kDeployments}) {
    Statement select = database.prepare("SELECT project_id FROM " + *table + " WHERE id = ?");
    select.bind(1, std::string_view(id));
    while (select.step()) projects.emplace(select.text(0));
  }
  std::vector<Lineage> found;
  Statement name = database.prepare("SELECT name FROM projects WHERE id = ?");
  for (const std::string& project : projects) {
    if (!project_ids.empty() &&
        std::find(project_ids.begin(), project_ids.end(), project) == project_ids.end()) {
      continue;
    }
    Lineage lineage;
    lineage.project_id = project;
    const ResetGuard guard(name);
    if (name.bind(1, std::string_view(project)).step()) lineage.project_name = name.text(0);
    if (fill(database, id, lineage)) found.push_back(std::move(lineage));
  }
  return found;
}

DataSetCounts count_data_set(Database& database, const std::string& project_id) {
  DataSetCounts counts;
  Statement all = database.prepare(
      "SELECT (SELECT ifnull(sum(assets), 0) FROM asset_counts WHERE project_id = ?1), "
      "(SELECT ifnull(sum(annotations), 0) FROM annotation_counts WHERE project_id = ?1)");
  all.bind(1, std::string_view(project_id));
  if (all.step()) {
    counts.assets = all.integer(0);
    counts.annotations = all.integer(1);
  }
  Statement tags = database.prepare(
      "SELECT name, annotations FROM ("
      "SELECT t.name AS name, ifnull(c.annotations, 0) AS annotations, t.tag_index AS place "
      "FROM tags t LEFT JOIN tag_counts c ON c.project_id = t.project_id AND c.tag = t.name "
      "WHERE t.project_id = ?1 UNION ALL "
      "SELECT c.tag, c.annotations, NULL FROM tag_counts c WHERE c.project_id = ?1 AND NOT EXISTS ("
      "SELECT 1 FROM tags t WHERE t.project_id = c.project_id AND t.name = c.tag)) "
      "ORDER BY place IS NULL, place, name");
  tags.bind(1, std::string_view(project_id));
  while (tags.step()) counts.tags.push_back({tags.optional_text(0), tags.integer(1)});
  return counts;
}

bool was_up_to_date(Database& database, std::int64_t after, std::int64_t until) {
  Statement select = database.prepare(
      "SELECT 1 FROM syncs s WHERE finished_at BETWEEN ?1 AND ?2 AND (result = 'ok' OR "
      "(result = 'partial' AND id IN (SELECT sync_id FROM file_troubles))) "
      "AND NOT EXISTS (SELECT 1 FROM narrow_syncs n WHERE n.sync_id = s.id AND n.asked_for) "
      "LIMIT 1");
  return select.bind(1, after).bind(2, until).step();
}

}  // namespace nexus_mirror::store
