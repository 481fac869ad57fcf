// Which set an asset belongs to: decided by a text and the seed alone, so that it stays there for
// ever, however the data set grows (CONTRACT.md 5, "The split"). The text is the asset's id, or
// what `split_by` says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exports/data_set.h"
#include "exports/settings.h"

namespace nexus_mirror::exports {

// What is known of an asset that a split may go by.
struct SplitSubject {
  std::string_view asset_id, filename;
  std::string_view custom_metadata;        // JSON object, or empty
  const std::vector<std::string>& groups;  // sorted
};

// Splits by one format's settings. One thread at a time.
class Splitter {
 public:
  // Throws Error(config) where the expression of `split_by` cannot be read.
  explicit Splitter(const SplitSettings& settings);
  ~Splitter();
  Splitter(Splitter&&) noexcept;
  Splitter(const Splitter&) = delete;
  Splitter& operator=(const Splitter&) = delete;

  // By `sets`, of which test comes first and train last, where the asset is in a group of them.
  // Else by the first 53 bits of SHA-256("<seed>:<text>") as a fraction 0..1: validate where it is
  // below `ratio`, test from 1 - `test_ratio` on. A larger share moves assets out of train only.
  Split split_of(const SplitSubject& subject) const;

  // What is hashed of `subject`: its id where `split_by` finds nothing in it.
  std::string text_of(const SplitSubject& subject) const;

 private:
  struct Expression;

  const SplitSettings settings_;
  std::string by_, key_;  // of split_by: what precedes the colon, and follows it
  std::unique_ptr<Expression> expression_;
};

// A set of a project's images.
struct ImageSet {
  Split split = Split::train;
  bool whole = false;  // it has all images: there is no split

  // "annotations" of the whole, else "train", "validate" or "test": the name of a file that holds
  // the set.
  std::string_view name() const;
};

// As `asset_sets` and most training code have it: "train", "validate", "test".
std::string_view name_of(Split split);

// The sets that `settings` make: one, the whole, where they make none. Each is there however few
// images come.
std::vector<ImageSet> sets_of(const SplitSettings& settings);
// Whether one of them is `split`.
bool has_set(const SplitSettings& settings, Split split);

}  // namespace nexus_mirror::exports
