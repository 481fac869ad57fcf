#include "exports/formats/format_writer.h"

namespace nexus_mirror::exports::formats {

void Notation::write_file(const std::string& path, std::string_view bytes) {
  const auto file = context_.files.create(path);
  file->write(bytes);
  file->close();
}

void Notation::place(const std::string& path, const Image& image) {
  if (context_.settings.images) context_.files.place(path, image);
}

std::string_view said_otherwise(Shapes shapes, const Annotation& annotation) {
  const bool rectangle = annotation.type == BoundType::rectangle;
  if (shapes == Shapes::rings) return rectangle ? reasons::kBoxAsPolygon : std::string_view();
  if (shapes != Shapes::upright_boxes) return {};
  if (annotation.type == BoundType::polygon) return reasons::kPolygonAsBox;
  return rectangle && !annotation.points.empty() ? reasons::kTurnedAsBox : std::string_view();
}

FilePerSet::Set FilePerSet::begin(const ImageSet& which) {
  Set set{context_.files.create(std::string(which.name()).append(extension_))};
  set.file->write(head_);
  return set;
}

void FilePerSet::close(Set& set) {
  set.file->write(tail_);
  set.file->close();
}

OutputFile& FilePerImage::start(Set& set, const Image& image) {
  file_ = context_.files.create(std::string(set.folder).append(image.stem).append(extension_));
  text_.clear();
  return *file_;
}

void FilePerImage::complete(Set& /*set*/, const Image& /*image*/) {
  file_->write(text_);
  file_->close();
  file_.reset();
}

void FilePerImage::close(Set& set) {
  for (const auto& list : set.lists) list->close();
}

}  // namespace nexus_mirror::exports::formats
