#include "store/kept_counts.h"

#include <cstdint>
#include <functional>

#include "store/annotation_counts.h"
#include "store/statement.h"

namespace nexus_mirror::store {
namespace {

// Each has `row` for the trigger's new or old. An asset bears a tag as long as one of its
// annotations does: `alone` says that no other one than `row` has it. The pluses keep SQLite from
// looking for that among all that bear the tag.
constexpr std::string_view kAddAsset =
    "INSERT INTO asset_counts VALUES(row.project_id, ifnull(row.status, ''), 1) "
    "ON CONFLICT DO UPDATE SET assets = assets + 1;";
constexpr std::string_view kTakeAsset =
    "UPDATE asset_counts SET assets = assets - 1 WHERE project_id = row.project_id "
    "AND status = ifnull(row.status, '');"
    "DELETE FROM asset_counts WHERE project_id = row.project_id "
    "AND status = ifnull(row.status, '') AND assets = 0;";
constexpr std::string_view kAddAnnotation =
    "INSERT INTO annotation_counts VALUES(row.project_id, 1) "
    "ON CONFLICT DO UPDATE SET annotations = annotations + 1;"
    "INSERT INTO tag_counts SELECT row.project_id, row.tag, 1, alone WHERE row.tag IS NOT NULL "
    "ON CONFLICT DO UPDATE SET annotations = annotations + 1, assets = assets + excluded.assets;";
constexpr std::string_view kTakeAnnotation =
    "UPDATE annotation_counts SET annotations = annotations - 1 WHERE project_id = row.project_id;"
    "DELETE FROM annotation_counts WHERE project_id = row.project_id AND annotations = 0;"
    "UPDATE tag_counts SET annotations = annotations - 1, assets = assets - alone "
    "WHERE project_id = row.project_id AND tag = row.tag;"
    "DELETE FROM tag_counts WHERE project_id = row.project_id AND tag = row.tag "
    "AND annotations = 0;";
constexpr std::string_view kAlone =
    "(row.asset_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annotations a "
    "WHERE a.asset_id = row.asset_id AND +a.project_id = row.project_id AND +a.tag = row.tag "
    "AND a.rowid <> row.rowid))";

using Project = std::optional<std::string_view>;  // nullopt = all of them

// The plus has the whole table read as it lies: its rows are, when many were added, in no index's
// order.
void count_assets(Database& database, const Project& project) {
  if (!project) {
    return database.execute(
        "DELETE FROM asset_counts;"
        "INSERT INTO asset_counts SELECT project_id, ifnull(status, ''), count(*) FROM assets "
        "GROUP BY 1, 2;");
  }
  for (const std::string_view sql :
       {"DELETE FROM asset_counts WHERE project_id = ?1",
        "INSERT INTO asset_counts SELECT ?1, ifnull(status, ''), count(*) FROM assets "
        "WHERE +project_id = ?1 GROUP BY 2"}) {
    database.prepare(sql).bind(1, *project).run();
  }
}

void count_annotations(Database& database, const Project& project) {
  const auto counts = counts_of_annotations(database, project);
  for (const char* table : {"annotation_counts", "tag_counts"}) {
    Statement remove = database.prepare("DELETE FROM " + std::string(table) +
                                        (project ? " WHERE project_id = ?1" : ""));
    if (project) remove.bind(1, *project);
    remove.run();
  }
  Statement put = database.prepare("INSERT INTO annotation_counts VALUES(?, ?)");
  Statement put_tag = database.prepare("INSERT INTO tag_counts VALUES(?, ?, ?, ?)");
  for (const auto& [id, counted] : counts) {
    put.bind(1, std::string_view(id)).bind(2, counted.annotations).run();
    for (const auto& [tag, borne] : counted.tags) {
      put_tag.bind(1, std::string_view(id)).bind(2, std::string_view(tag));
      put_tag.bind(3, borne.annotations).bind(4, borne.assets).run();
    }
  }
}

struct Counted {
  std::string_view table, add, take;
  std::string_view columns;    // that decide where a row counts, parted by ", "
  std::string_view different;  // an update that changes one of them
  void (*anew)(Database&, const Project&);
};

const std::vector<Counted> kCounted = {
    {"assets", kAddAsset, kTakeAsset, "project_id, status",
     "old.project_id <> new.project_id OR old.status IS NOT new.status", count_assets},
    {"annotations", kAddAnnotation, kTakeAnnotation, "project_id, asset_id, tag",
     "old.project_id <> new.project_id OR old.asset_id IS NOT new.asset_id "
     "OR old.tag IS NOT new.tag",
     count_annotations},
};

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (std::size_t at = 0; (at = text.find(from)) != text.npos;
       text.remove_prefix(at + from.size())) {
    result.append(text.substr(0, at)).append(to);
  }
  return result.append(text);
}

std::string of_row(std::string_view statements, std::string_view row) {
  return replaced(replaced(statements, "alone", kAlone), "row.", std::string(row) + ".");
}

}  // namespace

std::vector<Trigger> all_triggers() {
  std::vector<Trigger> triggers;
  for (const Counted& counted : kCounted) {
    const std::string table(counted.table);
    const auto add = [&](const char* what, const std::string& when, const std::string& body) {
      const std::string name = table + "_" + what;
      triggers.push_back(
          {name, table, "CREATE TRIGGER " + name + " AFTER " + when + " BEGIN " + body + " END"});
    };
    add("added", "INSERT ON " + table, of_row(counted.add, "new"));
    add("removed", "DELETE ON " + table, of_row(counted.take, "old"));
    add("moved",
        "UPDATE OF " + std::string(counted.columns) + " ON " + table + " WHEN " +
            std::string(counted.different),
        of_row(counted.take, "old") + of_row(counted.add, "new"));
  }
  return triggers;
}

void count_anew(Database& database, std::string_view table,
                std::optional<std::string_view> project_id) {
  for (const Counted& counted : kCounted) {
    if (counted.table == table) counted.anew(database, project_id);
  }
}

}  // namespace nexus_mirror::store
