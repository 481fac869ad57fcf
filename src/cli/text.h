// Text on its way to a reader: what a terminal may show, its width there, values of the mirror.
// None of it depends on the process's locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/reader.h"

namespace nexus_mirror::cli {

// `text` such that a terminal shows it and obeys none of it: control characters, line separators
// and those that turn the direction of text become "\n", "\x1b" or "\u202e"; valid UTF-8.
std::string printable(std::string_view text);

// Columns that printable text takes on a terminal.
std::size_t display_width(std::string_view text);

// `text`, printable, in at most `width` columns; `ellipsis` stands for what was cut.
std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis);

// What a terminal without UTF-8 can show of it: "?" for each letter beyond.
std::string ascii(std::string_view text);

// `name`, or `id` where nobody could see it.
std::string name_or_id(const std::string& name, const std::string& id);

// Without the blanks, tabs and carriage returns at its ends.
std::string stripped(std::string_view text);

// `word` as a shell takes it for one.
std::string shell_word(const std::string& word);

// "1,234,567", for people; "1 row", "1,234 rows" of `one` "row".
std::string grouped(std::int64_t number);
std::string grouped(std::int64_t number, std::string_view one);

// NULL is empty, text as it is, a real as text::real_text() has it.
std::string format_value(const store::Value& value);

}  // namespace nexus_mirror::cli
