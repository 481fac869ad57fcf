#include "exports/formats/flips.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "text/ascii.h"

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kSides = {
    {{"left", "right"}, {"l", "r"}}};

bool is_letter_at(std::string_view text, std::size_t place) {
  return place < text.size() && text::is_letter(text[place]);
}

bool is_capital_at(std::string_view text, std::size_t place) {
  return is_letter_at(text, place) && text::lower(text.substr(place, 1)) != text.substr(place, 1);
}

// Whether `word` stands at `place` of `name` as a word of its own. A long word may also be parted
// from the next one by a capital: "leftEye".
bool stands_at(std::string_view name, std::string_view word, std::size_t place) {
  if (text::lower(name.substr(place, word.size())) != word) return false;
  const std::size_t end = place + word.size();
  const bool is_long = word.size() > 1;
  const bool begins = place == 0 || !is_letter_at(name, place - 1) ||
                      (is_long && is_capital_at(name, place) && !is_capital_at(name, place - 1));
  const bool ends = !is_letter_at(name, end) ||
                    (is_long && is_capital_at(name, end) && !is_capital_at(name, end - 1));
  return begins && ends;
}

// `name` in lower case with the other side in place of the one that it names; `name` itself, in
// lower case, where it names none.
std::string mirrored(std::string_view name) {
  std::string lower = text::lower(name);
  for (const auto& [left, right] : kSides) {
    for (std::size_t place = 0; place < name.size(); ++place) {
      for (const auto& [from, to] : {std::pair(left, right), std::pair(right, left)}) {
        if (!stands_at(name, from, place)) continue;
        return lower.substr(0, place) + std::string(to) + lower.substr(place + from.size());
      }
    }
  }
  return lower;
}

}  // namespace

std::vector<std::int64_t> flips_of(const Project& project) {
  const std::vector<std::string>* names = nullptr;
  for (const Category& category : project.categories) {
    if (names != nullptr && category.keypoint_names != *names) return {};
    names = &category.keypoint_names;
  }
  if (names == nullptr || names->empty() || std::ssize(*names) != project.keypoints) return {};
  std::vector<std::string> lower;
  for (const std::string& name : *names) lower.push_back(text::lower(name));
  std::vector<std::int64_t> flips;
  bool any = false;
  for (const std::string& name : *names) {
    const std::string other = mirrored(name);
    const auto found = std::find(lower.begin(), lower.end(), other);
    if (found == lower.end()) return {};
    flips.push_back(found - lower.begin());
    any = any || other != text::lower(name);
  }
  // Two of one name would both become the first.
  for (std::size_t i = 0; i < flips.size(); ++i) {
    const std::int64_t back = flips[static_cast<std::size_t>(flips[i])];
    if (back != static_cast<std::int64_t>(i)) return {};
  }
  return any ? flips : std::vector<std::int64_t>();
}

}  // namespace nexus_mirror::exports::formats
