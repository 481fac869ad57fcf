#include "store/consumers.h"

#include <algorithm>

namespace nexus_mirror::store {

std::vector<std::string> Consumers::configure(const std::vector<std::string>& names) {
  std::vector<std::string> known, dropped;
  {
    Statement& select = session_.statement("SELECT DISTINCT name FROM consumers");
    ResetGuard guard(select);
    while (select.step()) known.emplace_back(select.text(0));
  }
  const auto holds = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const std::string& name : known) {
    if (name != kExports && name != kPruned && !holds(names, name)) dropped.push_back(name);
  }
  Session::Transaction transaction(session_);
  for (const std::string& name : dropped) {
    forget(name);
    session_.statement("DELETE FROM hook_troubles WHERE consumer = ?")
        .bind(1, std::string_view(name))
        .run();
  }
  for (const std::string& name : names) {
    if (session_.any("SELECT 1 FROM consumers WHERE name = ? AND project_id = ''", name)) continue;
    // Rows of projects alone are of one that was dropped while it was told.
    forget(name);
    session_
        .statement(
            "INSERT INTO consumers(name, project_id, seq, sync_id) SELECT ?1, '', "
            "ifnull((SELECT max(seq) FROM changes WHERE sync_id = "
            "(SELECT max(sync_id) FROM changes WHERE sync_id <= ended)), 0), ended FROM "
            "(SELECT ifnull(max(id), 0) AS ended FROM syncs "
            "WHERE result NOT IN ('running', 'interrupted'))")
        .bind(1, std::string_view(name))
        .run();
  }
  transaction.commit();
  return dropped;
}

void Consumers::advance(std::string_view consumer, const std::string& project_id,
                        const Position& position) {
  Session::Transaction transaction(session_);
  session_
      .statement(
          "INSERT INTO consumers(name, project_id, seq, sync_id) VALUES(?, ?, ?, ?) "
          "ON CONFLICT DO UPDATE SET seq = excluded.seq, sync_id = excluded.sync_id")
      .bind(1, consumer)
      .bind(2, std::string_view(project_id))
      .bind(3, position.seq)
      .bind(4, position.sync_id)
      .run();
  transaction.commit();
}

void Consumers::advance_all(std::string_view consumer, const Position& position) {
  Session::Transaction transaction(session_);
  forget(consumer);
  advance(consumer, {}, position);
  transaction.commit();
}

void Consumers::forget(std::string_view consumer) {
  session_.statement("DELETE FROM consumers WHERE name = ?").bind(1, consumer).run();
}

void Consumers::prune(const Outlived& outlived) {
  std::int64_t last = session_.changes().end_of_sync(outlived.once);
  if (last == 0) return;
  Statement& hooks = session_.statement("SELECT min(seq) FROM consumers WHERE name = ?");
  std::optional<std::int64_t> read;
  {
    ResetGuard guard(hooks);
    if (hooks.bind(1, kHooks).step()) read = hooks.optional_integer(0);
  }
  if (read && *read < last) {
    last = std::max(*read, session_.changes().end_of_sync(outlived.twice));
  }
  if (last == 0) return;
  Session::Transaction transaction(session_);
  // Exports that were up to date with what goes stay so; else the position shows the gap.
  session_
      .statement(
          "UPDATE consumers SET seq = ?1 WHERE name = ?2 AND seq < ?1 AND NOT EXISTS "
          "(SELECT 1 FROM changes c WHERE c.project_id = consumers.project_id "
          "AND c.seq > consumers.seq AND c.seq <= ?1) AND NOT EXISTS "
          "(SELECT 1 FROM changes c WHERE c.project_id IS NULL "
          "AND c.seq > consumers.seq AND c.seq <= ?1)")
      .bind(1, last)
      .bind(2, kExports)
      .run();
  session_.changes().forget(last);
  transaction.commit();
}

}  // namespace nexus_mirror::store
