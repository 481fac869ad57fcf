// Images and models of a project in the places that its exports have for them (CONTRACT.md 8,
// "Exports take them along"). What is to be done follows from the rows of placed_files and `files`
// (store/placed_files.h): a file whose content is what was put there is not looked into.
//
// Files are placed in pieces: written down as under way, placed, brought to the disk with one call,
// and then written down as placed. So a kill costs one piece, and after
// a power cut nothing is believed to be there that is not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/placement.h"
#include "exports/export_context.h"
#include "store/placed_files.h"
#include "store/wanted_places.h"

namespace nexus_mirror::exports {

// The places of one project. One thread. All throw Error: machine (the disk or the mirror),
// interrupted.
class Placing {
 public:
  // `folder` is the project's.
  Placing(ExportContext& context, std::string project_id, std::filesystem::path folder);

  // The places of a format ("annotations/yolo", below the project's folder) or of the models.
  struct Target {
    std::string format;  // or store::kModelPlaces
    std::string folder;
    std::string entity;  // whose content it is: assets or models
  };

  // Writes down which places there are from now on: those of `places`, or none. `snapshot` has the
  // rows of before.
  void plan(store::Snapshot& snapshot, const Target& target, store::WantedPlaces* places);
  // Puts in place what is here and is not there, and takes away what is here no more. `told` hears
  // how many of how many places were looked at, from the first that is not as it should be on.
  using Told = std::function<void(std::int64_t done, std::int64_t total)>;
  void place(const Target& target, const Told& told);
  // Takes away what lies in places that are none any more.
  void remove(const Target& target);
  // The same of files that a mirror of before placed below `target.folder`, which has a folder for
  // each format, or the models' files.
  void remove_unknown(const Target& target);

  // Whether a file that holds copies of so many bytes of content can be made now; troubles() say
  // why not: its folder is out of reach, or [files] min_free is.
  bool may_copy(std::int64_t bytes);

  bool changed() const { return placed_ + gone_ > 0; }  // whether a file came or went
  std::int64_t placed() const { return placed_; }
  std::int64_t gone() const { return gone_; }

  // What stands in the way of some files, one error a kind: no room for copies, something else in
  // a place, content in a folder that is another's. All others are placed all the same.
  std::vector<Error> troubles() const;

 private:
  // A file to be placed.
  struct PendingFile {
    std::string path, sha256;
    std::int64_t bytes = 0;
    store::JpegEnding ending = store::JpegEnding::whole;
    bool was_there = false;  // or may have been: something of ours
  };

  bool is_there(const Target& target, std::string_view path) const;
  bool is_right(const Target& target, const store::PlaceContent& place) const;
  bool content_is_ours();
  void place_piece(const Target& target);
  void place_one(const Target& target, PendingFile& file);  // which gives up its texts
  // `why` is set where something is in the way.
  content::Placed put(const Target& target, const PendingFile& file, bool own,
                      std::optional<Error>& why);
  bool make_way(const Target& target, const std::string& path);
  bool is_cut(const PendingFile& file);
  bool is_within(const std::filesystem::path& folder);
  bool take_away(const Target& target, std::string_view path);
  void note_obstacle(const Error& error);
  void flush();
  void settle(const Target& target);
  void go_on();
  [[noreturn]] void throw_stopped() const;

  ExportContext& context_;
  const std::string project_id_;
  const std::filesystem::path folder_;
  const std::filesystem::path beside_;
  content::DiskRoom room_;
  content::Placement placement_;
  std::optional<bool> content_is_ours_;
  std::string made_folder_;          // last, so that a thousand files ask once
  std::filesystem::path looked_at_;  // the same, of is_within()
  bool looked_well_ = false;
  std::vector<PendingFile> pending_;
  std::vector<store::PlaceResult> results_;
  std::vector<store::NotedEnding> endings_;
  bool to_flush_ = false;
  std::int64_t placed_ = 0, gone_ = 0;  // files
  std::uint64_t steps_ = 0;

  std::vector<std::string> lost_;  // SHA-256 of content that is gone from its folder
  bool any_lost_ = false;
  std::int64_t without_room_ = 0, obstacles_ = 0;  // files
  std::uint64_t missing_room_ = 0;                 // bytes
  std::optional<Error> obstacle_;                  // the first
  std::optional<Error> foreign_;
};

}  // namespace nexus_mirror::exports
