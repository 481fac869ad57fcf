// One format of one project on its way: which images it gets, what it leaves out, its counts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exports/project_data.h"
#include "exports/settings.h"
#include "exports/split.h"
#include "exports/writer.h"

namespace nexus_mirror::exports {

// What a format left out. The first kMostIds of each reason are named, all are counted: a manifest
// must not outgrow the data that it describes.
class LeftOut : public Tally {
 public:
  static constexpr std::size_t kMostIds = 10000;

  void skip(std::string_view annotation_id, std::string_view reason) override;
  void leave_out(std::string_view asset_id, std::string_view reason) override;
  void approximate(std::string_view annotation_id, std::string_view reason) override;

  std::int64_t images() const;   // left out
  std::int64_t skipped() const;  // annotations
  // "120 bound type Polygon in this format, 3 polygon of fewer than 3 points"
  std::string skipped_text() const;
  // [{"count":N,"ids":[...],"reason":"..."}] by reason.
  std::string skipped_json() const { return json(skipped_); }
  std::string left_out_json() const { return json(left_out_); }
  std::string approximated_json() const { return json(approximated_); }

 private:
  struct Group {
    std::int64_t count = 0;
    std::vector<std::string> ids;
  };
  using Groups = std::map<std::string, Group, std::less<>>;
  static void add(Groups& groups, std::string_view id, std::string_view reason);
  static std::string json(const Groups& groups);

  Groups skipped_, left_out_, approximated_;
};

// Belongs to one thread.
class FormatRun {
 public:
  // `files` takes what the format writes. All outlive the run.
  FormatRun(const Format& format, const Project& project, const FormatSettings& settings,
            FileSet& files);
  FormatRun(const FormatRun&) = delete;
  FormatRun& operator=(const FormatRun&) = delete;

  // The next image of the project; ignored where the settings leave it out.
  void take(const ImageRow& row);
  // An annotation that belongs to no image of the mirror.
  void orphan(std::string_view annotation_id);
  // Closes the files.
  void finish() { writer_->finish(); }

  const FormatSettings& settings() const { return settings_; }
  const LeftOut& left_out() const { return left_out_; }
  std::int64_t images() const { return images_ - left_out_.images(); }

 private:
  std::string_view why_left_out(const Image& image) const;

  const FormatSettings& settings_;
  const Traits traits_;
  const Splitter splitter_;
  const NameRule names_;
  LeftOut left_out_;
  const WriterContext context_;  // with left_out_
  std::unique_ptr<Writer> writer_;
  std::vector<Annotation> accepted_;
  std::int64_t images_ = 0;
};

}  // namespace nexus_mirror::exports
