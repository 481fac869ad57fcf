// Lists that are more than rows of one table.
#include <algorithm>

#include "nexus/decoder_walk.h"
#include "objects/columns.h"
#include "text/json.h"
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
    std::sort(named.formats.begin(), named.formats.end());  // models come in no order
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
  static const objects::Table& table = objects::run_logs;
  static const std::size_t run = table.at("run_id"), log = table.at("log_id");
  static const std::size_t project = table.at("project_id"), payload = table.at("pl");
  static const std::size_t position = table.at("position");
  const element& root = document.object();
  simdjson::dom::array entries;
  element sent;
  bool any = false, named = false;
  for (const char* key : {"logs", "event"}) {
    named = named || root[key].error() == SUCCESS;
    any = any || (root[key].get(sent) == SUCCESS && !sent.is_null());
  }
  if (!named) unreadable.push_back({log_id, "the answer has no entries"});
  if (!any) return;
  if (sent.get(entries) != SUCCESS) {
    unreadable.push_back({log_id, "its entries are no list"});
    return;
  }
  std::int64_t place = 0;
  for (const element entry : entries) {
    std::vector<UnreadableRow> of_another_form;
    if (!Decoder::of(table).decode(entry, context, rows, of_another_form)) {
      rows.add_row();
      rows.last(project) = rows.text(context.project_id);
      if (!entry.is_null()) rows.last(payload) = rows.text(json_text(entry, Keys::users));
    }
    rows.last(run) = rows.text(run_id);
    rows.last(log) = rows.text(log_id);
    rows.last(position) = Cell::of(place++);
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
  std::optional<std::string> data = document.text_at("data");
  if (data) text::replace_half_surrogates(*data);
  if (data && is_json(*data)) rows.last(data_column) = rows.text(*data);
}

void merge_groups(const Document& groups, objects::RowBatch& project,
                  std::vector<UnreadableRow>& unreadable) {
  static const std::size_t list = objects::list_at(objects::projects, "groups");
  Decoder::of(objects::projects).merge_list(groups, list, project, unreadable);
}

}  // namespace nexus_mirror::nexus
