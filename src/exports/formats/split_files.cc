#include "exports/formats/split_files.h"

#include <string>

namespace nexus_mirror::exports::formats {

bool is_for_validation(const FormatSettings& settings, const Image& image) {
  return settings.split_ratio > 0 && image.split == Split::validate;
}

SplitFiles::SplitFiles(const WriterContext& context, std::string_view extension,
                       std::string_view head)
    : settings_(context.settings) {
  const auto begin = [&](Split split) {
    std::string path(set_name(context.settings, split));
    auto file = context.files.create(path.append(extension));
    file->write(head);
    return file;
  };
  train_ = begin(Split::train);
  if (settings_.split_ratio > 0) validate_ = begin(Split::validate);
}

OutputFile& SplitFiles::of(const Image& image) {
  return is_for_validation(settings_, image) ? *validate_ : *train_;
}

void SplitFiles::close(std::string_view tail) {
  for (OutputFile* file : {train_.get(), validate_.get()}) {
    if (!file) continue;
    file->write(tail);
    file->close();
  }
}

}  // namespace nexus_mirror::exports::formats
