// Lists that are more than rows of one table.
#include "nexus/decoder_walk.h"
#include "nexus_mirror/error.h"
#include "objects/columns.h"
#include "text/json_writer.h"

namespace nexus_mirror::nexus {
namespace {

using objects::Cell;
using simdjson::SUCCESS;
using simdjson::dom::element;

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == SUCCESS;
}

void decode_model(const element& value, const Context& context, std::string_view artifact_id,
                  objects::RowBatch& models, std::vector<UnreadableRow>& unreadable) {
  static const std::size_t column = objects::models.at("artifact_id");
  if (!Decoder::of(objects::models).decode(value, context, models, unreadable)) return;
  if (models.last(column).null()) models.last(column) = models.text(artifact_id);
}

}  // namespace

std::vector<NamedExports> decode_exports(const Document& artifacts, const Context& context,
                                         objects::RowBatch& models,
                                         std::vector<UnreadableRow>& unreadable) {
  std::vector<NamedExports> only_named;
  std::vector<UnreadableRow> told_already;  // with the artifacts themselves
  const auto take = [&](const element& artifact) {
    std::string_view id;
    simdjson::dom::array list;
    if (artifact["id"].get(id) != SUCCESS || artifact["exports"].get(list) != SUCCESS) return;
    NamedExports named{std::string(id), {}};
    for (const element value : list) {
      std::string_view format;
      if (value.get(format) == SUCCESS) {
        named.formats.emplace_back(format);
      } else {
        decode_model(value, context, id, models, unreadable);
      }
    }
    if (!named.formats.empty()) only_named.push_back(std::move(named));
  };
  artifacts.for_each_row(take, told_already);
  return only_named;
}

void decode_models(const Document& document, const Context& context, const std::string& artifact_id,
                   objects::RowBatch& models, std::vector<UnreadableRow>& unreadable) {
  const auto take = [&](const element& value) {
    decode_model(value, context, artifact_id, models, unreadable);
  };
  document.for_each_row(take, unreadable);
}

void keep_named_formats(objects::RowBatch& artifacts, const NamedExports& named,
                        const objects::RowBatch& models, std::size_t first_model) {
  static const std::size_t format = objects::models.at("format");
  static const std::size_t id = objects::artifacts.at("id");
  static const std::size_t extra = objects::artifacts.at("extra");
  const objects::Enumeration formats = objects::models.fields[format].values;
  text::JsonWriter json;
  json.begin_object();
  json.begin_array("exports");
  bool left = false;
  for (const std::string& name : named.formats) {
    bool found = false;
    for (std::size_t i = first_model; i < models.size(); ++i) {
      found = found || models.row(i)[format].text() == canonical(formats, name);
    }
    if (!found) json.value(name);
    left = left || !found;
  }
  json.end_array();
  if (!left) return;
  const std::string only = json.take();  // open, so that what is in `extra` follows
  for (std::size_t i = 0; i < artifacts.size(); ++i) {
    objects::Cell* row = artifacts.row(i);
    if (row[id].text() != named.artifact_id) continue;
    const bool alone = row[extra].null();
    row[extra] =
        artifacts.text(only + (alone ? "}" : "," + std::string(row[extra].text().substr(1))));
  }
}

void decode_run_log(const Document& document, const Context& context, const std::string& run_id,
                    const std::string& log_id, objects::RowBatch& rows,
                    std::vector<UnreadableRow>& unreadable) {
  static const std::size_t run_column = objects::run_logs.at("run_id");
  static const std::size_t log_column = objects::run_logs.at("log_id");
  static const std::size_t position_column = objects::run_logs.at("position");
  const element& root = document.object();
  simdjson::dom::array events;
  if (root["logs"].get(events) != SUCCESS && root["event"].get(events) != SUCCESS) return;
  std::int64_t position = 0;
  for (const element event : events) {
    const std::int64_t place = position++;
    std::vector<UnreadableRow> problems;
    if (!Decoder::of(objects::run_logs).decode(event, context, rows, problems)) {
      unreadable.push_back({log_id + "/" + std::to_string(place), problems.front().reason});
      continue;
    }
    rows.last(run_column) = rows.text(run_id);
    rows.last(log_column) = rows.text(log_id);
    rows.last(position_column) = Cell::of(place);
  }
}

void decode_run_matrix(const Document& document, const Context& context, const std::string& run_id,
                       objects::RowBatch& rows, std::vector<UnreadableRow>& unreadable) {
  static const std::size_t run_column = objects::run_matrices.at("run_id");
  static const std::size_t data_column = objects::run_matrices.at("data");
  std::vector<UnreadableRow> problems;
  if (!Decoder::of(objects::run_matrices).decode(document.object(), context, rows, problems)) {
    unreadable.push_back({run_id, problems.front().reason});
    return;
  }
  rows.last(run_column) = rows.text(run_id);
  const std::optional<std::string> data = document.text_at("data");
  if (data && is_json(*data)) rows.last(data_column) = rows.text(*data);
}

void merge_groups(const Document& groups, objects::RowBatch& project) {
  static const std::size_t list = objects::list_at(objects::projects, "groups");
  try {
    Decoder::of(objects::projects).merge_list(groups, list, project);
  } catch (const RowError& problem) {
    throw Error(ErrorCode::bad_response, "reading", "asset groups", problem.reason);
  }
}

}  // namespace nexus_mirror::nexus
