#include "emulator/record.h"

#include <algorithm>
#include <utility>

#include "emulator/dialect.h"
#include "emulator/exchange.h"
#include "emulator/signed_link.h"
#include "text/ascii.h"
#include "text/json.h"
#include "text/percent.h"

namespace nexus_mirror::emulator {
namespace {

std::string padded_index(std::string_view index) {
  const bool digits = !index.empty() && index.size() <= 10 &&
                      std::all_of(index.begin(), index.end(), text::is_digit);
  if (!digits) return std::string(index);
  return std::string(10 - index.size(), '0').append(index);
}

std::string_view value_of(std::string_view text, const JsonMember& member) {
  return text.substr(member.begin, member.end - member.begin);
}

Facets asset_facets(std::string_view text, const JsonMembers& members) {
  Facets facets;
  facets.filename = members.scalar("filename");
  facets.status = members.scalar("status");
  const JsonMember* metadata = members.find("metadata");
  if (metadata == nullptr || metadata->type != JsonMember::JsonType::object) return facets;
  const std::string_view inner = value_of(text, *metadata);
  const JsonMembers inner_members(inner);
  const JsonMember* groups = inner_members.find("groups");
  if (groups != nullptr && groups->type == JsonMember::JsonType::array) {
    facets.groups = strings_of_array(value_of(inner, *groups));
  }
  return facets;
}

// The path of an object's file, with what its link says behind it; empty when the link has a query
// and is to stay as it is.
std::string storage_path(ObjectKind kind, std::string_view project, std::string_view key,
                         std::string_view link) {
  if (link.find('?') != std::string_view::npos) return {};
  std::string path = std::string(kBucket) + text::percent_encoded(project) + "/" +
                     std::string(name_of(kind).name) + "/" + text::percent_encoded(key);
  const std::size_t host = link.find("://");
  if (host != std::string_view::npos) {
    link.remove_prefix(std::min(link.find('/', host + 3), link.size()));
  }
  const bool is_own =
      link.starts_with(path) && (link.size() == path.size() || link[path.size()] == '/');
  if (is_own) link.remove_prefix(path.size());
  while (!link.empty()) {
    const std::size_t end = std::min(link.find('/', link.front() == '/' ? 1 : 0), link.size());
    std::string_view segment = link.substr(0, end);
    link.remove_prefix(end);
    if (segment.front() == '/') segment.remove_prefix(1);
    if (!segment.empty()) path += "/" + text::percent_encoded(percent_decoded(segment));
  }
  return path;
}

std::string with_asset_file(std::string_view text, std::string_view project, std::string_view key,
                            const JsonMembers& members) {
  const JsonMember* url = members.find("url");
  if (url == nullptr || url->type != JsonMember::JsonType::string) return std::string(text);
  const std::string path = storage_path(ObjectKind::assets, project, key, url->scalar);
  if (path.empty()) return std::string(text);
  std::string result(text.substr(0, url->begin));
  text::append_string(result, path);
  result.append(text.substr(url->end));
  return result;
}

// Leaves a model without its download when the server is to sign one: `link` is then its file.
std::string without_download(std::string_view text, std::string_view project,
                             const JsonMembers& members, Record& record) {
  const JsonMember* download = members.find("download");
  std::string url;
  if (download != nullptr && download->type == JsonMember::JsonType::object) {
    url = JsonMembers(value_of(text, *download)).scalar("url");
  }
  record.link = storage_path(ObjectKind::models, project, record.key,
                             url.empty() ? "model.zip" : std::string_view(url));
  if (record.link.empty() || download == nullptr) return std::string(text);
  return without_member(text, "download");
}

void find_link_and_attributes(ObjectKind kind, Record& record) {
  if (kind == ObjectKind::assets) {
    const JsonMembers members(record.text);
    const JsonMember* url = members.find("url");
    const bool is_signed = url != nullptr && url->type == JsonMember::JsonType::string &&
                           url->scalar.starts_with(kBucket);
    if (is_signed) {
      record.link_begin = url->begin + 1;
      record.link_end = url->end - 1;
    }
  }
  if (kind == ObjectKind::annotations && record.text.find("\"attributes\"") != std::string::npos) {
    const std::string without = without_member(record.text, "attributes");
    const auto difference = std::mismatch(without.begin(), without.end(), record.text.begin());
    record.attributes_begin =
        static_cast<std::size_t>(std::distance(without.begin(), difference.first));
    record.attributes_end = record.attributes_begin + record.text.size() - without.size();
  }
}

}  // namespace

std::string record_key(ObjectKind kind, std::string_view text, const JsonMembers& members) {
  if (kind == ObjectKind::tags) return padded_index(members.scalar("index"));
  if (kind == ObjectKind::runmatrices) return members.scalar("runId");
  if (kind != ObjectKind::insights) return members.scalar("id");
  const std::string run = members.scalar("runId");
  if (run.empty()) return {};
  const JsonMember* artifact = members.find("artifact");
  if (artifact == nullptr || artifact->type != JsonMember::JsonType::object) return run + ":";
  return run + ":" + JsonMembers(value_of(text, *artifact)).scalar("id");
}

std::string key_of_id(ObjectKind kind, std::string_view id) {
  return kind == ObjectKind::tags ? padded_index(id) : std::string(id);
}

Record make_record(ObjectKind kind, Dialect dialect, std::string_view project, std::string key,
                   std::string_view text) {
  return make_record(kind, dialect, project, std::move(key), text, JsonMembers(text));
}

Record make_record(ObjectKind kind, Dialect dialect, std::string_view project, std::string key,
                   std::string_view text, const JsonMembers& members) {
  Record record;
  record.key = std::move(key);
  if (kind == ObjectKind::annotations) record.parent = members.scalar("assetId");
  if (kind == ObjectKind::artifacts || kind == ObjectKind::insights) {
    record.parent = members.scalar("runId");
  }
  if (kind == ObjectKind::models) record.parent = members.scalar("artifactId");

  if (kind == ObjectKind::assets) {
    record.facets = std::make_shared<const Facets>(asset_facets(text, members));
    record.text = with_asset_file(text, project, record.key, members);
  } else if (kind == ObjectKind::models) {
    record.facets = std::make_shared<const Facets>(Facets{{}, members.scalar("status"), {}});
    record.text = without_download(text, project, members, record);
  } else if (kind == ObjectKind::artifacts) {
    record.text = without_member(text, "exports");  // they are the models' business
  } else if (kind == ObjectKind::runmatrices) {
    record.text = without_member(text, "runId");  // the path of the request says it
  } else {
    record.text = text;
  }
  if (!name_of(kind).sends_project_id && members.find("projectId") != nullptr) {
    record.text = without_member(record.text, "projectId");
  }
  record.text = in_dialect(dialect, kind, record.text);
  find_link_and_attributes(kind, record);
  return record;
}

}  // namespace nexus_mirror::emulator
