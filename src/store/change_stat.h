// How often what changed, counted from the feed (CONTRACT.md 9, `changes --stat`).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "store/change_feed.h"
#include "store/value.h"

namespace nexus_mirror::store {

// One line of it. `column` is empty but for updates; `before` and `after` are NULL where the
// column's values are too many to be told: all but words that classify.
struct ChangeCount {
  std::optional<std::string> project_id;
  std::string entity, op;
  std::optional<std::string> column;
  Value before, after;
  std::int64_t count = 0;
};

// Needs memory for each line, however many changes it counts. One thread.
class ChangeStat {
 public:
  // Counts one. Throws Error(machine) for a change that the mirror never writes.
  void add(const Change& change);

  // In the order of their columns.
  void for_each(const std::function<void(const ChangeCount&)>& take) const;

 private:
  struct Line {
    std::optional<std::string> project_id;
    std::string entity, op;
    std::optional<std::string> column, before, after;  // values as JSON

    auto operator<=>(const Line&) const = default;
  };

  void add_columns(const Change& change);

  std::map<Line, std::int64_t> lines_;
};

}  // namespace nexus_mirror::store
