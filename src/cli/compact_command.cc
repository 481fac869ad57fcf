#include "cli/compact_command.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

#include "cli/text.h"
#include "env/signals.h"
#include "log/log.h"
#include "store/compaction.h"
#include "sync/sync.h"
#include "text/json_writer.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kTellEveryMs = 10'000;

std::uint64_t file_bytes(const std::filesystem::path& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  return error ? 0 : bytes;
}

void check_room(const store::CompactionRoom& room, const std::string& path,
                CommandContext& context) {
  const std::string needed = text::rough_size(room.needed), free = text::rough_size(room.free);
  context.notice("compacting mirror " + path + ": " + text::rough_size(room.unused) + " of its " +
                 text::rough_size(room.bytes) + " lie in pages that hold nothing; it needs up to " +
                 needed + " of the disk of " + room.folder.string() + " for a while, and " + free +
                 " are free");
  if (room.free >= room.needed) return;
  throw Error(ErrorCode::machine, "compacting", "mirror " + path,
              text::rough_size(room.needed - room.free) + " are missing on its disk",
              "make room there and try again; nothing was changed");
}

std::string sizes_json(std::uint64_t before, std::uint64_t after) {
  text::JsonWriter json;
  json.begin_object();
  json.member("bytes_before", static_cast<std::int64_t>(before));
  json.member("bytes", static_cast<std::int64_t>(after));
  json.end_object();
  return json.take() + "\n";
}

}  // namespace

ExitCode run_compact(const CompactOptions& options, CommandContext& context) {
  env::Signals signals;
  const Config config = context.load();
  signals.listen();
  const std::filesystem::path& path = config.mirror.database;
  // One that is not there is not made.
  { const store::Database there(config.mirror, store::Use::query); }
  const auto lock = sync::lock_mirror(config);
  store::Database mirror(config.mirror, store::Use::write);
  mirror.checkpoint();  // so that the file is as large as it says
  check_room(store::room_to_compact(mirror), path.string(), context);
  const std::uint64_t before = file_bytes(path);
  const std::int64_t begun = context.env.monotonic_ms();
  std::int64_t told = begun;
  const auto go_on = [&] {
    const std::int64_t now = context.env.monotonic_ms();
    if (now - told >= kTellEveryMs) {
      told = now;
      log::info("still compacting the mirror", {{"seconds", (now - begun) / 1000}});
    }
    return !signals.stop_token().stop_requested();
  };
  try {
    store::compact(mirror, go_on);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    throw Error(ErrorCode::interrupted, "compacting", "mirror " + path.string(), "asked to stop",
                "it is as it was");
  }
  const std::uint64_t after = file_bytes(path);
  context.out.write(options.json ? sizes_json(before, after)
                                 : printable(path.string()) + ": " + text::rough_size(before) +
                                       " before, " + text::rough_size(after) + " now\n");
  if (file_bytes(path.string() + "-wal") > 0) {
    context.notice(
        "somebody reads from the mirror: its file gets its new size with the next sync "
        "after they have ended");
  }
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
