#include "exports/class_numbers.h"

#include <map>

#include "exports/json_file.h"
#include "text/json_writer.h"

namespace nexus_mirror::exports {
namespace {

struct NumberedClasses {
  std::map<std::int64_t, std::string> by_id;
  std::map<std::string, std::int64_t> by_name;
};

NumberedClasses classes_of(const std::string& text) {
  NumberedClasses classes;
  const rapidjson::Document json = read_json(text);
  if (!json.IsArray()) return classes;
  for (const auto& item : json.GetArray()) {
    const auto id = number_of(item, "id");
    if (!id) continue;
    const std::string name = text_of(item, "name").value_or("");
    classes.by_id[*id] = name;
    classes.by_name[name] = *id;
  }
  return classes;
}

}  // namespace

std::string classes_json(const Project& project, ClassIds ids) {
  text::JsonWriter json(text::Escapes::codes);
  json.begin_array();
  for (const Category& category : project.categories) {
    json.begin_object();
    json.member("id", ids == ClassIds::line ? category.line : category.tag_index + 1);
    json.member("name", category.name);
    json.end_object();
  }
  json.end_array();
  return json.take();
}

ClassChanges compare_classes(const std::string& before, const std::string& after) {
  ClassChanges changes;
  const NumberedClasses old = classes_of(before), now = classes_of(after);
  for (const auto& [name, id] : old.by_name) {
    const auto same_name = now.by_name.find(name);
    if (same_name != now.by_name.end()) {
      changes.renumbered = changes.renumbered || same_name->second != id;
      continue;
    }
    const auto same_id = now.by_id.find(id);
    if (same_id == now.by_id.end() || old.by_name.contains(same_id->second)) continue;
    changes.renames.push_back({id, name, same_id->second});
  }
  return changes;
}

}  // namespace nexus_mirror::exports
