// One object's changes between two moments: what it was, and what it is.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus_mirror::store {

// Values are the texts that changes have of them (change_values.h). What no change names was the
// same all the while. One thread.
class ChangedObject {
 public:
  void clear() { size_ = 0; }
  // In their order; ops are insert, update and delete.
  void add(std::string_view op, std::string_view before, std::string_view after);
  bool empty() const { return size_ == 0; }

  // Whether it was there at the first moment, and is at the second.
  bool was() const;
  bool is() const;
  // nullopt where no change says.
  std::optional<std::string_view> before(std::string_view column);
  std::optional<std::string_view> after(std::string_view column);
  // Columns that differ, of an object that was and is.
  std::set<std::string_view> differing();

 private:
  using Members = std::vector<std::pair<std::string_view, std::string_view>>;
  struct ChangeStep {
    std::string op, before, after;
    bool parsed = false;
    Members members_before, members_after;
  };

  ChangeStep& parsed(std::size_t index);

  std::vector<ChangeStep> steps_;  // kept for the next object
  std::size_t size_ = 0;
};

}  // namespace nexus_mirror::store
