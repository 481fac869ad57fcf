// The export of one project: what is out of date, made anew and put in place.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exports/export_context.h"
#include "exports/format_run.h"
#include "exports/links.h"
#include "exports/placing.h"
#include "exports/project_data.h"
#include "exports/staging.h"
#include "store/export_records.h"
#include "store/export_state.h"
#include "store/made_files.h"
#include "store/snapshot.h"
#include "store/wanted_places.h"

namespace nexus_mirror::exports {

class ClosedFiles;

// Folder of the annotation files, below the project's.
inline constexpr const char* kAnnotations = "annotations/";
// Folder of the models' links and files.
inline constexpr const char* kModels = "models";

// Another number with each version that makes other files of the same rows: these are made anew.
inline constexpr std::int64_t kExportRules = 4;

// run() once. One thread.
class ProjectExport {
 public:
  // Reads what the project's last export left. Throws Error: machine, usage (no such project, or
  // one that was never fetched whole).
  ProjectExport(ExportContext& context, const std::string& project_id);

  // Adds the files that were written to `written`, absolute paths. Throws Error: machine, exports,
  // interrupted; each file in place is then a whole one, of before or of now, and the next run puts
  // the rest right.
  void run(env::PathList& written);

  // Of run(): formats that the project does not suit; whether files were made anew because they
  // were made by the rules of another version; why the files of formats wait, if they do.
  const std::vector<store::ExportMisfit>& misfits() const { return misfits_; }
  bool by_other_rules() const { return by_other_rules_; }
  const std::optional<Error>& waits() const { return waits_; }
  // Why some images or models are not in their places, if they are not; the next run tries again.
  std::vector<Error> troubles() const { return placing_.troubles(); }

 private:
  struct Wanted {
    FormatSettings settings;
    bool requested = false;  // by --format or by an earlier one, not by the configuration
    bool due = false;
    bool place = false;  // its images are to be looked after
  };
  // The images of a format, in this run.
  struct PlacingTask {
    Placing::Target target;
    bool plan = false;   // the rows of their places may be others
    bool keeps = false;  // it has such places
  };

  // Nullptr where there is none of that name.
  static const store::ExportedFormat* find(const std::vector<store::ExportedFormat>& formats,
                                           const std::string& name);
  void find_why_it_waits();
  void choose_formats();
  void part_misfits();
  bool fits(const std::string& format);
  void tell_misfit(const store::ExportMisfit& misfit);
  bool named() const { return !context_.request.formats.empty(); }
  void add_requested(const std::string& format);
  bool out_of_date(const Wanted& wanted);
  bool files_are_there(const std::string& format);
  bool places_images(const Wanted& wanted) const;
  static bool encodes_images(const Wanted& wanted);
  bool places_are_due(const Wanted& wanted);
  bool placed_are_there(const Placing::Target& target);
  std::vector<PlacingTask> placing_tasks() const;
  void place_images();
  void remove_images();
  void remove_unknown_places();
  bool models_are_due();
  void place_models();
  void remove_models();
  ModelFiles model_files() const;
  bool any_dropped() const;
  bool is_wanted(const std::string& format) const;

  void leave_out_of_reach();
  void make_formats();
  std::vector<store::ExportedFormat> make_image_formats(Staging& staging,
                                                        const std::vector<const Wanted*>& due,
                                                        ClosedFiles& closed);
  void go_on(Staging& staging, std::uint64_t& moves) const;
  void tell(ExportStep::Stage stage, std::int64_t done, std::int64_t total);
  void count_keypoints();
  store::ExportedFormat make_ndjson(Staging& staging, const Wanted& wanted);
  store::ExportedFormat describe(const Wanted& wanted, const std::string& classes);
  void compare_with_before(store::ExportedFormat& format);
  void tell_renames() const;
  void tell_if_empty(const store::ExportedFormat& format, const LeftOut& left_out) const;
  void put_in_place(Staging& staging, store::MadeFiles& files,
                    const std::vector<store::ExportedFormat>& made);
  void remove_gone(store::MadeFiles& files);
  void remove_unknown(store::MadeFiles& files);
  void remove_file(const std::string& path);
  void remove_label_caches(store::MadeFiles* files);
  // Makes a stop that was asked for end what reads `snapshot`, and what is read count as progress.
  void watch(store::Snapshot& snapshot) const;

  bool update_links();
  void update_manifest(bool changed);

  ExportContext& context_;
  store::Snapshot snapshot_;
  store::ExportRecords& records_;
  Project project_;
  std::string folder_name_;
  std::filesystem::path folder_;
  std::vector<Wanted> wanted_;
  std::vector<store::ExportMisfit> misfits_;
  bool labels_gone_ = false;  // label files of yolo were removed
  bool left_behind_ = false;  // formats that were not named are out of date
  bool by_other_rules_ = false;
  std::optional<Error> waits_;
  bool keeps_images_ = false;                  // of this project some are here, or to come
  std::vector<std::string> placed_formats_;    // those that have places before this run
  std::optional<store::WantedPlaces> places_;  // of snapshot_
  Placing placing_;
  std::map<std::string, LeftOut> left_out_;                  // by format
  std::map<std::string, std::vector<std::string>> renames_;  // what to say, and of which formats
  store::ExportState last_;                                  // as the last export left it
  bool images_ordered_ = false;
  env::PathList* written_ = nullptr;
};

}  // namespace nexus_mirror::exports
