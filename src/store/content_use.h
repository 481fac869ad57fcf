// Content that nothing refers to any more (CONTRACT.md 8.8). Rows of `files` refer to content, and
// so does the history: changes of entity `files` in projects whose images are wanted. What a row
// let go of stands in content_leftovers until something refers to it again or it is removed; when
// the last reference went is known from then on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/session.h"

namespace nexus_mirror::store {

// One thread at a time; all throw as Database does.
class ContentUse {
 public:
  explicit ContentUse(Session& session) : session_(session) {}

  // Whether a row, or the history of one of these projects, refers to the content.
  bool is_used(const std::string& sha256, const std::vector<std::string>& image_projects);

  // Of the next leftovers behind `after` (a SHA-256; empty = of the first) those that nothing has
  // referred to since `before` (UNIX ms) or longer. Notes of the others, as of `now`, when their
  // last reference went; writes only what is news. `after` becomes where to go on, empty at the
  // end.
  std::vector<std::string> unused(const std::vector<std::string>& image_projects, std::int64_t now,
                                  std::int64_t before, std::string& after);
  // The next leftovers behind `after` (a SHA-256; empty = the first), which becomes where to go on,
  // empty at the end.
  std::vector<std::string> leftovers(std::string& after);
  // They have been removed.
  void removed(const std::vector<std::string>& sha256s);
  // It lies in the folder, and nobody knows why: a leftover from now on.
  void found(const std::string& sha256);

 private:
  void forget(const std::vector<std::string>& sha256s);

  Session& session_;
};

}  // namespace nexus_mirror::store
