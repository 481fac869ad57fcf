#include "exports/placing.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "content/content_folder.h"
#include "env/file.h"
#include "exports/placed_before.h"
#include "exports/plan_difference.h"
#include "exports/staging.h"
#include "log/log.h"
#include "objects/table.h"
#include "store/mirror_state.h"
#include "text/counted.h"
#include "text/quantity.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using content::PlacedBy;
using store::JpegEnding;
using store::PlacedAs;

constexpr std::int64_t kTogether = 2048;  // in the way of one file
constexpr std::size_t kPiece = 4096;      // files that are placed between two flushes
constexpr int kKept = 1024;               // KiB of rows, which come in the order of the table
constexpr std::uint64_t kOften = 64;      // files between two looks at a stop
constexpr std::int64_t kTellEvery = 256;  // files

PlacedAs placed_as(PlacedBy by, bool own) {
  if (own) return PlacedAs::own_copy;
  if (by == PlacedBy::reflink) return PlacedAs::reflink;
  return by == PlacedBy::hard_link ? PlacedAs::hard_link : PlacedAs::copy;
}

// Whether anything of ours is there, or may be.
bool is_ours(const store::Place& place) { return place.placed_as.has_value(); }

}  // namespace

Placing::Placing(ExportContext& context, std::string project_id, fs::path folder)
    : context_(context),
      project_id_(std::move(project_id)),
      folder_(std::move(folder)),
      beside_(folder_ / kStaging / "placing"),
      room_(folder_,
            static_cast<std::uint64_t>(std::max<std::int64_t>(context.config.files.min_free, 0))),
      placement_(context.config.content_dir(), room_, [this] {
        if (context_.request.progress) context_.request.progress();
        return !context_.stop.stop_requested();
      }) {}

void Placing::plan(store::Snapshot& snapshot, const Target& target, store::WantedPlaces* places) {
  PlanDifference difference(context_.store.placed, project_id_, target.format,
                            store::places_of(snapshot, project_id_, target.format));
  if (places != nullptr) {
    auto wanted = places->of(target.format);
    for (store::WantedPlace place; wanted.next(place);) difference.take(place);
  }
  difference.finish();
}

void Placing::place(const Target& target, const Told& told) {
  store::Snapshot rows(context_.config.mirror);  // with what has been planned
  rows.database().keep_in_memory(kKept);
  auto places = store::places_with_content(rows, project_id_, target.format, target.entity);
  std::int64_t looked_at = 0, all = 0;
  for (store::PlaceContent place; places.next(place); ++looked_at) {
    go_on();
    if (all > 0 && looked_at % kTellEvery == 0) told(looked_at, all);
    if (place.entity_id.empty() || is_right(target, place)) continue;
    if (all == 0) all = store::count_places(rows, project_id_, target.format);
    if (place.content.empty()) {
      if (!take_away(target, place.path)) continue;
      results_.push_back({std::string(place.path), {}, std::nullopt, 0});
      if (results_.size() >= kPiece) settle(target);
    } else if (content_is_ours()) {
      pending_.push_back({std::string(place.path), std::string(place.content), place.bytes,
                          place.ending, is_ours(place)});
      if (pending_.size() >= kPiece) place_piece(target);
    }
  }
  place_piece(target);
  if (all > 0) told(all, all);
  if (!std::exchange(any_lost_, false)) return;
  log::warning("some of the kept files are gone from [files] dir; the next sync fetches them",
               {{"project", project_id_}, {"format", target.format}});
}

void Placing::remove(const Target& target) {
  std::vector<std::string> paths;
  const auto forget = [&] {
    flush();
    context_.store.placed.forget(project_id_, target.format, paths);
    paths.clear();
  };
  store::Snapshot rows(context_.config.mirror);
  rows.database().keep_in_memory(kKept);
  auto places = store::places_of(rows, project_id_, target.format);
  for (store::Place place; places.next(place);) {
    go_on();
    if (!place.entity_id.empty()) continue;
    if (is_ours(place) && !take_away(target, place.path)) continue;
    paths.emplace_back(place.path);
    if (paths.size() >= kPiece) forget();
  }
  forget();
}

void Placing::remove_unknown(const Target& target) {
  std::error_code unknown;
  const fs::path folder = folder_ / target.folder;
  if (!fs::is_directory(folder, unknown) || !is_within(folder) || !content_is_ours()) return;
  const auto is_known = [&](std::string_view path) {
    if (!target.format.empty()) {
      return context_.store.placed.contains(project_id_, target.format, std::string(path));
    }
    const std::size_t slash = path.find('/');
    return slash == path.npos ||
           context_.store.placed.contains(project_id_, std::string(path.substr(0, slash)),
                                          std::string(path.substr(slash + 1)));
  };
  for (bool any = true; any;) {
    any = false;
    for (const std::string& path :
         placed_before(folder, context_.config.content_dir(), kPiece, is_known, [&] { go_on(); })) {
      const std::int64_t before = gone_;
      any = (take_away(target, path) && gone_ > before) || any;
    }
  }
  flush();
}

// By the inode alone.
bool Placing::is_there(const Target& target, std::string_view path) const {
  struct stat status {};
  return ::lstat((folder_ / target.folder / path).c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool Placing::is_right(const Target& target, const store::PlaceContent& place) const {
  if (place.content.empty()) return !is_ours(place);
  if (!is_ours(place) || place.placed != place.content) return false;
  // What its readers may have mended stays.
  if (context_.request.force && place.placed_as != PlacedAs::own_copy) return false;
  return is_there(target, place.path);
}

// Asked once there is something to place. A folder that is not the one that the content is in is
// for the sync to tell what to do about; without it nothing is missing, it is out of reach.
bool Placing::content_is_ours() {
  if (content_is_ours_) return *content_is_ours_;
  const fs::path dir = context_.config.content_dir();
  try {
    store::Snapshot mirror(context_.config.mirror);
    // One beside the mirror that is gone was removed by somebody: its files are lost.
    content_is_ours_ = content::belongs_to(dir, store::mirror_id(mirror.database())) ||
                       context_.config.files.dir.empty();
    if (!*content_is_ours_) {
      foreign_.emplace(ErrorCode::machine, "placing files of", dir.string(),
                       "the mirror has files there, and it is not the folder that they are in",
                       "mount its disk, or move the folder to where [files] dir says");
    }
  } catch (const Error& error) {
    content_is_ours_ = false;
    foreign_ = error;
  }
  return *content_is_ours_;
}

void Placing::place_piece(const Target& target) {
  if (!pending_.empty()) make_folder(folder_ / kStaging);
  std::vector<std::string> paths;
  for (const PendingFile& file : pending_) paths.push_back(file.path);
  context_.store.placed.begin(project_id_, target.format, paths);
  for (PendingFile& file : pending_) {
    go_on();
    place_one(target, file);
  }
  pending_.clear();
  settle(target);
}

void Placing::place_one(const Target& target, PendingFile& file) {
  bool own = false;
  try {
    own = target.entity == objects::assets.name && is_cut(file);
  } catch (const Error& error) {  // it cannot be read; what is there stays
    return note_obstacle(error);
  }
  std::optional<Error> why;
  const content::Placed placed = put(target, file, own, why);
  if (placed.end == content::PlaceEnd::stopped) throw_stopped();
  using content::PlaceEnd;
  if (placed.end == PlaceEnd::placed) {
    to_flush_ = true;
    ++placed_;
    // A large copy takes as long as many links.
    if (placed.by == PlacedBy::copy) steps_ |= kOften - 1;
    results_.push_back(
        {std::move(file.path), std::move(file.sha256), placed_as(placed.by, own), file.bytes});
    return;
  }
  // What was there is of another content, or of one that may be damaged. A model's goes when
  // links.json names it no more.
  const bool named = file.was_there && target.entity == objects::models.name;
  if (named) context_.store.placed.plan(project_id_, target.format, {{file.path, {}}});
  const bool gone = !named && (!file.was_there || take_away(target, file.path));
  if (placed.end == PlaceEnd::not_here) {
    lost_.push_back(file.sha256);
  } else if (placed.end == PlaceEnd::no_room) {
    ++without_room_;
    missing_room_ += static_cast<std::uint64_t>(file.bytes);
  } else {
    note_obstacle(*why);
  }
  if (gone) results_.push_back({std::move(file.path), {}, std::nullopt, 0});
}

void Placing::note_obstacle(const Error& error) {
  ++obstacles_;
  if (!obstacle_) obstacle_ = error;
}

bool Placing::may_copy(std::int64_t bytes) {
  if (bytes == 0) return true;
  if (!content_is_ours()) return false;
  make_folder(folder_);
  if (static_cast<std::uint64_t>(bytes) <= room_.left()) return true;
  ++without_room_;
  missing_room_ += static_cast<std::uint64_t>(bytes);
  return false;
}

content::Placed Placing::put(const Target& target, const PendingFile& file, bool own,
                             std::optional<Error>& why) {
  const auto try_once = [&]() -> content::Placed {
    try {
      make_folder_of(folder_, target.folder + "/" + file.path, made_folder_);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::machine) throw;
      why = error;
      return {content::PlaceEnd::obstacle};
    }
    return placement_.place(file.sha256, static_cast<std::uint64_t>(file.bytes),
                            folder_ / target.folder / file.path, beside_,
                            own ? content::Copies::always : content::Copies::as_needed);
  };
  content::Placed placed = try_once();
  if (placed.end == content::PlaceEnd::obstacle && make_way(target, file.path)) placed = try_once();
  if (placed.end != content::PlaceEnd::obstacle) return placed;
  if (placed.error != 0) {
    why = io_error(placed.error, "placing", folder_ / target.folder / file.path);
  }
  return placed;
}

// Whether something went: a file of before where the path needs a folder, or files in a folder
// where it is to be a file.
bool Placing::make_way(const Target& target, const std::string& path) {
  store::PlacedFiles& placed = context_.store.placed;
  bool any = false;
  for (;;) {
    std::vector<store::PlaceResult> gone;
    for (std::string& old : placed.in_the_way(project_id_, target.format, path, kTogether)) {
      go_on();
      if (take_away(target, old)) gone.push_back({std::move(old), {}, std::nullopt, 0});
    }
    if (gone.empty()) return any;
    any = true;
    flush();
    placed.record(project_id_, target.format, gone);
  }
}

// Of content of before endings were noted it is looked at once.
bool Placing::is_cut(const PendingFile& file) {
  if (file.ending != JpegEnding::unknown) return file.ending == JpegEnding::cut;
  const fs::path dir = context_.config.content_dir();
  if (!content::content_bytes(dir, file.sha256)) return false;  // which placing it will find out
  const bool cut = content::holds_cut_jpeg(dir, file.sha256);
  endings_.push_back({file.sha256, cut});
  return cut;
}

// Whether no folder between the project's and this one is somebody's link to elsewhere.
bool Placing::is_within(const fs::path& folder) {
  if (folder == looked_at_) return looked_well_;
  looked_at_ = folder;
  looked_well_ = true;
  for (fs::path part = folder; looked_well_ && part != folder_; part = part.parent_path()) {
    struct stat status {};
    looked_well_ = ::lstat(part.c_str(), &status) != 0 || S_ISDIR(status.st_mode);
  }
  return looked_well_;
}

// False where it has to stay: nobody lets us.
bool Placing::take_away(const Target& target, std::string_view path) {
  const fs::path file = folder_ / target.folder / path;
  if (!is_within(file.parent_path())) return true;
  const int error = env::remove_file(file);
  if (error == EACCES || error == EPERM) {
    note_obstacle(io_error(error, "removing", file));
    return false;
  }
  if (error != 0 && error != ENOENT && error != ENOTDIR && error != EISDIR) {
    throw_io(error, "removing", file);
  }
  gone_ += error == 0 ? 1 : 0;
  // A power cut would bring it back, when nobody knows it any more.
  to_flush_ = to_flush_ || error == 0;
  made_folder_.clear();
  // Folders that only held files of ours go with the last one.
  for (fs::path folder = file.parent_path(); folder != folder_; folder = folder.parent_path()) {
    if (env::remove_folder(folder) != 0) break;
  }
  return true;
}

// What is written down next is on the disk then.
void Placing::flush() {
  if (!std::exchange(to_flush_, false)) return;
  const int error = env::flush_filesystem(folder_);
  if (error != 0) throw_io(error, "flushing", folder_);
}

void Placing::settle(const Target& target) {
  flush();
  any_lost_ = any_lost_ || !lost_.empty();
  context_.store.files.lost(lost_);  // and the next sync fetches them
  lost_.clear();
  context_.store.placed.note_endings(endings_);
  endings_.clear();
  context_.store.placed.record(project_id_, target.format, results_);
  results_.clear();
}

void Placing::go_on() {
  if (++steps_ % kOften != 0) return;
  if (context_.request.progress) context_.request.progress();
  if (context_.stop.stop_requested()) throw_stopped();
}

void Placing::throw_stopped() const {
  throw Error(ErrorCode::interrupted, "exporting", folder_.string(), "asked to stop",
              "the next sync or export goes on");
}

std::vector<Error> Placing::troubles() const {
  std::vector<Error> troubles;
  const auto more = [](std::int64_t files) {
    return files > 1 ? " (and " + std::to_string(files - 1) + " more)" : std::string();
  };
  if (foreign_) troubles.push_back(*foreign_);
  if (without_room_ > 0) {
    const auto min_free = static_cast<std::uint64_t>(context_.config.files.min_free);
    troubles.emplace_back(ErrorCode::machine, "placing",
                          text::counted(without_room_, "file") + " in " + folder_.string(),
                          text::rough_size(missing_room_) +
                              " of copies do not fit above min_free (" +
                              text::rough_size(min_free) + " stay free)",
                          "make room on that disk, or have [files] dir on it as well, so that "
                          "they need no copies");
  }
  if (obstacle_) {
    troubles.emplace_back(obstacle_->code(), obstacle_->doing(),
                          obstacle_->subject() + more(obstacles_), obstacle_->reason(),
                          obstacle_->hint());
  }
  return troubles;
}

}  // namespace nexus_mirror::exports
