#include "store/past/changed_object.h"

#include "store/past/change_values.h"

namespace nexus_mirror::store {
namespace {

template <class Members>
std::optional<std::string_view> find(const Members& members, std::string_view column) {
  for (const auto& [name, value] : members) {
    if (name == column) return value;
  }
  return std::nullopt;
}

}  // namespace

void ChangedObject::add(std::string_view op, std::string_view before, std::string_view after) {
  if (size_ == steps_.size()) steps_.emplace_back();
  ChangeStep& step = steps_[size_++];
  step.op = op;
  step.before = before;
  step.after = after;
  step.parsed = false;
}

bool ChangedObject::was() const { return steps_.front().op != "insert"; }
bool ChangedObject::is() const { return steps_[size_ - 1].op != "delete"; }

ChangedObject::ChangeStep& ChangedObject::parsed(std::size_t index) {
  ChangeStep& step = steps_[index];
  if (step.parsed) return step;
  step.parsed = true;
  const auto parse = [](const std::string& json, Members& members) {
    members.clear();
    if (json.empty()) return;
    for_each_member(json, [&](std::string_view name, std::string_view value) {
      members.emplace_back(name, value);
    });
  };
  parse(step.before, step.members_before);
  parse(step.after, step.members_after);
  return step;
}

std::optional<std::string_view> ChangedObject::before(std::string_view column) {
  for (std::size_t i = 0; i < size_; ++i) {
    const ChangeStep& step = parsed(i);
    if (const auto value = find(step.members_before, column)) return value;
    if (step.op == "delete") return std::nullopt;  // it named all that there was
  }
  return std::nullopt;
}

std::optional<std::string_view> ChangedObject::after(std::string_view column) {
  for (std::size_t i = size_; i-- > 0;) {
    const ChangeStep& step = parsed(i);
    if (const auto value = find(step.members_after, column)) return value;
    if (step.op == "insert") return std::nullopt;
  }
  return std::nullopt;
}

std::set<std::string_view> ChangedObject::differing() {
  std::set<std::string_view> columns;
  for (std::size_t i = 0; i < size_; ++i) {
    const ChangeStep& step = parsed(i);
    for (const Members* members : {&step.members_before, &step.members_after}) {
      for (const auto& [name, value] : *members) {
        if (before(name).value_or("null") != after(name).value_or("null")) columns.insert(name);
      }
    }
  }
  return columns;
}

}  // namespace nexus_mirror::store
