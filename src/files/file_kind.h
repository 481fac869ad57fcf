// Whether bytes are what a file is said to be, where no hash can tell (CONTRACT.md 8.1): a page of
// a proxy or an error must not pass for a picture. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus_mirror::files {

enum class FileKind { picture, video, other };

// By the type that the server names for the asset, else by the extension of its name.
FileKind kind_of(std::string_view mime_type, std::string_view filename);

// First bytes that are looked at.
inline constexpr std::size_t kFirstBytes = 400;

// Why a body of this Content-Type that begins with `first` (kFirstBytes of it, fewer of a shorter
// one) is no file of the kind; empty when it may be one.
std::string why_not(FileKind kind, std::string_view content_type, std::string_view first);

}  // namespace nexus_mirror::files
