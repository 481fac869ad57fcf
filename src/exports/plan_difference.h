// The places that there should be, laid along those that there are: only differences are written.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "store/placed_files.h"
#include "store/wanted_places.h"

namespace nexus_mirror::exports {

// Two streams by path, side by side. One thread; throws as the store does.
class PlanDifference {
 public:
  PlanDifference(store::PlacedFiles& placed, const std::string& project_id,
                 const std::string& format, store::Rows<store::Place> there)
      : placed_(placed), project_id_(project_id), format_(format), there_(std::move(there)) {
    step();
  }

  void take(const store::WantedPlace& wanted) {
    while (any_ && row_.path < wanted.path) drop();
    const bool known = any_ && row_.path == wanted.path;
    if (!known || row_.entity_id != wanted.entity_id) {
      put({std::string(wanted.path), std::string(wanted.entity_id)});
    }
    if (known) step();
  }

  void finish() {
    while (any_) drop();
    write();
  }

 private:
  static constexpr std::ptrdiff_t kTogether = 2048;  // rows in a transaction

  void drop() {
    if (!row_.entity_id.empty()) put({std::string(row_.path), {}});
    step();
  }
  void put(store::PlannedPlace place) {
    planned_.push_back(std::move(place));
    if (std::ssize(planned_) >= kTogether) write();
  }
  void write() {
    if (!planned_.empty()) placed_.plan(project_id_, format_, planned_);
    planned_.clear();
  }
  void step() { any_ = there_.next(row_); }

  store::PlacedFiles& placed_;
  const std::string &project_id_, &format_;
  store::Rows<store::Place> there_;
  store::Place row_;
  bool any_ = false;
  std::vector<store::PlannedPlace> planned_;
};

}  // namespace nexus_mirror::exports
