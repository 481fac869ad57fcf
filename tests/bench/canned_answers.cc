#include "canned_answers.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <utility>

#include "text/base64.h"
#include "text/crc32c.h"

namespace nexus_mirror::bench {
namespace {

std::uint64_t number_in(std::string_view text, std::uint64_t otherwise) {
  std::uint64_t number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const char* const digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      plain += static_cast<char>(value);
      at += 2;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::string_view value_of(const std::vector<std::pair<std::string, std::string>>& query,
                          std::string_view name) {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

// Of a signed link: a client renews one that is about to expire, so it must be of today.
std::string stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

// A page of the rows that `count` and `append` know, from the cursor on.
template <typename Append>
void append_page(const std::vector<std::pair<std::string, std::string>>& query, std::uint64_t count,
                 Append append, std::string& out) {
  std::string_view cursor = value_of(query, "page");
  if (!cursor.empty()) cursor.remove_prefix(1);
  const std::uint64_t first = std::min(number_in(cursor, 0), count);
  const std::uint64_t end = std::min(count, first + number_in(value_of(query, "limit"), 100));
  out.reserve((end - first) * 900 + 100);
  out.append(R"({"nextPage":)");
  out.append(end == count ? "null" : "\"c" + std::to_string(end) + "\"").append(R"(,"data":[)");
  for (std::uint64_t row = first; row < end; ++row) {
    if (row > first) out += ',';
    append(row, out);
  }
  out.append("]}");
}

Answer no_such_thing() {
  return {404, R"({"code":"ResourceNotFoundError","message":"there is none"})"};
}

}  // namespace

CannedNexus::CannedNexus(std::uint64_t projects, std::uint64_t assets) {
  for (std::uint64_t number = 1; number <= projects; ++number) {
    projects_.emplace_back(number, assets);
  }
}

Answer CannedNexus::answer(std::string_view target) {
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  Query query;
  for (std::size_t at = mark; at < target.size();) {
    const std::size_t end = std::min(target.find('&', at + 1), target.size());
    const std::string_view pair = target.substr(at + 1, end - at - 1);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    query.emplace_back(decoded(pair.substr(0, equals)),
                       decoded(pair.substr(std::min(equals + 1, pair.size()))));
    at = end;
  }
  if (path.starts_with("/control/")) return control(path, query);
  if (path.starts_with("/files/")) return file(path);
  Answer answer;
  if (path == "/workspace") {
    answer.body = R"({"id":"ws_bench","name":"bench","owner":"user_bench","tier":"developer",)"
                  R"("createDate":1704067200000})";
  } else if (path == "/workspace/projects") {
    for (const CannedProject& project : projects_) {
      answer.body += answer.body.empty() ? '[' : ',';
      project.append_project(answer.body);
    }
    answer.body += ']';
  } else {
    answer = in_project(path, query);
  }
  ++requests_;
  bytes_ += answer.body.size();
  return answer;
}

Answer CannedNexus::control(std::string_view path, const Query& query) {
  Answer answer;
  answer.at_once = true;
  if (path == "/control/latency") latency_ms_ = number_in(value_of(query, "ms"), 0);
  if (path == "/control/change") {
    const std::uint64_t one_in = number_in(value_of(query, "one_in"), 100);
    for (CannedProject& project : projects_) project.change_some(one_in);
  }
  if (path == "/control/files") {
    const std::uint64_t bytes = number_in(value_of(query, "bytes"), 30000);
    for (CannedProject& project : projects_) project.serve_files(value_of(query, "at"), bytes);
  }
  answer.body = R"({"requests":)" + std::to_string(requests_) + R"(,"files":)" +
                std::to_string(files_) + R"(,"bytes":)" + std::to_string(bytes_) + "}";
  return answer;
}

// What passes for a picture, another for each path.
Answer CannedNexus::file(std::string_view path) {
  ++files_;
  Answer answer;
  answer.body = "\xff\xd8\xff\xe0";
  answer.body.append(path);
  answer.body.resize(projects_.front().file_bytes(), '.');
  const std::uint32_t crc = text::crc32c(answer.body);
  std::string sum;
  for (int shift = 24; shift >= 0; shift -= 8) sum += static_cast<char>(crc >> shift & 0xff);
  answer.headers = "Content-Type: image/jpeg\r\nETag: \"" + std::to_string(crc) +
                   "\"\r\nx-goog-hash: crc32c=" + text::base64(sum) + "\r\n";
  return answer;
}

Answer CannedNexus::in_project(std::string_view path, const Query& query) {
  constexpr std::string_view kProjects = "/projects/";
  if (!path.starts_with(kProjects)) return no_such_thing();
  path.remove_prefix(kProjects.size());
  const std::string_view id = path.substr(0, path.find('/'));
  path.remove_prefix(id.size());
  const auto project = std::find_if(projects_.begin(), projects_.end(),
                                    [&](const CannedProject& each) { return each.id() == id; });
  if (project == projects_.end()) return no_such_thing();
  Answer answer;
  if (path.empty()) {
    project->append_project(answer.body);
  } else if (path == "/assets") {
    list_assets(*project, query, answer.body);
  } else if (path == "/annotations") {
    list_annotations(*project, query, answer.body);
  } else if (path == "/sequences") {
    answer.body = R"({"nextPage":null,"data":[]})";
  } else if (path == "/tags") {
    for (std::size_t i = 0; i < kTags.size(); ++i) {
      answer.body.append(i == 0 ? "[" : ",").append(R"({"index":)").append(std::to_string(i));
      answer.body.append(R"(,"name":")").append(kTags[i]).append(R"(","color":"#7B68EE"})");
    }
    answer.body += ']';
  } else if (path.find('/', 1) == path.npos) {
    answer.body = "[]";
  } else if (!find(*project, path, answer.body)) {
    return no_such_thing();
  }
  return answer;
}

void CannedNexus::list_assets(const CannedProject& project, const Query& query, std::string& out) {
  const std::string now = stamp();
  append_page(
      query, project.assets(),
      [&](std::uint64_t row, std::string& text) {
        project.append_asset(row, now, requests_ << 32, text);
      },
      out);
}

// Of some assets: a server would look them up by its own index, so the order is that of the rows.
void CannedNexus::list_annotations(const CannedProject& project, const Query& query,
                                   std::string& out) {
  std::vector<std::uint64_t> rows;
  bool of_some = false;
  for (const auto& [key, value] : query) {
    if (key != "assetId[]") continue;
    of_some = true;
    const auto asset = project.index_of(Kind::asset, value);
    if (!asset) continue;
    const auto found = project.annotations_of(*asset);
    rows.insert(rows.end(), found.begin(), found.end());
  }
  std::sort(rows.begin(), rows.end());
  append_page(
      query, of_some ? rows.size() : project.annotations(),
      [&](std::uint64_t row, std::string& text) {
        project.append_annotation(of_some ? rows[row] : row, text);
      },
      out);
}

bool CannedNexus::find(const CannedProject& project, std::string_view path, std::string& out) {
  const std::string id = decoded(path.substr(path.rfind('/') + 1));
  if (path.starts_with("/assets/")) {
    const auto asset = project.index_of(Kind::asset, id);
    if (asset) project.append_asset(*asset, stamp(), requests_ << 32, out);
    return asset.has_value();
  }
  if (!path.starts_with("/annotations/")) return false;
  const auto annotation = project.index_of(Kind::annotation, id);
  if (annotation) project.append_annotation(*annotation, out);
  return annotation.has_value();
}

}  // namespace nexus_mirror::bench
