#include "files/file_fetcher.h"

#include <algorithm>
#include <functional>

#include "nexus_mirror/error.h"
#include "text/signed_link.h"

namespace nexus_mirror::files {

std::string attempt_key(const store::DueFile& file, const std::string& link) {
  return file.entity + "\n" + file.project_id + "\n" + file.entity_id + "\n" +
         std::string(text::link_base(link));
}

bool has_usable_link(const store::DueFile& file, std::int64_t now) {
  if (file.link.empty()) return false;
  const auto expiry = file.link_expiry ? file.link_expiry : text::link_expiry(file.link);
  return !expiry || *expiry > now + kLinkMargin;
}

FetchOutcome FileFetcher::fetch(const store::DueFile& file, const std::stop_token& stop) const {
  FetchOutcome outcome;
  if (stop.stop_requested() || context_.over.stop_requested() ||
      (!file.link.empty() && context_.hosts.given_up(file.link))) {
    outcome.end = FetchEnd::stopped;
    return outcome;
  }
  // What is known not to fit is not asked for. Of what is here, or has begun, less is to come.
  const auto size =
      static_cast<std::uint64_t>(std::max<std::int64_t>(file.file_size.value_or(0), 0));
  const bool may_be_left = context_.leftovers != nullptr && context_.leftovers->any_of(size);
  if (size > 0 && file.crc32c.empty() && !may_be_left &&
      !context_.store.has_begun(attempt_key(file, file.link)) && size > context_.room.left()) {
    outcome.end = FetchEnd::no_room;
    outcome.missing_bytes = size;
    return outcome;
  }
  try {
    return by_links(file, stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::machine) throw;
    // What the next question would meet, too: no file's fault.
    outcome.refused = error.code() == ErrorCode::key_refused || error.code() == ErrorCode::config ||
                      error.code() == ErrorCode::unreachable;
    const bool stopped = outcome.refused || error.code() == ErrorCode::interrupted;
    outcome.end = stopped ? FetchEnd::stopped : FetchEnd::failed;
    outcome.reason = one_line(text::without_link_queries(error.what()));
  }
  return outcome;
}

FetchOutcome FileFetcher::by_links(const store::DueFile& file, const std::stop_token& stop) const {
  FetchOutcome outcome;
  std::string link;
  bool asked = false;
  if (has_usable_link(file, context_.env.now_ms())) {
    link = file.link;
    outcome = by(file, link, stop);
  }
  if (link.empty() || outcome.end == FetchEnd::dead_link) {
    const std::optional<std::string> fresh = ask(file, stop);
    if (!fresh) {
      outcome.end = FetchEnd::failed;
      outcome.reason = "the server gives no link to it";
      return outcome;
    }
    asked = true;
    link = *fresh;
    outcome = by(file, link, stop);
  }
  if (asked && outcome.end == FetchEnd::dead_link) outcome.end = FetchEnd::failed;
  if (outcome.end == FetchEnd::fetched || outcome.end == FetchEnd::left_over ||
      outcome.end == FetchEnd::unchanged) {
    context_.hosts.came(link);
  } else if (outcome.end == FetchEnd::failed && !outcome.missing) {
    context_.hosts.failed(link, outcome.reason);
  }
  return outcome;
}

// Not beyond the time limit.
std::optional<std::string> FileFetcher::ask(const store::DueFile& file,
                                            const std::stop_token& stop) const {
  std::stop_source asking;
  const std::function<void()> end = [&asking] { asking.request_stop(); };
  const std::stop_callback on_stop(stop, end), on_over(context_.over, end);
  return links_.ask(file, asking.get_token());
}

FetchOutcome FileFetcher::by(const store::DueFile& file, const std::string& link,
                             const std::stop_token& stop) const {
  FetchOrder order;
  order.key = attempt_key(file, link);
  order.link = link;
  order.kind = file.entity == "assets" ? kind_of(file.mime_type, file.filename) : FileKind::other;
  order.known_crc32c = file.crc32c;
  order.known_md5 = file.md5;
  if (file.file_size && *file.file_size > 0) {
    order.said_bytes = static_cast<std::uint64_t>(*file.file_size);
  }
  return files::fetch(order, context_, stop);
}

}  // namespace nexus_mirror::files
