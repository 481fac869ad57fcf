#include "exports/json_file.h"

#include "env/file.h"

namespace nexus_mirror::exports {
namespace {

using rapidjson::Value;

const Value* member(const Value& object, std::string_view key) {
  if (!object.IsObject()) return nullptr;
  const auto size = static_cast<rapidjson::SizeType>(key.size());
  const auto found = object.FindMember(Value(rapidjson::StringRef(key.data(), size)));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

}  // namespace

std::optional<std::string> read_file(const std::filesystem::path& file) {
  const env::Descriptor in = env::open(file, O_RDONLY);
  if (!env::is_regular(in)) return std::nullopt;
  std::string bytes, block(64UL << 10, '\0');
  for (std::size_t count = block.size(); count == block.size();) {
    if (env::read_some(in, block, count) != 0) return std::nullopt;
    bytes.append(block, 0, count);
  }
  return bytes;
}

rapidjson::Document read_json(std::string_view text) {
  rapidjson::Document json;
  // However deep it nests: a file in a folder of the user's may hold anything.
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError()) json.SetNull();
  return json;
}

std::optional<std::string> text_of(const Value& object, std::string_view key) {
  const Value* text = member(object, key);
  if (!text || !text->IsString()) return std::nullopt;
  return std::string(text->GetString(), text->GetStringLength());
}

std::optional<std::int64_t> number_of(const Value& object, std::string_view key) {
  const Value* number = member(object, key);
  if (!number || !number->IsInt64()) return std::nullopt;
  return number->GetInt64();
}

const Value* list_of(const Value& object, std::string_view key) {
  const Value* list = member(object, key);
  return list && list->IsArray() ? list : nullptr;
}

}  // namespace nexus_mirror::exports
