#include "exports/manifest.h"

#include <rapidjson/filereadstream.h>
#include <rapidjson/reader.h>

#include <cstdio>
#include <memory>

#include "env/file.h"
#include "exports/format_list.h"
#include "exports/image_order.h"
#include "exports/json_file.h"
#include "exports/links.h"
#include "store/export_state.h"
#include "store/left_out.h"
#include "store/placed_files.h"
#include "text/digest.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::ExportedFormat;
using store::Snapshot;

// Nothing where the file is gone: whatever made that so, the next export makes it again.
std::optional<std::int64_t> size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error == std::errc::no_such_file_or_directory) return std::nullopt;
  if (error) throw_io(error.value(), "reading", file);
  return static_cast<std::int64_t>(size);
}

void write_file(text::JsonWriter& json, std::string_view path, std::string_view sha256,
                std::int64_t bytes) {
  json.new_line();
  json.begin_object();
  json.member("path", path);
  json.member("sha256", sha256);
  json.member("bytes", bytes);
  json.end_object();
}

// Paths in `exports` begin with the project's folder; a manifest's are relative to itself.
void write_files(Snapshot& records, const std::string& project_id, std::string_view format,
                 const fs::path& folder, text::JsonWriter& json, OutputFile& out) {
  const std::size_t prefix = folder.filename().string().size() + 1;
  auto files = store::exported_files(records, project_id, format);
  json.begin_array("files");
  for (store::ExportedFileRow file; files.next(file);) {
    const std::string_view path = file.path.substr(prefix);
    const auto size = size_of(folder / path);
    if (!size) continue;
    write_file(json, path, file.sha256, *size);
    out.write(json.take());
  }
  json.new_line();
  json.end_array();
}

// What became of the images that belong beside the files, or into them.
void write_image_files(Snapshot& records, const std::string& project_id,
                       const ExportedFormat& format, bool encoded, text::JsonWriter& json) {
  if (!format.places) return;
  store::PlacedCounts counts{format.encoded, 0, format.encoded, format.encoded_bytes};
  if (!encoded) counts = store::count_placed(records, project_id, format.format);
  json.new_line();
  json.begin_object("image_files");
  json.member("placed", counts.placed);
  json.member("linked", counts.linked);
  json.member("copied", counts.copied);
  json.member("missing", *format.places - counts.placed);
  json.member("bytes", counts.bytes);
  json.end_object();
}

void write_format(Snapshot& records, const ManifestHead& head, const ExportedFormat& format,
                  const fs::path& folder, text::JsonWriter& json, OutputFile& out) {
  json.new_line();
  json.begin_object();
  json.member("format", format.format);
  json.raw_member("settings", format.settings);
  write_files(records, head.project_id, format.format, folder, json, out);
  json.member("images", format.images);
  json.member("annotations", format.annotations);
  json.new_line();
  json.raw_member("skipped", format.skipped);
  json.new_line();
  json.raw_member("approximated", format.approximated);
  json.new_line();
  json.raw_member("images_left_out", format.left_out);
  json.new_line();
  json.raw_member("classes", format.classes);
  json.raw_member("classes_before", format.classes_before.value_or("null"));
  const Format* made = find_format(format.format);
  const bool encoded = made && made->images == ImagesAre::encoded;
  if (encoded) json.member("image_bytes", format.places > 0 && format.encoded == format.places);
  write_image_files(records, head.project_id, format, encoded, json);
  json.end_object();
  out.write(json.take());
}

// The formats of `made` that call images by `rule`.
std::vector<std::string> formats_of(const std::vector<ExportedFormat>& made, NameRule rule) {
  std::vector<std::string> names;
  for (const ExportedFormat& format : made) {
    const Format* found = find_format(format.format);
    if (found && found->names == rule) names.push_back(format.format);
  }
  return names;
}

void write_renamed(Snapshot& images, const std::vector<ExportedFormat>& made,
                   text::JsonWriter& json, OutputFile& out) {
  for_each_renamed(images, [&](const Renamed& renamed) {
    const bool everywhere = renamed.rule == NameRule::any;
    const auto formats = everywhere ? std::vector<std::string>() : formats_of(made, renamed.rule);
    if (!everywhere && formats.empty()) return;
    json.new_line();
    json.begin_object();
    json.member("asset_id", renamed.asset_id);
    json.member("filename", renamed.filename);
    json.member("name", renamed.name);
    json.member("stem", renamed.stem);
    if (!everywhere) json.member("formats", formats);
    json.end_object();
    out.write(json.take());
  });
}

void write_links(const fs::path& folder, text::JsonWriter& json) {
  for (const char* path : {kLinksCsv, kLinksJson}) {
    const auto bytes = read_file(folder / path);
    if (bytes)
      write_file(json, path, text::sha256(*bytes), static_cast<std::int64_t>(bytes->size()));
  }
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
  env::Descriptor opened = env::open(manifest, O_RDONLY);
  if (!env::is_regular(opened)) return;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(opened.get(), "rb"),
                                                             &std::fclose);
  if (!file) return;
  opened.release();  // closed with the file
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
  text::JsonWriter json(text::Escapes::codes);
  json.begin_object();
  json.member("project_id", head.project_id);
  json.member("project_name", head.project_name);
  json.member("sync_id", head.sync_id);
  json.member("written_at", head.written_at);
  if (head.as_of) {
    json.begin_object("as_of");
    json.member("sync_id", head.as_of->sync_id);
    json.member("time", head.as_of->ended);
    json.end_object();
  }
  json.new_line();
  json.begin_array("exports");
  const auto formats = store::exported_formats(records, head.project_id);
  for (const ExportedFormat& format : formats) {
    write_format(records, head, format, folder, json, out);
  }
  json.new_line();
  json.end_array();
  json.new_line();
  json.begin_array("formats_left_out");
  for (const store::ExportMisfit& misfit : store::export_misfits(records, head.project_id)) {
    json.begin_object();
    json.member("format", misfit.format);
    json.member("reason", misfit.reason);
    json.end_object();
  }
  json.end_array();
  json.new_line();
  json.begin_array("left_out");
  for (const store::LeftOutKind& kind :
       store::left_out_kinds(records.database(), head.project_id)) {
    json.begin_object();
    json.member("entity", kind.entity);
    json.member("reason", kind.reason);
    json.end_object();
  }
  json.end_array();
  json.new_line();
  json.begin_array("renamed");
  if (renamed) write_renamed(images, formats, json, out);
  json.end_array();
  json.new_line();
  json.begin_object("models");
  json.begin_array("files");
  write_links(folder, json);
  json.end_array();
  json.end_object();
  json.end_object();
  out.write(json.take() + "\n");
}

void for_each_path(const fs::path& manifest, const std::function<void(std::string_view)>& take) {
  PathHandler handler(take);
  read_manifest(manifest, handler);
}

}  // namespace nexus_mirror::exports
