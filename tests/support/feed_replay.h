// Going back through the feed of changes: whether it tells everything that happened to a mirror.
//
// Made from nothing but CONTRACT.md, "The feed is faithful": rows of `changes` are undone one by
// one, newest first, on a copy of the mirror, which then has to be, row for row, what the mirror
// was. Left out are link columns but for what is before their '?', run_logs, which are in no
// change, and rows of a kind that has no `load` row yet, which counts as empty.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace SQLite {
class Database;
}

namespace nexus_mirror::testing {

class FeedReplay {
 public:
  explicit FeedReplay(std::filesystem::path database) : database_(std::move(database)) {}

  // Keeps the mirror as it is now, for later; nothing while there is none. One that cannot be read
  // is a difference.
  void keep();
  // Forgets what was kept: something but the program has changed the mirror.
  void forget() {
    kept_.clear();
    trouble_.clear();
  }

  // Goes back from the mirror as it is now to each state that was kept and is still within its
  // history. Returns where they differ, or a change that is no JSON; "" when nowhere.
  std::string differences() const;
  std::size_t kept() const { return kept_.size(); }

  using Rows = std::map<std::string, std::string>;  // by table

 private:
  std::string go_back_to_all(SQLite::Database& now) const;
  std::string past_differences() const;  // of what the program itself shows

  struct State {
    std::int64_t seq;  // of the last change
    Rows rows;
  };
  std::filesystem::path database_;
  std::vector<State> kept_;
  std::string trouble_;
};

}  // namespace nexus_mirror::testing
