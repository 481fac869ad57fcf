#include "store/content_use.h"

#include <optional>

#include "store/change_feed.h"
#include "store/file_list.h"

namespace nexus_mirror::store {

bool ContentUse::is_used(const std::string& sha256,
                         const std::vector<std::string>& image_projects) {
  return refers_to_content(session_.database(), sha256, image_projects);
}

std::vector<std::string> ContentUse::unused(const std::vector<std::string>& image_projects,
                                            std::int64_t now, std::int64_t before,
                                            std::string& after) {
  struct Leftover {
    std::string sha256;
    std::optional<std::int64_t> since;
  };
  constexpr std::int64_t kPiece = 1000;
  std::vector<Leftover> leftovers;
  {
    // Since when one is unused is known once and for all: what refers to it again and lets go of it
    // makes it a new one. A moment that is to come was said by a wrong clock.
    Statement& select = session_.statement(
        "SELECT sha256, since FROM content_leftovers WHERE sha256 > ?1"
        " AND (since IS NULL OR since > ?2 OR since <= ?3) ORDER BY sha256 LIMIT ?4");
    ResetGuard guard(select);
    select.bind(1, std::string_view(after)).bind(2, now).bind(3, before).bind(4, kPiece);
    while (select.step()) {
      leftovers.push_back({std::string(select.text(0)), select.optional_integer(1)});
    }
  }
  after = static_cast<std::int64_t>(leftovers.size()) < kPiece ? std::string()
                                                               : leftovers.back().sha256;
  std::vector<std::string> unused, used;
  Session::Transaction transaction(session_);
  for (const Leftover& leftover : leftovers) {
    const std::string& sha256 = leftover.sha256;
    if (session_.any("SELECT 1 FROM files WHERE sha256 = ? LIMIT 1", sha256)) {
      used.push_back(sha256);
      continue;
    }
    const bool remembered = ChangeFeed(session_.database()).names_content(sha256, image_projects);
    std::optional<std::int64_t> since = leftover.since;
    if (remembered) since.reset();
    if (!remembered && (!since || *since > now)) since = now;
    if (since != leftover.since) {
      session_.statement("UPDATE content_leftovers SET since = ? WHERE sha256 = ?")
          .bind(1, since)
          .bind(2, std::string_view(sha256))
          .run();
    }
    if (since && *since <= before) unused.push_back(sha256);
  }
  forget(used);
  transaction.commit();
  return unused;
}

std::vector<std::string> ContentUse::leftovers(std::string& after) {
  constexpr std::int64_t kPiece = 1000;
  Statement& select = session_.statement(
      "SELECT sha256 FROM content_leftovers WHERE sha256 > ? ORDER BY sha256 LIMIT ?");
  ResetGuard guard(select);
  select.bind(1, std::string_view(after)).bind(2, kPiece);
  std::vector<std::string> sha256s;
  while (select.step()) sha256s.emplace_back(select.text(0));
  after = std::ssize(sha256s) < kPiece ? std::string() : sha256s.back();
  return sha256s;
}

void ContentUse::removed(const std::vector<std::string>& sha256s) {
  Session::Transaction transaction(session_);
  forget(sha256s);
  for (const std::string& sha256 : sha256s) {
    session_.statement("DELETE FROM jpeg_endings WHERE sha256 = ?")
        .bind(1, std::string_view(sha256))
        .run();
  }
  transaction.commit();
}

void ContentUse::forget(const std::vector<std::string>& sha256s) {
  if (sha256s.empty()) return;
  Session::Transaction transaction(session_);
  for (const std::string& sha256 : sha256s) {
    session_.statement("DELETE FROM content_leftovers WHERE sha256 = ?")
        .bind(1, std::string_view(sha256))
        .run();
  }
  transaction.commit();
}

void ContentUse::found(const std::string& sha256) {
  Session::Transaction transaction(session_);
  session_.statement("INSERT OR IGNORE INTO content_leftovers(sha256) VALUES(?)")
      .bind(1, std::string_view(sha256))
      .run();
  transaction.commit();
}

}  // namespace nexus_mirror::store
