// A Nexus whose users do not wait for a sync to end: between any two requests it may have been
// edited. What it does follows from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "support/http_server.h"

namespace nexus_mirror::testing {

// Any thread may call any method.
class MovingNexus {
 public:
  // Project, table and id of an object.
  using Key = std::tuple<std::string, std::string, std::string>;

  // How its listings are made follows from the seed as well: by age or by youth, and with cursors
  // that name the last row or count the rows before.
  explicit MovingNexus(std::uint32_t seed);

  std::string url() const { return server_.url(); }

  // From here on requests are preceded by up to `most` edits each; 0 = it is left in peace.
  void move(int most);
  // Some edits at rest; `seen` are only those that a quick sync has to notice.
  void edit(int count, bool seen);

  std::uint64_t edits() const;
  // What is there, and what of it was there all the time since move() or still().
  std::set<Key> objects() const;
  std::set<Key> lasting() const;
  std::set<std::string> projects() const;

 private:
  struct Object {
    std::uint64_t born = 0;
    std::string asset, tag, name;  // of annotations: asset and tag
    int version = 0;
  };
  using Objects = std::map<std::string, Object>;
  struct Project {
    std::string name;
    bool here = true;
    std::map<std::string, Objects> tables;
  };

  Reply reply(const std::string& request);
  std::string answer_for(const std::string& target);
  std::string list(const std::string& id, const Project& project, const std::string& table,
                   const std::string& query) const;
  std::string workspace_projects() const;
  std::string project_json(const std::string& id, const Project& project) const;
  std::string json(const std::string& project_id, const Project& project, const std::string& table,
                   const std::string& id, const Object& object) const;

  void one_edit(bool seen);
  void edit_project(std::string& id, Project& project);
  void add(const std::string& project_id, Project& project, const std::string& table);
  void remove(const std::string& project_id, Project& project, const std::string& table,
              const std::string& id);
  void change(Project& project);
  std::string any_of(const Objects& objects);
  std::uint32_t below(std::size_t count) { return static_cast<std::uint32_t>(random_() % count); }

  mutable std::mutex mutex_;
  std::mt19937 random_;
  const bool youngest_first_, by_place_;
  int most_ = 0;
  std::uint64_t born_ = 0, edits_ = 0;
  std::map<std::string, Project> projects_;
  std::vector<std::tuple<std::string, std::string, std::string, Object>> removed_;  // may return
  std::set<Key> at_first_, gone_;
  HttpServer server_;  // last: it asks the rest
};

}  // namespace nexus_mirror::testing
