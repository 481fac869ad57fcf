#include "exports/format_run.h"

#include "exports/reasons.h"
#include "objects/enumerations.h"
#include "text/joined.h"
#include "text/json.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports {
namespace {

std::string_view type_name(std::size_t type) {
  return type < std::size(objects::kBoundTypes) ? objects::kBoundTypes[type] : "unknown";
}

}  // namespace

void LeftOut::add(Groups& groups, std::string_view id, std::string_view reason) {
  auto place = groups.find(reason);
  if (place == groups.end()) place = groups.emplace(std::string(reason), Group{}).first;
  Group& group = place->second;
  ++group.count;
  if (group.ids.size() < kMostIds) group.ids.emplace_back(id);
}

void LeftOut::skip(std::string_view annotation_id, std::string_view reason) {
  add(skipped_, annotation_id, reason);
}

void LeftOut::leave_out(std::string_view asset_id, std::string_view reason) {
  add(left_out_, asset_id, reason);
}

void LeftOut::approximate(std::string_view annotation_id, std::string_view reason) {
  add(approximated_, annotation_id, reason);
}

std::int64_t LeftOut::images() const {
  std::int64_t count = 0;
  for (const auto& [reason, group] : left_out_) count += group.count;
  return count;
}

std::string LeftOut::skipped_text() const {
  std::vector<std::string> parts;
  for (const auto& [reason, group] : skipped_) {
    parts.push_back(std::to_string(group.count) + " " + reason);
  }
  return text::joined(parts, ", ");
}

std::int64_t LeftOut::skipped() const {
  std::int64_t count = 0;
  for (const auto& [reason, group] : skipped_) count += group.count;
  return count;
}

std::string LeftOut::json(const Groups& groups) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_array();
  for (const auto& [reason, group] : groups) {
    json.begin_object();
    json.member("count", group.count);
    json.raw_member("ids", text::json_array(group.ids));
    json.member("reason", reason);
    json.end_object();
  }
  json.end_array();
  return json.take();
}

FormatRun::FormatRun(const Format& format, const Project& project, const FormatSettings& settings,
                     FileSet& files)
    : settings_(settings),
      traits_(format.traits(project)),
      splitter_(settings.split),
      names_(format.names),
      context_{project, settings, traits_, files, left_out_},
      writer_(format.make(context_)) {}

// Why the format can have no entry for `image`; empty where it can.
std::string_view FormatRun::why_left_out(const Image& image) const {
  if (image.medium == Medium::video) return reasons::kNoFrames;
  if (image.medium == Medium::other) return reasons::kNoPicture;
  const bool unknown_size = image.width == 0 || image.height == 0;
  return traits_.needs_size && unknown_size ? reasons::kUnknownSize : std::string_view();
}

void FormatRun::take(const ImageRow& row) {
  if (!selects(settings_, row.status, row.groups)) return;
  ++images_;
  Image image = row.image;
  if (const auto& names = row.other_names[static_cast<std::size_t>(names_)]) {
    image.name = names->name;
    image.stem = names->stem;
  }
  image.split = splitter_.split_of({image.asset_id, row.filename, row.custom_metadata, row.groups});
  image.skipped = 0;
  const auto skip = [&](std::string_view id, std::string_view reason) {
    left_out_.skip(id, reason);
    ++image.skipped;
  };
  for (const std::string_view id : row.unknown) skip(id, reasons::kUnknownTag);
  for (const std::string_view id : row.without_frame) skip(id, reasons::kWithoutFrame);
  const std::string_view left_out = why_left_out(image);
  const std::string_view on_it = image.medium == Medium::picture ? left_out : reasons::kOnNoPicture;
  accepted_.clear();
  for (const Annotation& annotation : row.annotations) {
    const auto type = static_cast<std::size_t>(annotation.type);
    if (!traits_.accepts[type]) {
      skip(annotation.id, reasons::bound_type(type_name(type)));
    } else if (!left_out.empty()) {
      skip(annotation.id, on_it);
    } else {
      accepted_.push_back(annotation);
    }
  }
  if (!left_out.empty()) return left_out_.leave_out(image.asset_id, left_out);
  writer_->write(image, accepted_);
}

void FormatRun::orphan(std::string_view annotation_id) {
  // Whether the settings would select its asset cannot be told; without settings they would.
  if (!settings_.statuses.empty() || !settings_.groups.empty()) return;
  left_out_.skip(annotation_id, reasons::kUnknownAsset);
}

}  // namespace nexus_mirror::exports
