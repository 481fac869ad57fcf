#include "support/past_replay.h"

#include <SQLiteCpp/Database.h>

#include <atomic>
#include <vector>

#include "store/past/past.h"
#include "store/snapshot.h"
#include "support/table_text.h"

namespace nexus_mirror::testing {
namespace {

std::atomic<std::uint64_t> compared{0};

// What is shown otherwise: links are as they are now.
struct Shown {
  const char *key, *select;
};
constexpr Shown kUnlinked[] = {
    {"assets, unlinked",
     "SELECT id, project_id, filename, status, create_date, file_size, mime_type, height, width, "
     "custom_metadata, tags_count, total_annotations, extra FROM assets"},
    {"models, unlinked",
     "SELECT id, artifact_id, project_id, status, format, quantization, create_date, "
     "download_method, extra FROM models"},
};
constexpr Shown kViews[] = {
    {"project_progress", "SELECT * FROM project_progress"},
    {"annotation_boxes", "SELECT * FROM annotation_boxes"},
    {"tag_statistics", "SELECT * FROM tag_statistics"},
};

std::string text_of(sqlite3* mirror, const Shown& shown) {
  return table_text(mirror, shown.key, shown.select, Texts::up_to_nul);
}

// The rest goes by the name of its table; run logs and matrices are not kept.
std::string select_of(const std::string& key) {
  for (const Shown& shown : kUnlinked) {
    if (key == shown.key) return shown.select;
  }
  return key == "assets" || key == "models" ? "" : "SELECT * FROM " + key;
}

}  // namespace

void keep_for_past(SQLite::Database& mirror, bool loaded, KeptRows& rows) {
  // Rows that came before the first complete listing count for nothing.
  if (!loaded) return;
  for (const Shown& shown : kUnlinked) rows[shown.key] = text_of(mirror.getHandle(), shown);
  for (const Shown& shown : kViews) rows[shown.key] = text_of(mirror.getHandle(), shown);
}

std::string past_difference(const std::filesystem::path& mirror, std::int64_t seq,
                            const KeptRows& was) {
  store::Snapshot snapshot{store::MirrorFile(mirror)};
  store::Past past(snapshot.database(), {0, 0, seq});
  past.fill_all();
  ++compared;
  for (const auto& [key, rows] : was) {
    const std::string select = select_of(key);
    if (select.empty()) continue;
    const std::string shown =
        table_text(snapshot.database().handle(), key, select, Texts::up_to_nul);
    if (shown == rows) continue;
    return "the past at change " + std::to_string(seq) + " has of " + key + "\n" + shown +
           "and it was\n" + rows;
  }
  return {};
}

std::uint64_t pasts_compared() { return compared; }

}  // namespace nexus_mirror::testing
