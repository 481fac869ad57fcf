#include "exports/links.h"

#include <rapidjson/document.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "store/model_links.h"
#include "store/project_row.h"
#include "text/csv.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

using store::ModelLink;
using store::Snapshot;

constexpr unsigned kMode = 0640;

// The texts that both files begin with; url, expiry and create_date follow.
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
ProjectLinks read_links(Snapshot& snapshot, const std::string& project_id, std::int64_t now_ms) {
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
  }
  return links;
}

std::optional<std::string> text_of(const rapidjson::Value& object, std::string_view key) {
  const auto member = object.FindMember(std::string(key).c_str());
  if (member == object.MemberEnd() || !member->value.IsString()) return std::nullopt;
  return std::string(member->value.GetString(), member->value.GetStringLength());
}

std::optional<std::int64_t> number_of(const rapidjson::Value& object, const char* key) {
  const auto member = object.FindMember(key);
  if (member == object.MemberEnd() || !member->value.IsInt64()) return std::nullopt;
  return member->value.GetInt64();
}

// What links.json says; nullopt when it is not there or not ours.
std::optional<ProjectLinks> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  const std::string text(std::istreambuf_iterator<char>(in), {});
  rapidjson::Document json;
  json.Parse(text.data(), text.size());
  if (!json.IsObject() || !json.HasMember("models") || !json["models"].IsArray()) {
    return std::nullopt;
  }
  ProjectLinks links;
  links.project_id = text_of(json, "project_id").value_or("");
  links.project_name = text_of(json, "project_name").value_or("");
  for (const auto& item : json["models"].GetArray()) {
    if (!item.IsObject()) return std::nullopt;
    ModelLink& model = links.models.emplace_back();
    for (const auto& [name, value] : kTexts) model.*value = text_of(item, name);
    model.url = text_of(item, "url");
    model.expiry = number_of(item, "expiry");
    model.create_date = number_of(item, "create_date");
  }
  return links;
}

std::string_view without_signature(const std::optional<std::string>& url) {
  const std::string_view whole = url ? std::string_view(*url) : std::string_view();
  return whole.substr(0, whole.find('?'));
}

// Whether `there`, in the file, may stay although the mirror says `here`.
bool still_good(const ModelLink& there, const ModelLink& here, const LinkTimes& times) {
  for (const auto& [name, value] : kTexts) {
    if (there.*value != here.*value) return false;
  }
  if (there.create_date != here.create_date) return false;
  if (without_signature(there.url) != without_signature(here.url)) return false;
  if (there.url == here.url) return true;
  return there.expiry && *there.expiry > times.now_ms + times.margin_ms;
}

void append_member(std::string& json, std::string_view key,
                   const std::optional<std::string>& text) {
  json.append(json.ends_with('{') ? "\"" : ",\"").append(key).append("\":");
  text ? text::append_string(json, *text) : void(json += "null");
}

void append_member(std::string& json, std::string_view key, std::optional<std::int64_t> number) {
  json.append(json.ends_with('{') ? "\"" : ",\"").append(key).append("\":");
  number ? text::append_number(json, *number) : void(json += "null");
}

std::string links_json(const ProjectLinks& links, std::int64_t now_ms) {
  std::string json = "{";
  append_member(json, "project_id", links.project_id);
  append_member(json, "project_name", links.project_name);
  append_member(json, "written_at", now_ms);
  json += ",\"models\":[";
  for (const ModelLink& model : links.models) {
    json += &model == links.models.data() ? "\n{" : ",\n{";
    for (const auto& [name, value] : kTexts) append_member(json, name, model.*value);
    append_member(json, "url", model.url);
    append_member(json, "expiry", model.expiry);
    append_member(json, "create_date", model.create_date);
    json += '}';
  }
  return json + "\n]}\n";
}

std::string links_csv(const ProjectLinks& links) {
  std::string csv;
  for (const auto& [name, value] : kTexts) csv.append(name).append(",");
  csv += "url,expiry,create_date\n";
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
    csv += '\n';
  }
  return csv;
}

}  // namespace

bool links_are_due(Snapshot& snapshot, const std::string& project_id,
                   const std::filesystem::path& folder, const LinkTimes& times) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / kLinksCsv, error)) return true;
  const auto there = read_file(folder / kLinksJson);
  const ProjectLinks here = read_links(snapshot, project_id, times.now_ms);
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
                                          Staging& staging, const LinkTimes& times) {
  const ProjectLinks links = read_links(snapshot, project_id, times.now_ms);
  std::vector<const char*> written;
  if (staging.write_file(kLinksCsv, links_csv(links), kMode)) written.push_back(kLinksCsv);
  if (staging.write_file(kLinksJson, links_json(links, times.now_ms), kMode)) {
    written.push_back(kLinksJson);
  }
  return written;
}

}  // namespace nexus_mirror::exports
