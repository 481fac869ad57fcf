// Text on its way to a reader: valid UTF-8, its width on a terminal, numbers. None of it depends
// on the process's locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/reader.h"
#include "text/utf8.h"

namespace nexus_mirror::cli {

using text::append_code_point;
using text::take_code_point;
using text::valid_utf8;

// `text` such that a terminal shows it and obeys none of it: control characters, line separators
// and those that turn the direction of text become "\n", "\x1b" or "\u202e"; valid UTF-8.
std::string printable(std::string_view text);

// Columns that printable text takes on a terminal.
std::size_t display_width(std::string_view text);

// `text`, printable, in at most `width` columns; `ellipsis` stands for what was cut.
std::string fit(std::string_view text, std::size_t width, std::string_view ellipsis);

// The shortest decimal that reads back the same, with a point or an exponent ("3.0", "1e-07");
// "inf", "-inf" and "nan" for what is no number.
std::string format_real(double value);

// NULL is empty, text as it is.
std::string format_value(const store::Value& value);

// `bytes` as "512 B", "1.5 MiB".
std::string format_bytes(std::uint64_t bytes);

}  // namespace nexus_mirror::cli
