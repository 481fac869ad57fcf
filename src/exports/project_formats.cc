// Which formats a project gets, and which of them are out of date.
#include <algorithm>

#include "exports/fit.h"
#include "exports/format_list.h"
#include "exports/in_place.h"
#include "exports/project_export.h"
#include "log/log.h"
#include "store/project_images.h"
#include "text/joined.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::ExportedFormat;
using store::ExportMark;

// ndjson is made from all tables.
bool concerns_images(const std::string& name) {
  const objects::Table* table = objects::find_table(name);
  return table != nullptr && table->drawn;
}

}  // namespace

const ExportedFormat* ProjectExport::find(const std::vector<ExportedFormat>& formats,
                                          const std::string& name) {
  for (const ExportedFormat& format : formats) {
    if (format.format == name) return &format;
  }
  return nullptr;
}

void ProjectExport::find_why_it_waits() {
  if (!project_.unnamed_tag && !last_.marks.contains(ExportMark::tags)) return;
  const std::string tag =
      project_.unnamed_tag
          ? "its tag of index " + std::to_string(*project_.unnamed_tag) + " has no name"
          : "one of its tags could not be read";
  waits_.emplace(ErrorCode::exports, "exporting", "project " + project_.name,
                 tag +
                     ", and without it no class has a number; its annotation files stay as they "
                     "are",
                 "the first sync that reads all its tags writes them; see what it says of the tag");
}

void ProjectExport::choose_formats() {
  for (FormatSettings& settings :
       settings_of(context_.config, project_.id, project_.name, project_.type)) {
    wanted_.push_back({std::move(settings)});
  }
  // What was asked for once is kept up to date, until its folder is taken away.
  for (const ExportedFormat& format : last_.formats) {
    std::error_code error;
    const fs::path folder = folder_ / kAnnotations / format.format;
    if (format.requested && fs::is_directory(folder, error)) add_requested(format.format);
  }
  for (const std::string& format : context_.request.formats) add_requested(format);
  part_misfits();
  // Who names formats leaves the images of the others, and models, as they are.
  left_behind_ = named() && (last_.marks.contains(ExportMark::images) ||
                             last_.marks.contains(ExportMark::models));
  const auto& only = context_.request.formats;
  for (Wanted& wanted : wanted_) {
    const std::string& format = wanted.settings.format;
    const bool selected = !named() || std::find(only.begin(), only.end(), format) != only.end();
    const ExportedFormat* before = find(last_.formats, format);
    const bool due = before == nullptr || out_of_date(wanted);
    wanted.due = selected && (due || context_.request.everything);
    wanted.place = selected && places_are_due(wanted);
    left_behind_ = left_behind_ || (due && !selected);
    by_other_rules_ =
        by_other_rules_ || (wanted.due && before != nullptr && before->rules != kExportRules);
  }
}

// Takes out what does not fit, and tells it where it is news or was asked for.
void ProjectExport::part_misfits() {
  for (const Wanted& wanted : wanted_) {
    const std::string& format = wanted.settings.format;
    if (fits(format)) continue;
    misfits_.push_back(
        {format, misfit_reason(format, find_format(format)->traits(project_), project_.type)});
  }
  std::erase_if(wanted_, [&](const Wanted& wanted) {
    return std::any_of(misfits_.begin(), misfits_.end(),
                       [&](const auto& misfit) { return misfit.format == wanted.settings.format; });
  });
  std::sort(misfits_.begin(), misfits_.end(),
            [](const auto& a, const auto& b) { return a.format < b.format; });
  if (context_.request.links_only) return;
  for (const store::ExportMisfit& misfit : misfits_) {
    const auto& known = last_.misfits;
    const bool news = std::find(known.begin(), known.end(), misfit) == known.end();
    if (news || context_.request.everything) tell_misfit(misfit);
  }
}

// By the project's type; where that says no, a format that can hold some of the annotations that
// there are fits all the same, so that nothing is lost for a type's sake.
bool ProjectExport::fits(const std::string& format) {
  if (format == kNdjson) return true;
  const Traits traits = find_format(format)->traits(project_);
  if (suits(traits, project_.type)) return true;
  const bool changed = last_.everything || last_.tables.contains("annotations");
  const auto& known = last_.misfits;
  const bool was_none = std::any_of(known.begin(), known.end(),
                                    [&](const auto& one) { return one.format == format; });
  if (!changed && was_none) return false;
  const auto counts = store::count_bound_types(snapshot_, project_.id);
  return std::any_of(counts.begin(), counts.end(),
                     [&](const auto& count) { return takes(traits, count.bound_type); });
}

void ProjectExport::tell_misfit(const store::ExportMisfit& misfit) {
  std::vector<std::string> counts;
  for (const auto& [bound_type, annotations] : store::count_bound_types(snapshot_, project_.id)) {
    counts.push_back(std::to_string(annotations) + " " +
                     (bound_type.empty() ? "unknown" : bound_type));
  }
  log::warning("left out: " + misfit.reason + " (its annotations: " +
                   (counts.empty() ? "none" : text::joined(counts, ", ")) + ")",
               {{"project", project_.name}, {"format", misfit.format}});
}

void ProjectExport::add_requested(const std::string& format) {
  const bool there = std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& wanted) {
    return wanted.settings.format == format;
  });
  if (there) return;
  Wanted wanted;
  if (!wanted_.empty()) wanted.settings = wanted_.front().settings;
  wanted.settings.format = format;
  wanted.requested = true;
  wanted_.push_back(std::move(wanted));
}

bool ProjectExport::out_of_date(const Wanted& wanted) {
  const std::string& format = wanted.settings.format;
  const ExportedFormat& before = *find(last_.formats, format);
  if (before.settings != settings_json(wanted.settings)) return true;
  if (before.rules != kExportRules) return true;
  if (last_.everything || last_.marks.contains(ExportMark::files)) return true;
  if (places_images(wanted) && !before.placing) return true;
  if (encodes_images(wanted) && last_.marks.contains(ExportMark::images)) return true;
  const bool concerned =
      format == kNdjson ? !last_.tables.empty() || last_.marks.contains(ExportMark::run_logs)
                        : std::any_of(last_.tables.begin(), last_.tables.end(), concerns_images);
  return concerned || !files_are_there(format);
}

bool ProjectExport::files_are_there(const std::string& format) {
  return are_in_place(context_.config.mirror.export_dir, [&](const auto& take) {
    auto files = store::exported_files(snapshot_, project_.id, format);
    for (store::ExportedFileRow file; files.next(file);) {
      if (!take(file.path)) return;
    }
  });
}

bool ProjectExport::is_wanted(const std::string& format) const {
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [&](const Wanted& wanted) { return wanted.settings.format == format; });
}

bool ProjectExport::any_dropped() const {
  return std::any_of(last_.formats.begin(), last_.formats.end(),
                     [&](const ExportedFormat& format) { return !is_wanted(format.format); });
}

}  // namespace nexus_mirror::exports
