// What comments and Markdown files cite by name: files, calls, members, sections.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::testing {

// A C++ source (or header, or .proto) parted at its comments.
struct SourceText {
  std::string code;      // strings and characters included
  std::string comments;  // a line each, without the slashes
};
SourceText part(std::string_view source);

// The words of letters, digits and '_' in `text`.
std::set<std::string> words_of(std::string_view text);

struct Citation {
  enum class Kind {
    file,    // rle.h, env/file.cc, *_tables.cc: of an ending that only sources and texts have
    path,    // env/file: begins with one of the folders given
    name,    // words_of(), Citation::Kind, and `RowBatch` or `run_logs` in backticks
    section  // CONTRACT.md 4.3: `text` is the file, `part` is "4.3"; or, behind a file, a "title"
  };
  Kind kind;
  std::string text;
  std::string part = {};  // of a section
  bool operator==(const Citation&) const = default;
};

// All citations in `prose`, in order. `folders` are names that begin a path of the repository.
std::vector<Citation> citations_in(std::string_view prose, const std::set<std::string>& folders);

}  // namespace nexus_mirror::testing
