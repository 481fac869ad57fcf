#include "cli/past_moment.h"

#include <cstdint>
#include <optional>

#include "cli/moment.h"
#include "nexus_mirror/error.h"
#include "store/past/created_runs.h"
#include "text/joined.h"

namespace nexus_mirror::cli {
namespace {

Error not_answered(std::string_view option, const std::string& text, std::string reason,
                   std::string hint) {
  return {ErrorCode::usage, "reading " + std::string(option), "'" + text + "'", std::move(reason),
          std::move(hint)};
}

std::int64_t created(std::string_view option, const std::string& text, const std::string& run_id,
                     store::Database& mirror) {
  const auto runs = store::created_runs(mirror, run_id);
  if (runs.empty()) {
    throw not_answered(option, text, "the mirror has, and had, no such run",
                       "table runs lists those of now");
  }
  if (runs.size() > 1) {
    throw not_answered(option, text,
                       "projects " + text::joined(runs, " and ", &store::CreatedRun::project_id) +
                           " have a run of this id",
                       "write the moment itself");
  }
  if (!runs.front().created) {
    throw not_answered(option, text, "the server does not say when this run was created",
                       "write a moment");
  }
  return *runs.front().created;
}

}  // namespace

store::AsOf read_as_of(std::string_view option, const std::string& text, store::Database& mirror,
                       const CommandContext& context, std::int64_t* asked) {
  constexpr std::string_view kRun = "run:";
  Moment moment;
  if (text.starts_with(kRun)) {
    moment.ms = created(option, text, text.substr(kRun.size()), mirror);
  } else {
    moment = read_moment(option, text, mirror, context);
  }
  if (asked != nullptr) *asked = moment.ms;
  const auto as_of = moment.sync ? store::as_of_sync(mirror, *moment.sync)
                                 : store::as_of_moment(mirror, moment.ms);
  if (as_of && store::can_be_answered(mirror, *as_of)) return *as_of;
  const auto oldest = store::oldest_answer(mirror);
  if (!oldest) {
    throw not_answered(option, text, "no sync has ended yet, so there is no past",
                       "run 'nexus-mirror sync' first");
  }
  throw not_answered(option, text, "the history does not reach back so far",
                     "it can be answered since " + text::moment_text(oldest->ended, context.zone) +
                         ", the end of sync " + std::to_string(oldest->sync_id));
}

}  // namespace nexus_mirror::cli
