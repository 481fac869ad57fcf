// A project's classes, and its images with their annotations, from the mirror.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exports/data_set.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// The project with its categories: tags by index; names that only the project's own list has
// follow in its order. Project::keypoints is left to store::most_keypoints(). nullopt where the
// mirror has no such project. Throws Error(machine).
std::optional<Project> read_project(store::Snapshot& snapshot, const std::string& project_id);

// What an image is called by a NameRule.
struct ImageNames {
  std::string name, stem;
};

// Those by the rules that call an image otherwise than NameRule::any does.
using OtherNames = std::array<std::optional<ImageNames>, kNameRuleCount>;

// An image as the mirror has it, before any format's settings.
struct ImageRow {
  Image image;  // without split and skipped; called by NameRule::any
  // By the other rules, where they call it otherwise.
  OtherNames other_names;
  std::string_view filename;  // as the server has it; may be empty, like the next two
  std::string_view custom_metadata, status;
  std::vector<std::string> groups;  // only where asked for, like custom_metadata
  std::span<const Annotation> annotations;
  std::vector<std::string_view> unknown;  // ids of annotations with a tag that the project has not
  std::vector<std::string_view> without_frame;  // of a video, ids of those on none of its frames
};

// What of the images is wanted beside their annotations, each at the price of a look at every
// asset's; and where files may be made (annotations_in_order.h).
struct ImageScan {
  std::filesystem::path folder;
  bool with_groups = false, with_metadata = false, with_content = false;
};

// Hands over every image in the order of order_images(), which must have been called; texts and
// spans live until `take` returns. A video comes as its frames that have annotations, by frame; one
// without such a frame, and an asset that is no picture, comes once all the same (see Medium), so
// that it is counted, and keeps its number. `orphan` is told annotations whose asset the mirror has
// not. Memory grows with what is drawn on one asset, not with the project. Throws Error: machine,
// exports, interrupted.
void for_each_image(store::Snapshot& snapshot, const Project& project, const ImageScan& scan,
                    const std::function<void(ImageRow&)>& take,
                    const std::function<void(std::string_view)>& orphan);

}  // namespace nexus_mirror::exports
