// What reconciling `files` goes by, in the shape in which SQL takes it: inside of KeptFiles.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "store/kept_files.h"

namespace nexus_mirror::store {

class KeptFiles::WantedScopes {
 public:
  // Both outlive it; `its_go_on` may be empty.
  WantedScopes(const WantedFiles& wanted, const std::function<bool()>& its_go_on);

  bool has(const FileScope& scope) const { return scopes_.contains(scope); }
  const std::set<FileScope>& all() const { return scopes_; }
  bool goes_on() const { return !go_on_ || go_on_(); }
  // Binds what tells whether an asset is wanted: ?1 groups, ?2 statuses, ?3 the largest size.
  Statement& bind(Statement& statement) const {
    return statement.bind(1, std::string_view(groups_))
        .bind(2, std::string_view(statuses_))
        .bind(3, max_file_);
  }

 private:
  std::set<FileScope> scopes_;
  const std::string groups_, statuses_;  // JSON
  const std::int64_t max_file_;
  const std::function<bool()>& go_on_;
};

}  // namespace nexus_mirror::store
