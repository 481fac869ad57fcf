#include "config/spelling.h"

#include <algorithm>
#include <vector>

#include "nexus_mirror/error.h"
#include "text/ascii.h"

namespace nexus_mirror::config {
std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Rows of the table of distances between prefixes: two back, one back, this one.
  std::vector<std::size_t> before(to.size() + 1), above(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[to.size()];
}

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;  // no known word comes near it
  if (word.size() > kLongest) return std::nullopt;
  const std::string lower = text::lower(word);
  std::optional<std::string_view> nearest;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(lower, text::lower(candidate));
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view otherwise) {
  const auto nearest = nearest_word(word, known);
  if (!nearest) return std::string(otherwise);
  return "did you mean '" + one_line(std::string(*nearest)) + "'?";
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string shown(text.substr(0, kLongest));
  if (text.size() > kLongest) {
    // Not in the middle of a character of several bytes.
    while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0) == 0x80) {
      shown.pop_back();
    }
    shown += "...";
  }
  return '"' + one_line(std::move(shown)) + '"';
}

}  // namespace nexus_mirror::config
