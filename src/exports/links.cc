#include "exports/links.h"

#include <optional>

#include "exports/json_file.h"
#include "store/model_links.h"
#include "store/project_row.h"
#include "text/csv.h"
#include "text/json_writer.h"
#include "text/number.h"
#include "text/signed_link.h"

namespace nexus_mirror::exports {
namespace {

using store::ModelLink;
using store::Snapshot;

constexpr unsigned kMode = 0640;

// The texts that both files begin with; url, expiry, create_date and file follow.
struct Text {
  std::string_view name;
  std::optional<std::string> ModelLink::*value;
};
constexpr Text kTexts[] = {
    {"model_id", &ModelLink::model_id},           {"artifact_id", &ModelLink::artifact_id},
    {"artifact_name", &ModelLink::artifact_name}, {"run_id", &ModelLink::run_id},
    {"flow_title", &ModelLink::flow_title},       {"format", &ModelLink::format},
    {"quantization", &ModelLink::quantization},   {"status", &ModelLink::status},
};

struct ProjectLinks {
  std::string project_id, project_name;
  std::vector<ModelLink> models;
};

// What the mirror says; links that have died are none.
ProjectLinks read_links(Snapshot& snapshot, const std::string& project_id, const ModelFiles& files,
                        std::int64_t now_ms) {
  ProjectLinks links;
  links.project_id = project_id;
  if (const auto project = store::find_project(snapshot.database(), project_id)) {
    links.project_name = project->name;
  }
  links.models = store::model_links_of(snapshot, project_id);
  for (ModelLink& model : links.models) {
    const bool dead = model.expiry && *model.expiry <= now_ms;
    if (dead || (model.url && model.url->empty())) model.url.reset();
    if (!model.url) model.expiry.reset();
    const auto file = files.find(model.model_id.value_or(""));
    if (file != files.end()) model.file = file->second;
  }
  return links;
}

// What links.json says; nullopt when it is not there or not ours.
std::optional<ProjectLinks> read_links_json(const std::filesystem::path& file) {
  const rapidjson::Document json = read_json(read_file(file).value_or(""));
  const rapidjson::Value* models = list_of(json, "models");
  if (!models) return std::nullopt;
  ProjectLinks links;
  links.project_id = text_of(json, "project_id").value_or("");
  links.project_name = text_of(json, "project_name").value_or("");
  for (const auto& item : models->GetArray()) {
    if (!item.IsObject()) return std::nullopt;
    ModelLink& model = links.models.emplace_back();
    for (const auto& [name, value] : kTexts) model.*value = text_of(item, name);
    model.url = text_of(item, "url");
    model.expiry = number_of(item, "expiry");
    model.create_date = number_of(item, "create_date");
    model.file = text_of(item, "file");
  }
  return links;
}

// Whether `there`, in the file, may stay although the mirror says `here`.
bool still_good(const ModelLink& there, const ModelLink& here, const LinkTimes& times) {
  for (const auto& [name, value] : kTexts) {
    if (there.*value != here.*value) return false;
  }
  if (there.create_date != here.create_date || there.file != here.file) return false;
  if (!text::same_link(there.url.value_or(""), here.url.value_or(""))) return false;
  if (there.url == here.url) return true;
  return there.expiry && *there.expiry > times.now_ms + times.margin_ms;
}

std::string links_json(const ProjectLinks& links, std::int64_t now_ms) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_object();
  json.member("project_id", links.project_id);
  json.member("project_name", links.project_name);
  json.member("written_at", now_ms);
  json.begin_array("models");
  for (const ModelLink& model : links.models) {
    json.new_line();
    json.begin_object();
    for (const auto& [name, value] : kTexts) json.member(name, model.*value);
    json.member("url", model.url);
    json.member("expiry", model.expiry);
    json.member("create_date", model.create_date);
    json.member("file", model.file);
    json.end_object();
  }
  json.new_line();
  json.end_array();
  json.end_object();
  return json.take() + "\n";
}

std::string links_csv(const ProjectLinks& links) {
  std::string csv;
  for (const auto& [name, value] : kTexts) csv.append(name).append(",");
  csv += "url,expiry,create_date,file\n";
  const auto number = [&](std::optional<std::int64_t> value) {
    csv += ',';
    if (value) text::append_number(csv, *value);
  };
  for (const ModelLink& model : links.models) {
    for (const auto& [name, value] : kTexts) {
      if (model.*value) text::append_csv_field(csv, *(model.*value));
      csv += ',';
    }
    if (model.url) text::append_csv_field(csv, *model.url);
    number(model.expiry);
    number(model.create_date);
    csv += ',';
    if (model.file) text::append_csv_field(csv, *model.file);
    csv += '\n';
  }
  return csv;
}

}  // namespace

bool links_are_due(Snapshot& snapshot, const std::string& project_id,
                   const std::filesystem::path& folder, const ModelFiles& files,
                   const LinkTimes& times) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / kLinksCsv, error)) return true;
  const auto there = read_links_json(folder / kLinksJson);
  const ProjectLinks here = read_links(snapshot, project_id, files, times.now_ms);
  if (!there || there->project_id != here.project_id || there->project_name != here.project_name ||
      there->models.size() != here.models.size()) {
    return true;
  }
  for (std::size_t i = 0; i < here.models.size(); ++i) {
    if (!still_good(there->models[i], here.models[i], times)) return true;
  }
  return false;
}

std::vector<const char*> write_link_files(Snapshot& snapshot, const std::string& project_id,
                                          Staging& staging, const ModelFiles& files,
                                          const LinkTimes& times) {
  const ProjectLinks links = read_links(snapshot, project_id, files, times.now_ms);
  std::vector<const char*> written;
  if (staging.write_file(kLinksCsv, links_csv(links), kMode)) written.push_back(kLinksCsv);
  if (staging.write_file(kLinksJson, links_json(links, times.now_ms), kMode)) {
    written.push_back(kLinksJson);
  }
  return written;
}

}  // namespace nexus_mirror::exports
