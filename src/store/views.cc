#include "store/views.h"

#include "objects/enumerations.h"
#include "text/ascii.h"

namespace nexus_mirror::store {
namespace {

View model_links() {
  return {"model_links",
          "model download links that are alive now",
          {
              {"project_id", "TEXT", "the project", "m.project_id"},
              {"project_name", "TEXT", "its name", "p.name"},
              {"run_id", "TEXT", "training run that made the artifact", "a.run_id"},
              {"artifact_id", "TEXT", "artifact that was exported", "m.artifact_id"},
              {"artifact_name", "TEXT", "name of its checkpoint", "a.artifact_name"},
              {"model_id", "TEXT", "the exported model", "m.id"},
              {"format", "TEXT", "TensorFlow, TFLite, ONNX, PyTorch or CoreML", "m.format"},
              {"quantization", "TEXT", "number format of the weights", "m.quantization"},
              {"status", "TEXT", "state of the export", "m.status"},
              {"url", "TEXT", "signed link to the model: a secret", "m.download_url"},
              {"expiry", "INTEGER", "when url dies, UNIX ms", "m.download_expiry"},
          },
          "FROM models m\n"
          "LEFT JOIN artifacts a ON a.id = m.artifact_id AND a.project_id = m.project_id\n"
          "LEFT JOIN projects p ON p.id = m.project_id\n"
          "WHERE m.download_url IS NOT NULL AND m.download_url <> ''\n"
          "  AND (m.download_expiry IS NULL OR m.download_expiry > unixepoch() * 1000)"};
}

View project_progress() {
  View view{"project_progress",
            "how far the labelling of each project is",
            {
                {"project_id", "TEXT", "the project", "p.id"},
                {"name", "TEXT", "its name", "p.name"},
                {"type", "TEXT", "its type", "p.type"},
                {"assets", "INTEGER", "assets in the mirror",
                 "(SELECT ifnull(sum(c.assets), 0) FROM asset_counts c "
                 "WHERE c.project_id = p.id)"},
            },
            "FROM projects p"};
  for (const std::string_view status : objects::kAssetStatuses) {
    const std::string name(status);
    std::string column = name;
    column.front() = text::lower(column.front());
    view.columns.push_back({column, "INTEGER", "assets of status " + name,
                            "ifnull((SELECT c.assets FROM asset_counts c "
                            "WHERE c.project_id = p.id AND c.status = '" +
                                name + "'), 0)"});
  }
  view.columns.push_back({"annotations", "INTEGER", "annotations in the mirror",
                          "ifnull((SELECT c.annotations FROM annotation_counts c "
                          "WHERE c.project_id = p.id), 0)"});
  return view;
}

View annotation_boxes() {
  return {"annotation_boxes",
          "the extent of each annotation in pixels",
          {
              {"annotation_id", "TEXT", "the annotation", "n.id"},
              {"project_id", "TEXT", "the project", "n.project_id"},
              {"asset_id", "TEXT", "asset that it is on", "n.asset_id"},
              {"filename", "TEXT", "the asset's file", "a.filename"},
              {"tag", "TEXT", "name of its tag", "n.tag"},
              {"bound_type", "TEXT", "kind of annotation", "n.bound_type"},
              {"x", "REAL", "left end, pixels", "n.xmin * a.width"},
              {"y", "REAL", "upper end, pixels", "n.ymin * a.height"},
              {"width", "REAL", "pixels", "(n.xmax - n.xmin) * a.width"},
              {"height", "REAL", "pixels", "(n.ymax - n.ymin) * a.height"},
          },
          "FROM annotations n JOIN assets a ON a.id = n.asset_id AND a.project_id = n.project_id\n"
          "WHERE n.xmin IS NOT NULL"};
}

View tag_statistics() {
  return {"tag_statistics",
          "how often each tag is used",
          {
              {"project_id", "TEXT", "the project", "t.project_id"},
              {"project_name", "TEXT", "its name", "p.name"},
              {"tag", "TEXT", "name of the tag", "t.name"},
              {"tag_index", "INTEGER", "its number in the project", "t.tag_index"},
              {"annotations", "INTEGER", "annotations with it", "ifnull(c.annotations, 0)"},
              {"assets", "INTEGER", "assets that have one", "ifnull(c.assets, 0)"},
          },
          "FROM tags t JOIN projects p ON p.id = t.project_id\n"
          "LEFT JOIN tag_counts c ON c.project_id = t.project_id AND c.tag = t.name"};
}

// Where the content of file f lies.
ViewColumn content_path_column() {
  return {"path", "TEXT", "the file, an absolute path; NULL until it is here",
          "CASE f.status WHEN 'ok' THEN (SELECT s.dir FROM file_state s) || '/sha256/' || "
          "substr(f.sha256, 1, 2) || '/' || f.sha256 END"};
}

View asset_files() {
  return {"asset_files",
          "the files of assets that are kept, or wanted, here",
          {
              {"asset_id", "TEXT", "the asset", "f.entity_id"},
              {"project_id", "TEXT", "the project", "f.project_id"},
              {"filename", "TEXT", "name of the file as uploaded", "a.filename"},
              {"status", "TEXT", "ok, missing or failed", "f.status"},
              content_path_column(),
              {"bytes", "INTEGER", "of the content", "f.bytes"},
              {"sha256", "TEXT", "SHA-256 of the content, hexadecimal", "f.sha256"},
              {"error", "TEXT", "why it could not be fetched", "f.error"},
          },
          "FROM files f JOIN assets a ON a.id = f.entity_id AND a.project_id = f.project_id\n"
          "WHERE f.entity = 'assets'"};
}

View model_files() {
  return {"model_files",
          "the files of models that are kept, or wanted, here",
          {
              {"model_id", "TEXT", "the exported model", "f.entity_id"},
              {"artifact_id", "TEXT", "artifact that was exported", "m.artifact_id"},
              {"project_id", "TEXT", "the project", "f.project_id"},
              {"format", "TEXT", "TensorFlow, TFLite, ONNX, PyTorch or CoreML", "m.format"},
              {"status", "TEXT", "ok, missing or failed", "f.status"},
              content_path_column(),
              {"bytes", "INTEGER", "of the content", "f.bytes"},
              {"sha256", "TEXT", "SHA-256 of the content, hexadecimal", "f.sha256"},
              {"error", "TEXT", "why it could not be fetched", "f.error"},
          },
          "FROM files f JOIN models m ON m.id = f.entity_id AND m.project_id = f.project_id\n"
          "WHERE f.entity = 'models'"};
}

}  // namespace

const std::vector<View>& all_views() {
  static const std::vector<View> views = {model_links(),    project_progress(), annotation_boxes(),
                                          tag_statistics(), asset_files(),      model_files()};
  return views;
}

std::string create_view_sql(const View& view) {
  std::string sql = "CREATE VIEW " + view.name + " AS\nSELECT ";
  for (const ViewColumn& column : view.columns) {
    if (&column != &view.columns.front()) sql += ",\n       ";
    sql += column.sql + " AS " + column.name;
  }
  return sql + "\n" + view.from + ";\n";
}

}  // namespace nexus_mirror::store
