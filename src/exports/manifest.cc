#include "exports/manifest.h"

#include <rapidjson/filereadstream.h>
#include <rapidjson/reader.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "exports/digest.h"
#include "exports/format_list.h"
#include "exports/image_order.h"
#include "exports/links.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::Snapshot;
using store::Statement;

std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) throw_io(error.value(), "reading", file);
  return static_cast<std::int64_t>(size);
}

void append_file(std::string& json, std::string_view path, std::string_view sha256,
                 std::int64_t bytes) {
  json += "{\"path\":";
  text::append_string(json, path);
  json += ",\"sha256\":";
  text::append_string(json, sha256);
  json += ",\"bytes\":";
  text::append_number(json, bytes);
  json += '}';
}

// Paths in `exports` begin with the project's folder; a manifest's are relative to itself.
void write_files(Snapshot& records, const std::string& project_id, std::string_view format,
                 const fs::path& folder, OutputFile& out) {
  const std::size_t prefix = folder.filename().string().size() + 1;
  Statement files = records.prepare(
      "SELECT path, sha256 FROM exports WHERE project_id = ? AND format = ? ORDER BY path");
  files.bind(1, std::string_view(project_id)).bind(2, format);
  bool first = true;
  while (files.step()) {
    std::string json = first ? "\n" : ",\n";
    first = false;
    const std::string_view path = files.text(0).substr(prefix);
    append_file(json, path, files.text(1), size_of(folder / path));
    out.write(json);
  }
}

void write_format(Snapshot& records, const ManifestHead& head, const Statement& row,
                  const fs::path& folder, OutputFile& out) {
  std::string json = "{\"format\":";
  text::append_string(json, row.text(0));
  json.append(",\"settings\":").append(row.text(1)).append(",\"files\":[");
  out.write(json);
  write_files(records, head.project_id, row.text(0), folder, out);
  json = "\n],\"images\":";
  text::append_number(json, row.integer(2));
  json += ",\"annotations\":";
  text::append_number(json, row.integer(3));
  json.append(",\n\"skipped\":").append(row.text(4));
  json.append(",\n\"images_left_out\":").append(row.text(5));
  json.append(",\n\"classes\":").append(row.text(6)).append(",\"classes_before\":");
  json += row.null(7) ? std::string_view("null") : row.text(7);
  if (row.text(0).ends_with("tfrecord")) json += ",\"image_bytes\":false";
  out.write(json + "}");
}

void write_renamed(Snapshot& images, OutputFile& out) {
  bool first = true;
  for_each_renamed(images, [&](const Renamed& renamed) {
    std::string json = first ? "\n{\"asset_id\":" : ",\n{\"asset_id\":";
    first = false;
    text::append_string(json, renamed.asset_id);
    json += ",\"filename\":";
    text::append_string(json, renamed.filename);
    json += ",\"name\":";
    text::append_string(json, renamed.name);
    json += ",\"stem\":";
    text::append_string(json, renamed.stem);
    out.write(json + "}");
  });
}

void write_links(const fs::path& folder, OutputFile& out) {
  std::string json;
  for (const char* path : {kLinksCsv, kLinksJson}) {
    std::ifstream in(folder / path, std::ios::binary);
    if (!in) continue;
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    json += json.empty() ? "\n" : ",\n";
    append_file(json, path, sha256(bytes), static_cast<std::int64_t>(bytes.size()));
  }
  out.write(json);
}

// Takes the values of "path".
class PathHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, PathHandler> {
 public:
  explicit PathHandler(const std::function<void(std::string_view)>& take) : take_(take) {}
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    is_path_ = std::string_view(text, size) == "path";
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (is_path_) take_(std::string_view(text, size));
    is_path_ = false;
    return true;
  }

 private:
  const std::function<void(std::string_view)>& take_;
  bool is_path_ = false;
};

// Takes what stands before "exports", where it ends the reading.
class HeadHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, HeadHandler> {
 public:
  ManifestHead head;
  bool complete = false;

  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    key_.assign(text, size);
    complete = key_ == "exports";
    return !complete;
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (key_ == "project_id") head.project_id.assign(text, size);
    if (key_ == "project_name") head.project_name.assign(text, size);
    return true;
  }
  bool Uint(unsigned value) { return Int64(value); }
  bool Int64(std::int64_t value) {
    if (key_ == "sync_id") head.sync_id = value;
    if (key_ == "written_at") head.written_at = value;
    return true;
  }
  bool Uint64(std::uint64_t value) { return Int64(static_cast<std::int64_t>(value)); }

 private:
  std::string key_;
};

template <typename Handler>
void read_manifest(const fs::path& manifest, Handler& handler) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(manifest.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return;
  char buffer[64U << 10];
  rapidjson::FileReadStream stream(file.get(), buffer, sizeof buffer);
  rapidjson::Reader().Parse<rapidjson::kParseIterativeFlag>(stream, handler);
}

}  // namespace

std::optional<ManifestHead> read_head(const fs::path& manifest) {
  HeadHandler handler;
  read_manifest(manifest, handler);
  if (!handler.complete) return std::nullopt;
  return handler.head;
}

void write_manifest(Snapshot& records, Snapshot& images, bool renamed, const ManifestHead& head,
                    const fs::path& folder, OutputFile& out) {
  std::string json = "{\"project_id\":";
  text::append_string(json, head.project_id);
  json += ",\"project_name\":";
  text::append_string(json, head.project_name);
  json += ",\"sync_id\":";
  text::append_number(json, head.sync_id);
  json += ",\"written_at\":";
  text::append_number(json, head.written_at);
  out.write(json + ",\n\"exports\":[");
  Statement formats = records.prepare(
      "SELECT format, settings, images, annotations, skipped, left_out, classes, classes_before "
      "FROM export_formats WHERE project_id = ? ORDER BY format");
  formats.bind(1, std::string_view(head.project_id));
  for (bool first = true; formats.step(); first = false) {
    out.write(first ? "\n" : ",\n");
    write_format(records, head, formats, folder, out);
  }
  out.write("\n],\n\"renamed\":[");
  if (renamed) write_renamed(images, out);
  out.write("],\n\"models\":{\"files\":[");
  write_links(folder, out);
  out.write("]}}\n");
}

void for_each_path(const fs::path& manifest, const std::function<void(std::string_view)>& take) {
  PathHandler handler(take);
  read_manifest(manifest, handler);
}

}  // namespace nexus_mirror::exports
