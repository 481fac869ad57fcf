// The feed of changes, read: by whoever hands changes on, prints them or counts them. Nobody else
// reads the table.
//
// A consumer follows the feed by name. Table `consumers` has how far it has read: the row of
// project '' stands for all projects that have none of their own, and such a row stands for one
// that is further. What a consumer writes there is in consumers.h.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

// The name in `consumers` under which stands how far the history has been pruned, from the first
// project on that was forgotten: since then a gap at the feed's begin may be what that took along.
inline constexpr std::string_view kPruned = "pruned";

// A row of `changes`.
struct Change {
  std::int64_t seq = 0;
  std::optional<std::int64_t> sync_id;
  std::int64_t at = 0;  // UNIX ms
  std::string entity;   // name of a table
  std::optional<std::string> entity_id, project_id;
  std::string op;                            // insert, update, delete, load or forget
  std::optional<std::string> before, after;  // JSON objects
};

// Empty members let everything through.
struct ChangeFilter {
  std::optional<std::int64_t> after_sync = {};  // what no sync found has its place by time
  // UNIX ms. Changes are in the order of their syncs: those behind the last that is known to be no
  // later than this. What is dated later than `now_ms` is so by a clock that was wrong.
  std::optional<std::int64_t> after_ms = {};
  std::int64_t now_ms = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string> entities = {};
  std::vector<std::string> project_ids = {};
  std::optional<std::int64_t> up_to = {};  // a seq
};

// How far a consumer has read: changes up to `seq`, and what was exported up to sync `sync_id`.
struct Position {
  std::int64_t seq = 0, sync_id = 0;

  bool operator==(const Position&) const = default;
};

struct TableChanges {
  std::string table, operation;  // insert, update, delete; a first load is inserts
  std::int64_t rows = 0;
};

struct KindChanges {
  std::string project_id, project_name;  // empty of what is of no project
  std::string entity;
  std::int64_t inserted = 0, updated = 0, deleted = 0;  // rows; a first listing's are inserted
};

// One thread at a time, the database's; all throw as Database does.
class ChangeFeed {
 public:
  explicit ChangeFeed(Database& database) : database_(database) {}

  // The next changes behind `seq`, at most `most`, in their order; fewer only at the feed's end.
  std::vector<Change> since(std::int64_t seq, std::int64_t most, const ChangeFilter& filter = {});
  // Hands over the changes that `filter` lets through, in their order; of more than `last` (0 = no
  // limit) the last ones.
  void for_each(const ChangeFilter& filter, std::int64_t last,
                const std::function<void(const Change&)>& take);

  std::int64_t newest();  // seq of the last change there ever was; 0 = none
  // Before the first change of a sync that came after `sync_id`, which may be under way.
  std::int64_t end_of_sync(std::int64_t sync_id);
  // Whether every change behind `seq` is still here.
  bool reaches_back_to(std::int64_t seq);
  // Changes of the project behind `seq`, up to `up_to`.
  std::int64_t count(std::int64_t seq, std::int64_t up_to, const std::string& project_id);
  // Tables of the project with changes behind `seq`, its workspace's among them.
  std::set<std::string> tables_changed(std::int64_t seq, const std::string& project_id);
  std::vector<TableChanges> of_sync(std::int64_t sync_id);
  // By the project's name, then its id and the entity; kinds of which nothing changed are left out.
  std::vector<KindChanges> kinds_of_sync(std::int64_t sync_id);

  // Whether a change of entity `files` in one of these projects names the content (SHA-256).
  bool names_content(const std::string& sha256, const std::vector<std::string>& project_ids);

  // Rows of a consumer by project; empty where it has never been registered.
  std::map<std::string, Position> positions(std::string_view consumer);
  // Projects with changes up to `up_to` that the consumer has not read, and from where.
  std::map<std::string, Position> unread(std::string_view consumer, std::int64_t up_to);

 private:
  Database& database_;
};

}  // namespace nexus_mirror::store
