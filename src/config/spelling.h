// The known word that a mistyped one was meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus_mirror::config {

// How many letters must be changed, added, left out or swapped with their neighbour to get from
// one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

// The nearest of `known` (letter case aside; the first of equals), unless all are far from `word`.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known);

// "did you mean 'sync'?" where one of `known` is near, else `otherwise`: what to do, in a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known,
                         std::string_view otherwise = {});

// `text` from the file as a message shows it: in quotes, on one line, cut when it is long.
std::string in_quotes(std::string_view text);

}  // namespace nexus_mirror::config
