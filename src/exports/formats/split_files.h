// The files of a format that has one file per set: `annotations`, or with a split `train` and
// `validate`. One thread at a time.
#pragma once

#include <memory>
#include <string_view>

#include "exports/data_set.h"
#include "exports/writer.h"

namespace nexus_mirror::exports::formats {

// Whether `image` belongs to the validate set; never without a split.
bool is_for_validation(const FormatSettings& settings, const Image& image);

class SplitFiles {
 public:
  // Begins each file, which exists then however few images come, with `head`. `extension` has its
  // dot. Throws what FileSet does, as all here.
  SplitFiles(const WriterContext& context, std::string_view extension, std::string_view head = {});

  OutputFile& of(const Image& image);
  // Ends each file with `tail`. Called once.
  void close(std::string_view tail = {});

 private:
  const FormatSettings& settings_;
  std::unique_ptr<OutputFile> train_;
  std::unique_ptr<OutputFile> validate_;  // null without a split: train_ holds all
};

}  // namespace nexus_mirror::exports::formats
