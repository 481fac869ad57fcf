// Texts that mean the same letters, whatever their case and composition. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

// `text` such that two have the same where they differ in nothing but case ("Ä", "ä"), composition
// (one code point or letter and mark) and characters that are not seen (a soft hyphen): Unicode's
// canonical caseless match, NFC(fold(NFD(text))), without default ignorables. File systems that
// fold case or compose letters take no more than that for the same name. Ill-formed sequences
// count as U+FFFD.
std::string caseless(std::string_view text);

}  // namespace nexus_mirror::text
