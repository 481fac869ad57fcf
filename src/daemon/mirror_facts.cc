#include "daemon/mirror_facts.h"

#include "nexus_mirror/error.h"
#include "store/reader.h"
#include "store/store.h"
#include "sync/sync.h"

namespace nexus_mirror::daemon {
namespace {

std::optional<std::int64_t> number(const store::Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer == nullptr ? std::nullopt : std::optional<std::int64_t>(*integer);
}

std::string text_of(const store::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : *text;
}

// Links of projects that are gone cannot be renewed.
constexpr const char* kLinks =
    " FROM models m JOIN projects p ON p.id = m.project_id WHERE p.removed_at IS NULL"
    " AND m.download_url <> '' AND m.download_expiry > :now";

}  // namespace

MirrorFacts read_facts(const Config& config, std::int64_t now, std::int64_t before) {
  store::Reader mirror(config.mirror.database);
  const auto one = [&](const std::string& sql, const store::Parameters& parameters = {}) {
    return number(mirror.rows(sql, parameters).at(0).at(0));
  };
  MirrorFacts facts;
  facts.last_success = one("SELECT max(finished_at) FROM syncs WHERE result = 'ok'");
  facts.last_full = one("SELECT max(started_at) FROM syncs WHERE result = 'ok' AND mode = 'full'");
  facts.earliest_link = one(std::string("SELECT min(m.download_expiry)") + kLinks, {{"now", now}});
  for (const store::Row& row : mirror.rows(std::string("SELECT DISTINCT m.project_id") + kLinks +
                                               " AND m.download_expiry <= :before ORDER BY 1",
                                           {{"now", now}, {"before", before}})) {
    facts.dying_projects.push_back(text_of(row[0]));
  }
  return facts;
}

std::vector<TableRows> rows_of_sync(const Config& config, std::int64_t sync_id) {
  store::Reader mirror(config.mirror.database);
  std::vector<TableRows> tables;
  for (const store::Row& row :
       mirror.rows("SELECT entity, CASE op WHEN 'load' THEN 'insert' ELSE op END AS operation,"
                   " sum(CASE op WHEN 'load' THEN after ->> '$.rows' ELSE 1 END)"
                   " FROM changes WHERE sync_id = :sync GROUP BY entity, operation",
                   {{"sync", sync_id}})) {
    tables.push_back({text_of(row[0]), text_of(row[1]), number(row[2]).value_or(0)});
  }
  return tables;
}

void prepare_mirror(const Config& config) {
  try {
    const auto lock = sync::lock_mirror(config);
    const store::Store store(config.mirror.database, config.mirror.mode,
                             store::Store::Access::write);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::busy) throw;
  }
}

}  // namespace nexus_mirror::daemon
