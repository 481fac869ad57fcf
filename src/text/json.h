// JSON as the program writes it: valid UTF-8 whatever comes in, numbers in their shortest form,
// whatever the locale is. JsonWriter (text/json_writer.h) writes documents; append_string() is for
// what is written so often that the text is put together by hand. Any thread may call anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/number.h"

namespace nexus_mirror::text {

// How control characters are escaped but for the line break, which is \n in both. Mirrors hold the
// first and exported files the second: with another one each such text would look like a change.
enum class Escapes {
  letters,  // \t and the like where JSON has a letter, else \u001B
  codes,    // \u0009, \u001b
};

// Appends `text` as a JSON string; bytes that are no UTF-8 become U+FFFD. Numbers are appended with
// append_number() or append_real() of text/number.h, which are JSON when finite.
void append_string(std::string& json, std::string_view text, Escapes escapes = Escapes::codes);

// Makes \ufffd, in place, of each escape in `json` that is half a surrogate pair, which no encoding
// can hold. Whether there was any. What is no JSON stays none.
bool replace_half_surrogates(std::string& json);

// ["a","b"]: also how a list of names gets into SQL as one parameter (json_each).
std::string json_array(const std::vector<std::string>& texts);

}  // namespace nexus_mirror::text
