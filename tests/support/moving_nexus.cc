#include "support/moving_nexus.h"

#include <algorithm>

namespace nexus_mirror::testing {
namespace {

constexpr const char* kAssets = "assets";
constexpr const char* kAnnotations = "annotations";
constexpr const char* kWorkflows = "workflows";
constexpr const char* kTags[] = {"car", "van", "bus"};
constexpr const char* kStates[] = {"Annotated", "Reviewed", "ToFix"};

std::string quoted_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return "[" + text + "]";
}

// The value of `name` in a query; each of them where it may be repeated.
std::vector<std::string> values_of(const std::string& query, const std::string& name) {
  std::vector<std::string> values;
  std::size_t begin = 0;
  while (begin < query.size()) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    const std::string pair = query.substr(begin, end - begin);
    if (pair.rfind(name + "=", 0) == 0) values.push_back(pair.substr(name.size() + 1));
    begin = end + 1;
  }
  return values;
}

}  // namespace

MovingNexus::MovingNexus(std::uint32_t seed)
    : random_(seed),
      youngest_first_(seed % 2 == 1),
      by_place_(seed / 2 % 2 == 1),
      server_([this](const std::string& request, int) { return reply(request); }) {
  const std::size_t count = 1 + below(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string id = "p" + std::to_string(i);
    Project& project = projects_[id];
    project.name = "project " + id;
    for (std::uint32_t n = 3 + below(8); n > 0; --n) add(id, project, kAssets);
    for (std::uint32_t n = 5 + below(24); n > 0; --n) add(id, project, kAnnotations);
    for (std::uint32_t n = below(4); n > 0; --n) add(id, project, kWorkflows);
  }
}

void MovingNexus::move(int most) {
  const std::lock_guard lock(mutex_);
  most_ = most;
  gone_.clear();
  at_first_.clear();
  for (const auto& [project_id, project] : projects_) {
    if (!project.here) continue;
    for (const auto& [table, objects] : project.tables) {
      for (const auto& [id, object] : objects) at_first_.emplace(project_id, table, id);
    }
  }
}

void MovingNexus::edit(int count, bool seen) {
  const std::lock_guard lock(mutex_);
  while (count-- > 0) one_edit(seen);
}

std::uint64_t MovingNexus::edits() const {
  const std::lock_guard lock(mutex_);
  return edits_;
}

std::set<MovingNexus::Key> MovingNexus::objects() const {
  const std::lock_guard lock(mutex_);
  std::set<Key> keys;
  for (const auto& [project_id, project] : projects_) {
    if (!project.here) continue;
    for (const auto& [table, objects] : project.tables) {
      for (const auto& [id, object] : objects) keys.emplace(project_id, table, id);
    }
  }
  return keys;
}

std::set<MovingNexus::Key> MovingNexus::lasting() const {
  const std::lock_guard lock(mutex_);
  std::set<Key> keys;
  std::set_difference(at_first_.begin(), at_first_.end(), gone_.begin(), gone_.end(),
                      std::inserter(keys, keys.end()));
  return keys;
}

std::set<std::string> MovingNexus::projects() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> ids;
  for (const auto& [id, project] : projects_) {
    if (project.here) ids.insert(id);
  }
  return ids;
}

std::string MovingNexus::any_of(const Objects& objects) {
  if (objects.empty()) return "";
  return std::next(objects.begin(), below(objects.size()))->first;
}

void MovingNexus::add(const std::string& project_id, Project& project, const std::string& table) {
  Object object;
  object.born = ++born_;
  object.tag = kTags[below(3)];
  object.name = "n" + std::to_string(born_);
  if (table == kAnnotations) {
    object.asset = any_of(project.tables[kAssets]);
    if (object.asset.empty()) return;
  }
  // Ids say nothing of the age.
  const std::string id = table.substr(0, 2) + std::to_string(born_ * 7919 % 10007);
  project.tables[table][id] = object;
  gone_.emplace(project_id, table, id);  // it has not been there all the time
}

void MovingNexus::remove(const std::string& project_id, Project& project, const std::string& table,
                         const std::string& id) {
  const auto found = project.tables[table].find(id);
  if (found == project.tables[table].end()) return;
  removed_.emplace_back(project_id, table, id, found->second);
  gone_.emplace(project_id, table, id);
  project.tables[table].erase(found);
  if (table != kAssets) return;
  std::vector<std::string> orphans;
  for (const auto& [other, object] : project.tables[kAnnotations]) {
    if (object.asset == id) orphans.push_back(other);
  }
  for (const std::string& orphan : orphans) remove(project_id, project, kAnnotations, orphan);
}

// An object is another than it was, by the same id.
void MovingNexus::change(Project& project) {
  Objects& annotations = project.tables[kAnnotations];
  Objects& assets = project.tables[kAssets];
  switch (below(5)) {
    case 0:
      if (!annotations.empty()) ++annotations[any_of(annotations)].version;  // it was moved
      return;
    case 1:
      if (!annotations.empty()) annotations[any_of(annotations)].tag = kTags[below(3)];
      return;
    case 2:
      if (!annotations.empty()) annotations[any_of(annotations)].asset = any_of(assets);
      return;
    case 3:
      if (!assets.empty()) assets[any_of(assets)].name = "r" + std::to_string(++born_);
      return;
    default:
      if (!assets.empty()) ++assets[any_of(assets)].version;
  }
}

// The project as a whole: renamed, gone, back.
void MovingNexus::edit_project(std::string& id, Project& project) {
  if (below(2) == 0 || projects_.size() == 1) {
    project.name = "renamed " + std::to_string(++born_);
    return;
  }
  project.here = !project.here;
  for (const auto& [table, objects] : project.tables) {
    for (const auto& [object, unused] : objects) gone_.emplace(id, table, object);
  }
}

void MovingNexus::one_edit(bool seen) {
  ++edits_;
  auto chosen = std::next(projects_.begin(), below(projects_.size()));
  std::string id = chosen->first;
  Project& project = chosen->second;
  const std::uint32_t what = below(seen ? 4 : 12);
  const char* const table = below(3) == 0 ? kAssets : kAnnotations;
  if (what < 2) return add(id, project, table);
  if (what < 4) return remove(id, project, table, any_of(project.tables[table]));
  if (what < 5) return add(id, project, kWorkflows);
  if (what < 6) return remove(id, project, kWorkflows, any_of(project.tables[kWorkflows]));
  if (what < 7) return edit_project(id, project);
  if (what < 9 && !removed_.empty()) {  // one comes back, as it was
    auto [where, kind, object_id, object] = removed_[below(removed_.size())];
    Project& old = projects_[where];
    if (kind == kAnnotations && !old.tables[kAssets].contains(object.asset)) return;
    object.born = ++born_;
    old.tables[kind][object_id] = object;
    gone_.emplace(where, kind, object_id);
    return;
  }
  change(project);
}

std::string MovingNexus::json(const std::string& project_id, const Project& project,
                              const std::string& table, const std::string& id,
                              const Object& object) const {
  std::string text = R"({"id":")" + id + R"(","projectId":")" + project_id + "\"";
  if (table == kWorkflows) return text + R"(,"title":")" + object.name + "\"}";
  if (table == kAnnotations) {
    return text + R"(,"assetId":")" + object.asset + R"(","tag":")" + object.tag +
           R"(","boundType":"Rectangle","bound":[[0,0],[0,)" + std::to_string(object.version) +
           R"(.5],[1,1],[1,0]]})";
  }
  std::map<std::string, int> counts;
  int total = 0;
  for (const auto& [unused, annotation] : project.tables.at(kAnnotations)) {
    if (annotation.asset != id) continue;
    ++counts[annotation.tag];
    ++total;
  }
  std::vector<std::string> tags;
  for (const auto& [tag, count] : counts) {
    tags.push_back(R"({"name":")" + tag + R"(","count":)" + std::to_string(count) + "}");
  }
  return text + R"(,"filename":")" + object.name + R"(.png","status":")" +
         kStates[object.version % 3] + R"(","statistic":{"totalAnnotations":)" +
         std::to_string(total) + R"(,"tagsCount":)" + quoted_list(tags) + "}}";
}

std::string MovingNexus::project_json(const std::string& id, const Project& project) const {
  const auto count = [&](const char* table) {
    const auto found = project.tables.find(table);
    return std::to_string(found == project.tables.end() ? 0 : found->second.size());
  };
  return R"({"id":")" + id + R"(","name":")" + project.name +
         R"(","type":"ObjectDetection","statistic":{"totalAssets":)" + count(kAssets) +
         R"(,"totalAnnotations":)" + count(kAnnotations) + "}}";
}

std::string MovingNexus::workspace_projects() const {
  std::vector<std::string> items;
  for (const auto& [id, project] : projects_) {
    if (project.here) items.push_back(project_json(id, project));
  }
  return quoted_list(items);
}

std::string MovingNexus::list(const std::string& id, const Project& project,
                              const std::string& table, const std::string& query) const {
  const auto found = project.tables.find(table);
  if (found == project.tables.end()) return table == kWorkflows ? "[]" : R"({"data":[]})";
  const auto of_assets = values_of(query, "assetId%5B%5D");
  std::vector<std::pair<std::uint64_t, std::string>> rows;  // age, id
  for (const auto& [key, object] : found->second) {
    const bool wanted = of_assets.empty() || std::find(of_assets.begin(), of_assets.end(),
                                                       object.asset) != of_assets.end();
    if (wanted) rows.emplace_back(youngest_first_ ? ~object.born : object.born, key);
  }
  std::sort(rows.begin(), rows.end());
  const auto limit = values_of(query, "limit");
  const std::size_t most = limit.empty() ? rows.size() : std::stoul(limit.front());
  const auto cursor = values_of(query, "page");
  std::size_t place = 0;
  if (!cursor.empty() && by_place_) place = std::stoul(cursor.front());
  if (!cursor.empty() && !by_place_) {
    while (place < rows.size() && rows[place].first <= std::stoull(cursor.front())) ++place;
  }
  std::vector<std::string> items;
  for (; place < rows.size() && items.size() < most; ++place) {
    const std::string& key = rows[place].second;
    items.push_back(json(id, project, table, key, found->second.at(key)));
  }
  if (table == kWorkflows) return quoted_list(items);
  std::string page = "{\"data\":" + quoted_list(items);
  if (place < rows.size()) {
    const std::uint64_t next = by_place_ ? place : rows[place - 1].first;
    page += ",\"nextPage\":\"" + std::to_string(next) + "\"";
  }
  return page + "}";
}

// The body of a good answer; empty = there is no such thing.
std::string MovingNexus::answer_for(const std::string& target) {
  const std::string path = target.substr(0, target.find('?'));
  const std::string query = path.size() < target.size() ? target.substr(path.size() + 1) : "";
  if (path == "/workspace") return R"({"id":"ws","name":"w"})";
  if (path == "/workspace/projects") return workspace_projects();
  const std::string before = "/projects/";
  if (path.rfind(before, 0) != 0) return "";
  const std::size_t slash = std::min(path.find('/', before.size()), path.size());
  const std::string id = path.substr(before.size(), slash - before.size());
  const auto found = projects_.find(id);
  if (found == projects_.end() || !found->second.here) return "";
  if (slash == path.size()) return project_json(id, found->second);
  const std::string rest = path.substr(slash + 1);
  const std::string table = rest.substr(0, rest.find('/'));
  if (table == "tags") return R"([{"index":0,"name":"car"},{"index":1,"name":"van"}])";
  if (table == "sequences") return R"({"data":[]})";
  if (table != kAssets && table != kAnnotations && table != kWorkflows) return "[]";
  if (rest == table) return list(id, found->second, table, query);
  const Objects& objects = found->second.tables[table];
  const auto object = objects.find(rest.substr(table.size() + 1));
  if (object == objects.end()) return "";
  return json(id, found->second, table, object->first, object->second);
}

Reply MovingNexus::reply(const std::string& request) {
  const std::lock_guard lock(mutex_);
  if (most_ > 0) {
    for (std::uint32_t n = below(static_cast<std::size_t>(most_) + 1); n > 0; --n) one_edit(false);
  }
  const std::size_t begin = request.find(' ') + 1;
  const std::string body = answer_for(request.substr(begin, request.find(' ', begin) - begin));
  return {body.empty() ? answer(404, "{}") : answer(200, body)};
}

}  // namespace nexus_mirror::testing
