// Names of files and folders made from what a server says, which is not to be trusted: whatever
// comes in, the result is one path component that stays where it is put. Pure functions; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exports/data_set.h"

namespace nexus_mirror::exports {

// The folder of a project: its id where that is harmless, else a cleaned one that no other id gets.
std::string safe_folder(std::string_view id);

// The stem of files about asset `filename`: what precedes its last '.'. Separators, control
// characters and ill-formed UTF-8 become '_', as do a leading '.', the colon of a drive and names
// that Windows reserves; at most kLongestStem bytes. Never empty.
std::string safe_stem(std::string_view filename);
inline constexpr std::size_t kLongestStem = 180;

// Whether safe_stem() had to change something, so that the asset's id is to be added.
bool has_safe_stem(std::string_view filename);

// Whether `filename` may stand in a file as it is: relative, without "..", control characters and
// ill-formed UTF-8, and not too long. It may name folders.
bool is_safe_name(std::string_view filename);

// What follows the stem of `filename` in it: its last '.' and the rest; ".hidden" has none.
std::string_view extension(std::string_view filename);

// ".jpg" of `filename`, cleaned; empty where there is none.
std::string safe_extension(std::string_view filename);

// `name` as a whole as a folder's: cleaned as a stem is, and without blanks and dots at its end,
// which Windows drops. Never empty.
std::string safe_part(std::string_view name);

// `stem` with the start of the asset's id (or, with `whole`, all of it) behind it.
std::string with_id(std::string_view stem, std::string_view asset_id, bool whole);

// What the stem of a video's frame has behind the video's: "_f000017".
std::string frame_suffix(std::int64_t frame);

// Stems with the same key would be one file on some disk: on one that folds case or composes
// letters. So would files whose names have the same name_key(); these may have folders, and blanks
// and dots at the end of a part, which Windows drops.
std::string stem_key(std::string_view stem);
std::string name_key(std::string_view name);

// `text` with '_' or another letter for what readers of `rule` stumble over in a name: what they
// part a line at, Unicode's blanks among it; what the first darknet replaces wherever it stands on
// its way from ./JPEGImages/<stem>.jpg to ./labels/<stem>.txt: "images", "raw", ".jpg" and such.
std::string fitting(NameRule rule, std::string_view text);

// Whether an image may be called so by `rule`. darknet's lists have the stem and an extension.
bool fits(NameRule rule, std::string_view name, std::string_view stem);

// `name` in lower case, each run of anything but a-z0-9 one '-', none at the ends; at most
// kLongestSlug letters; may be empty.
std::string slug(std::string_view name);
inline constexpr std::size_t kLongestSlug = 100;

}  // namespace nexus_mirror::exports
