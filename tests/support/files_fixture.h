// A mirror whose images are kept, beside an emulator's storage: for the promises of CONTRACT.md 8.
#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>
#include <memory>
#include <string>

#include "content/content_folder.h"
#include "support/mirror_run.h"
#include "text/digest.h"

namespace nexus_mirror::testing {

class Files : public PromiseTest {
 protected:
  // A mirror of the keypoint project, whose 99 images are kept; `more` are lines of [files].
  std::unique_ptr<Mirror> keeper(const std::string& more = {}, const std::string& http = {}) {
    if (!has_emulator_) serve();
    has_emulator_ = true;
    return std::make_unique<Mirror>(with(more, http));
  }
  MirrorSettings with(const std::string& more = {}, const std::string& http = {}) const {
    MirrorSettings wanted = settings(kKeypoints);
    wanted.http = http.empty() ? "read_timeout = \"500ms\"\n" : http;
    wanted.tables = "[files]\nmin_free = \"0\"\n";
    if (more.find("images =") == more.npos) wanted.tables += "images = [\"*\"]\n";
    wanted.tables += more;
    return wanted;
  }
  void serve_links_for(const std::string& seconds) {
    serve({"--link-life", seconds});
    has_emulator_ = true;
  }

  // Every file that the mirror says is here is what it says, and nothing false is stored.
  static void expect_sound(const Mirror& mirror) {
    content::for_each_content(mirror.folder() / "files", [&](const auto& sha256, std::uint64_t) {
      const std::filesystem::path path = content::content_path(mirror.folder() / "files", sha256);
      EXPECT_EQ(content::hash_file(path, {})->sha256, sha256);
    });
    for (const std::string& row :
         mirror.rows("SELECT sha256, path FROM asset_files WHERE status = 'ok'")) {
      const std::size_t bar = row.find('|');
      EXPECT_EQ(text::sha256(file_bytes(row.substr(bar + 1))), row.substr(0, bar));
    }
  }
  static void expect_all_here(const Mirror& mirror) {
    expect_sound(mirror);
    EXPECT_EQ(mirror.value("SELECT count(*) FROM asset_files WHERE status = 'ok'"), "99");
    EXPECT_EQ(mirror.value("SELECT count(*) FROM files WHERE status <> 'ok'"), "0");
    EXPECT_EQ(mirror.value("SELECT count(*) FROM file_queue"), "0");
    EXPECT_TRUE(std::filesystem::is_empty(mirror.folder() / "files/partial"));
  }
  // The pause after a failure is over.
  static void let_pauses_pass(const Mirror& mirror) {
    SQLite::Database(mirror.database().string(), SQLite::OPEN_READWRITE, 5000)
        .exec("UPDATE file_queue SET next_at = 0");
  }
  std::size_t downloads() { return requests("/nexus-emulator/").size(); }

  bool has_emulator_ = false;
};

}  // namespace nexus_mirror::testing
