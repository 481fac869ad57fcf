#include "emulator/json_members.h"

#include <utility>

#include "emulator/json_stream.h"

namespace nexus_mirror::emulator {
namespace {

using Type = JsonMember::Type;

// Collects what stands at depth 1 of the document.
class MemberHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, MemberHandler> {
 public:
  MemberHandler(std::string_view text, const JsonTextStream& stream,
                std::vector<JsonMember>& members)
      : text_(text), stream_(stream), members_(members) {}

  bool Null() { return value(Type::null, "null"); }
  bool Bool(bool b) { return value(Type::boolean, b ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return value(Type::number, {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return value(Type::string, {text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ != 1) return true;
    JsonMember member;
    member.key.assign(text, size);
    member.key_begin = skip(previous_end_, " \t\r\n,");
    member.begin = skip(stream_.Tell(), " \t\r\n:");
    members_.push_back(std::move(member));
    return true;
  }
  bool StartObject() { return start(true); }
  bool EndObject(rapidjson::SizeType) { return finish(Type::object); }
  bool StartArray() { return start(false); }
  bool EndArray(rapidjson::SizeType) { return finish(Type::array); }

 private:
  std::size_t skip(std::size_t at, std::string_view characters) const {
    const std::size_t found = text_.find_first_not_of(characters, at);
    return found == std::string_view::npos ? text_.size() : found;
  }
  bool start(bool object) {
    if (depth_ == 0) {
      if (!object) return false;
      previous_end_ = stream_.Tell() + 1;
    }
    ++depth_;
    return true;
  }
  // The iterative parser sends the events of braces and brackets before it takes them.
  bool finish(Type type) {
    --depth_;
    return depth_ == 0 || value(type, {}, 1);
  }
  bool value(Type type, std::string_view scalar, std::size_t behind = 0) {
    if (depth_ == 0) return false;
    if (depth_ == 1) {
      JsonMember& member = members_.back();
      member.type = type;
      member.end = previous_end_ = stream_.Tell() + behind;
      member.scalar = scalar;
    }
    return true;
  }

  const std::string_view text_;
  const JsonTextStream& stream_;
  std::vector<JsonMember>& members_;
  std::size_t previous_end_ = 0;
  std::size_t depth_ = 0;
};

struct StringCollector : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, StringCollector> {
  bool Default() { return true; }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return true; }
  bool Key(const char*, rapidjson::SizeType, bool) { return true; }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    strings.emplace_back(text, size);
    return true;
  }
  std::vector<std::string> strings;
};

}  // namespace

JsonMembers::JsonMembers(std::string_view text) {
  JsonTextStream stream(text);
  MemberHandler handler(text, stream, members_);
  read_json(stream, handler);
}

const JsonMember* JsonMembers::find(std::string_view key) const {
  for (const JsonMember& member : members_) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

std::string JsonMembers::scalar(std::string_view key) const {
  const JsonMember* member = find(key);
  if (member == nullptr || (member->type != Type::string && member->type != Type::number)) {
    return {};
  }
  return member->scalar;
}

std::string without_member(std::string_view text, std::string_view key) {
  const JsonMembers members(text);
  const std::vector<JsonMember>& all = members.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].key != key) continue;
    std::size_t from = all[i].key_begin;
    std::size_t to = all[i].end;
    if (i > 0) {
      from = all[i - 1].end;
    } else if (all.size() > 1) {
      to = all[1].key_begin;
    }
    std::string result(text.substr(0, from));
    result.append(text.substr(to));
    return result;
  }
  return std::string(text);
}

std::vector<std::string> strings_of_array(std::string_view text) {
  JsonTextStream stream(text);
  StringCollector collector;
  read_json(stream, collector);
  return std::move(collector.strings);
}

}  // namespace nexus_mirror::emulator
