#include "store/schema_doc.h"

#include "objects/table.h"

namespace nexus_mirror::store {
namespace {

constexpr ColumnDoc kViews[] = {
    {"model_links", "", "view", "model download links that are alive now"},
    {"model_links", "project_id", "TEXT", "the project"},
    {"model_links", "project_name", "TEXT", "its name"},
    {"model_links", "run_id", "TEXT", "training run that made the artifact"},
    {"model_links", "artifact_id", "TEXT", "artifact that was exported"},
    {"model_links", "artifact_name", "TEXT", "name of its checkpoint"},
    {"model_links", "model_id", "TEXT", "the exported model"},
    {"model_links", "format", "TEXT", "TensorFlow, TFLite, ONNX, PyTorch or CoreML"},
    {"model_links", "quantization", "TEXT", "number format of the weights"},
    {"model_links", "status", "TEXT", "state of the export"},
    {"model_links", "url", "TEXT", "signed link to the model: a secret"},
    {"model_links", "expiry", "INTEGER", "when url dies, UNIX ms"},
    {"project_progress", "", "view", "how far the labelling of each project is"},
    {"project_progress", "project_id", "TEXT", "the project"},
    {"project_progress", "name", "TEXT", "its name"},
    {"project_progress", "type", "TEXT", "its type"},
    {"project_progress", "assets", "INTEGER", "assets in the mirror"},
    {"project_progress", "annotated", "INTEGER", "assets of status Annotated"},
    {"project_progress", "review", "INTEGER", "assets of status Review"},
    {"project_progress", "completed", "INTEGER", "assets of status Completed"},
    {"project_progress", "tofix", "INTEGER", "assets of status Tofix"},
    {"project_progress", "none", "INTEGER", "assets of status None"},
    {"project_progress", "annotations", "INTEGER", "annotations in the mirror"},
    {"annotation_boxes", "", "view", "the extent of each annotation in pixels"},
    {"annotation_boxes", "annotation_id", "TEXT", "the annotation"},
    {"annotation_boxes", "project_id", "TEXT", "the project"},
    {"annotation_boxes", "asset_id", "TEXT", "asset that it is on"},
    {"annotation_boxes", "filename", "TEXT", "the asset's file"},
    {"annotation_boxes", "tag", "TEXT", "name of its tag"},
    {"annotation_boxes", "bound_type", "TEXT", "kind of annotation"},
    {"annotation_boxes", "x", "REAL", "left end, pixels"},
    {"annotation_boxes", "y", "REAL", "upper end, pixels"},
    {"annotation_boxes", "width", "REAL", "pixels"},
    {"annotation_boxes", "height", "REAL", "pixels"},
    {"tag_statistics", "", "view", "how often each tag is used"},
    {"tag_statistics", "project_id", "TEXT", "the project"},
    {"tag_statistics", "project_name", "TEXT", "its name"},
    {"tag_statistics", "tag", "TEXT", "name of the tag"},
    {"tag_statistics", "tag_index", "INTEGER", "its number in the project"},
    {"tag_statistics", "annotations", "INTEGER", "annotations with it"},
    {"tag_statistics", "assets", "INTEGER", "assets that have one"},
};

}  // namespace

std::vector<ColumnDoc> schema_documentation() {
  std::vector<ColumnDoc> documentation;
  for (const objects::Table* table : objects::all_tables()) {
    documentation.push_back({table->name, "", "table", table->meaning});
    for (const objects::Field& field : table->fields) {
      documentation.push_back(
          {table->name, field.column, objects::sql_type(field.kind), field.meaning});
    }
    if (table->has_extra) {
      documentation.push_back({table->name, "extra", "TEXT",
                               "JSON object of the keys that nobody knew, where they stood"});
    }
  }
  documentation.insert(documentation.end(), std::begin(kViews), std::end(kViews));
  return documentation;
}

}  // namespace nexus_mirror::store
