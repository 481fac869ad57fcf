// A configuration file as a Config, with all that is wrong in it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/document.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

struct Loaded {
  Config config;                  // as far as the file could be read
  std::vector<Problem> problems;  // in order of position

  // Where the value of a setting stands: by section, index of the [[section]] and key. Values
  // that are "" and so as good as left out are not here.
  std::map<std::tuple<std::string_view, std::size_t, std::string_view>, TextPosition> given;
  std::vector<TextPosition> workspaces;  // their headers

  // Of the setting; where it was left out, of its [[workspace]] or the file as a whole.
  TextPosition position(std::string_view section, std::size_t index, std::string_view key) const;
};

// Reads `file` and applies every rule that needs nothing but its text and permissions. Does not
// throw for anything in the file, nor for a file that cannot be read.
Loaded load(const std::filesystem::path& file);

// The same of `text`, as if it stood in `file`, which need not be there.
Loaded load_text(const std::filesystem::path& file, std::string_view text);

// What load() finds, and what of it names nothing that can be used, in order of position. Throws
// nothing but bad_alloc.
// `out_of_sight`: credentials are not looked for, since whoever asks may not see them.
enum class Credentials { in_sight, out_of_sight };
std::vector<Problem> find_problems(const std::filesystem::path& file,
                                   Credentials credentials = Credentials::in_sight);

// "file:line:column: message" or, for the file as a whole, "file: message".
std::string problem_text(const std::filesystem::path& file, const Problem& problem);

// By position, problems of the whole file first.
void sort_by_position(std::vector<Problem>& problems);

}  // namespace nexus_mirror::config
