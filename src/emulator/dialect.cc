#include "emulator/dialect.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "emulator/dialect_names.h"
#include "emulator/json_members.h"
#include "emulator/json_stream.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

// A top-level member that a v1 server has inside another one.
struct Moved {
  std::string_view key, into, v1;
};

std::vector<Moved> moved_members(ObjectKind kind, const JsonMembers& members) {
  std::vector<Moved> moved;
  if (kind == ObjectKind::assets) moved = {{"status", "metadata", "status"}};
  if (kind == ObjectKind::operations) {
    moved = {{"createDate", "status", "timeScheduled"}, {"updateDate", "status", "timeUpdated"}};
  }
  std::erase_if(moved, [&members](const Moved& move) {
    const JsonMember* from = members.find(move.key);
    const JsonMember* into = members.find(move.into);
    const auto is_scalar = [](const JsonMember& member) {
      return member.type == JsonMember::JsonType::string ||
             member.type == JsonMember::JsonType::number;
    };
    return from == nullptr || !is_scalar(*from) || into == nullptr ||
           into->type != JsonMember::JsonType::object;
  });
  return moved;
}

// Writes the events of a v2 object as a text with the older names.
class OlderNames : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, OlderNames> {
 public:
  OlderNames(Dialect dialect, ObjectKind kind, const JsonMembers& members)
      : dialect_(dialect), kind_(kind), members_(members), moved_(moved_members(kind, members)) {}

  bool Null() {
    if (!skipped()) writer_.value(nullptr);
    return true;
  }
  bool Bool(bool b) {
    if (!skipped()) writer_.value(b);
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    if (!skipped()) writer_.raw({text, size});
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (skipped()) return true;
    std::string_view value(text, size);
    if (!frames_.back().free_form && !frames_.back().is_array) {
      value = v1_value(kind_, parent(), key_, value);
    }
    writer_.value(value);
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    key_.assign(text, size);
    if (frames_.size() == 1 && is_moved(key_)) {
      skip_next_ = true;
      return true;
    }
    writer_.key(frames_.back().free_form ? key_ : v1_key());
    return true;
  }
  bool StartObject() {
    push(false);
    writer_.begin_object();
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (frames_.size() == 2) write_moved(frames_.back().key);
    if (frames_.size() == 1) write_object_name();
    frames_.pop_back();
    writer_.end_object();
    return true;
  }
  bool StartArray() {
    push(true);
    writer_.begin_array();
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    frames_.pop_back();
    writer_.end_array();
    return true;
  }

  std::string text() const { return writer_.text(); }

 private:
  struct Frame {
    std::string key;  // under which the object or array stands; an element has its array's
    bool free_form, is_array;
  };

  void push(bool is_array) {
    if (frames_.empty()) {
      frames_.push_back({"", false, is_array});
      return;
    }
    if (frames_.back().is_array) {
      Frame element = frames_.back();
      element.is_array = is_array;
      frames_.push_back(std::move(element));
      return;
    }
    const bool unknown = !renamed().has_value() && !is_documented(key_);
    frames_.push_back({key_,
                       frames_.back().free_form || unknown || is_free_form(kind_, parent(), key_),
                       is_array});
  }
  std::string_view parent() const { return frames_.back().key; }
  bool skipped() {
    const bool skip = skip_next_;
    skip_next_ = false;
    return skip;
  }
  bool is_moved(std::string_view key) const {
    return std::any_of(moved_.begin(), moved_.end(),
                       [key](const Moved& move) { return move.key == key; });
  }
  std::optional<std::string_view> renamed() const { return v1_name(kind_, parent(), key_); }
  std::string v1_key() const {
    if (const auto name = renamed()) return spell(dialect_, *name);
    return is_documented(key_) ? spell(dialect_, key_) : key_;
  }
  void write_moved(std::string_view into) {
    for (const Moved& move : moved_) {
      if (move.into != into) continue;
      const JsonMember& member = *members_.find(move.key);
      writer_.key(spell(dialect_, move.v1));
      if (member.type == JsonMember::JsonType::string) {
        writer_.value(v1_value(kind_, "", move.key, member.scalar));
      } else {
        writer_.raw(member.scalar);
      }
    }
  }
  void write_object_name() {
    if (members_.find("object") != nullptr) return;
    writer_.member("object", name_of(kind_).object);
  }

  const Dialect dialect_;
  const ObjectKind kind_;
  const JsonMembers& members_;
  const std::vector<Moved> moved_;
  text::JsonWriter writer_;
  std::vector<Frame> frames_;
  std::string key_;
  bool skip_next_ = false;
};

}  // namespace

std::string in_dialect(Dialect dialect, ObjectKind kind, std::string_view text) {
  if (dialect == Dialect::v2) return std::string(text);
  const JsonMembers members(text);
  OlderNames handler(dialect, kind, members);
  JsonTextStream stream(text);
  read_json(stream, handler);
  return handler.text();
}

std::string spell(Dialect dialect, std::string_view key) {
  return dialect == Dialect::snake ? snake_case(key) : std::string(key);
}

}  // namespace nexus_mirror::emulator
