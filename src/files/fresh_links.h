// Links of files, asked for by their object's id: those that the mirror has may have died
// (CONTRACT.md 8.3).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"
#include "store/kept_files.h"
#include "sync/workspace_transport.h"

namespace nexus_mirror::files {

// A link that was signed just now: a secret.
struct ListedLink {
  std::string asset_id, link;
  std::optional<std::int64_t> expiry;  // UNIX ms
};

// A page of a project's assets.
struct ListedLinks {
  std::vector<ListedLink> links;
  std::string next;  // cursor of the page behind it; empty = there is none
};

// Any thread may call any method. Nothing is asked before the first question.
class FreshLinks {
 public:
  // `env` and `observer` outlive it.
  FreshLinks(const Config& config, Env& env, sync::Observer& observer);

  // A link that was signed just now: a secret. Nullopt where the server has no such object, or one
  // without a link. Throws Error as nexus::Client does; once no key gets anywhere, the same at once
  // for every further question.
  std::optional<std::string> ask(const store::DueFile& file, const std::stop_token& stop);

  // A page of at most `limit` of the project's assets; `cursor` is empty for the first one. Assets
  // without a link are left out. Throws as ask() does, and where no key sees the project.
  ListedLinks list(const std::string& project_id, const std::string& cursor, std::int64_t limit,
                   const std::stop_token& stop);

  TransferCount count() const;

 private:
  struct LinkKey {
    const WorkspaceConfig* workspace;
    std::unique_ptr<sync::WorkspaceTransport> transport;  // made at the first question
    std::optional<Error> trouble;                         // that no question gets around
  };

  Transport& transport_of(LinkKey& key);
  // Whatever `ask` gets with the project's key, else with the first that gets something.
  template <typename Answer, typename Ask>
  std::optional<Answer> with_keys(const std::string& project_id, const Ask& ask);

  const Config config_;
  Env& env_;
  sync::Observer& observer_;
  mutable std::mutex mutex_;
  std::vector<LinkKey> keys_;                               // guarded by mutex_
  std::map<std::string, std::size_t, std::less<>> owners_;  // key by project; guarded by mutex_
};

}  // namespace nexus_mirror::files
