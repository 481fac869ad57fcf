// Reading back the small JSON files that exports leave. What is not there, or not of its kind, is
// nothing: such a file is written anew. Any thread may call anything.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::exports {

// The bytes of `file`; nullopt when it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& file);

// `text` as a document; null where it is no JSON.
rapidjson::Document read_json(std::string_view text);

// The member `key` of `object`, which may be any value.
std::optional<std::string> text_of(const rapidjson::Value& object, std::string_view key);
std::optional<std::int64_t> number_of(const rapidjson::Value& object, std::string_view key);
// nullptr where it is no list; lives as long as `object`.
const rapidjson::Value* list_of(const rapidjson::Value& object, std::string_view key);

}  // namespace nexus_mirror::exports
