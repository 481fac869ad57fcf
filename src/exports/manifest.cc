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
#include "store/export_state.h"
#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::ExportedFormat;
using store::Snapshot;

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
  auto files = store::exported_files(records, project_id, format);
  bool first = true;
  for (store::ExportedFileRow file; files.next(file);) {
    std::string json = first ? "\n" : ",\n";
    first = false;
    const std::string_view path = file.path.substr(prefix);
    append_file(json, path, file.sha256, size_of(folder / path));
    out.write(json);
  }
}

void write_format(Snapshot& records, const ManifestHead& head, const ExportedFormat& format,
                  const fs::path& folder, OutputFile& out) {
  std::string json = "{\"format\":";
  text::append_string(json, format.format);
  json.append(",\"settings\":").append(format.settings).append(",\"files\":[");
  out.write(json);
  write_files(records, head.project_id, format.format, folder, out);
  json = "\n],\"images\":";
  text::append_number(json, format.images);
  json += ",\"annotations\":";
  text::append_number(json, format.annotations);
  json.append(",\n\"skipped\":").append(format.skipped);
  json.append(",\n\"images_left_out\":").append(format.left_out);
  json.append(",\n\"classes\":").append(format.classes).append(",\"classes_before\":");
  json += format.classes_before.value_or("null");
  const Format* made = find_format(format.format);
  if (made && made->image_bytes == ImageBytes::missing) json += ",\"image_bytes\":false";
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
  bool first = true;
  for (const ExportedFormat& format : store::exported_formats(records, head.project_id)) {
    out.write(first ? "\n" : ",\n");
    first = false;
    write_format(records, head, format, folder, out);
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
