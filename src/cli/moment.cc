#include "cli/moment.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "nexus_mirror/error.h"
#include "store/mirror_state.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;
constexpr std::int64_t kFirstMoment = 1'000'000'000;  // smaller numbers are ids of syncs

// Takes exactly `count` digits from the start of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!text::is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction of a second after the point, in milliseconds; further digits are cut.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t milliseconds = 0, unit = 100;
  if (text.empty() || !text::is_digit(text.front())) return std::nullopt;
  while (!text.empty() && text::is_digit(text.front())) {
    milliseconds += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return milliseconds;
}

// "Z", "UTC", "+01:00", "-0530": milliseconds east of UTC.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  for (const std::string_view utc : {"UTC", "Z"}) {
    if (!text::equal_ignoring_case(text.substr(0, utc.size()), utc)) continue;
    text.remove_prefix(utc.size());
    return 0;
  }
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * kHour + *minutes * kMinute;
  return west ? -offset : offset;
}

std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t milliseconds = *hours * kHour + *minutes * kMinute;
  if (!take(text, ':')) return milliseconds;
  const auto seconds = take_digits(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  milliseconds += *seconds * kSecond;
  if (!take(text, '.') && !take(text, ',')) return milliseconds;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return milliseconds + *fraction;
}

// A date, with the time of day and the zone as far as they are there.
std::optional<std::int64_t> calendar_moment(std::string_view text, text::Zone zone) {
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  if (!date.ok()) return std::nullopt;
  std::int64_t wall = sys_days(date).time_since_epoch().count() * kDay;
  const bool has_time = text.size() > 1 && text::is_digit(text[1]) &&
                        (take(text, 'T') || take(text, 't') || take(text, ' '));
  if (has_time) {
    const auto time = take_time_of_day(text);
    if (!time) return std::nullopt;
    wall += *time;
  }
  if (text.empty()) return text::moment_of_wall_clock(wall, zone);
  take(text, ' ');
  const auto offset = take_zone(text);
  if (!offset || !text.empty()) return std::nullopt;
  return wall - *offset;
}

// "yesterday", "monday": when that day began.
std::optional<std::int64_t> named_day(std::string_view text, std::int64_t now_ms, text::Zone zone) {
  constexpr std::array<std::string_view, 7> kDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                     "thursday", "friday", "saturday"};
  using namespace std::chrono;
  const auto today =
      floor<days>(sys_time<milliseconds>(milliseconds(text::wall_clock(now_ms, zone))));
  const auto began = [&](days ago) {
    const auto day = (today - ago).time_since_epoch();
    return text::moment_of_wall_clock(day.count() * kDay, zone);
  };
  if (text::equal_ignoring_case(text, "yesterday")) return began(days(1));
  for (unsigned i = 0; i < kDays.size(); ++i) {
    if (text::equal_ignoring_case(text, kDays[i])) return began(weekday(today) - weekday(i));
  }
  return std::nullopt;
}

Error no_moment(std::string_view option, const std::string& text, std::string reason,
                std::string hint) {
  return {ErrorCode::usage, "reading " + std::string(option), "'" + text + "'", std::move(reason),
          std::move(hint)};
}

// Why `id` is none, and which are.
Error no_ended_sync(std::string_view option, const std::string& text,
                    const store::SyncsAround& around, text::Zone zone) {
  std::string beside;
  for (const auto& ended : {around.before, around.after}) {
    if (!ended) continue;
    beside += (beside.empty() ? "" : " and ") + std::to_string(ended->id) + " (" +
              text::moment_text(ended->finished_at, zone) + ")";
  }
  return no_moment(
      option, text,
      around.exists ? "this sync never ended, or is still running" : "the mirror has no such sync",
      beside.empty() ? "no sync has ended yet" : "the nearest that ended: " + beside);
}

}  // namespace

std::optional<WrittenMoment> parse_moment(std::string_view text, std::int64_t now_ms,
                                          text::Zone zone) {
  using Form = WrittenMoment::Form;
  const auto moment = [](std::int64_t ms) { return WrittenMoment{Form::moment, ms}; };
  if (const auto day = named_day(text, now_ms, zone)) return moment(*day);
  if (text.empty() || !text::is_digit(text.front())) return std::nullopt;
  if (const auto number = text::parse_number<std::int64_t>(text)) {
    const bool sync = *number > 0 && *number < kFirstMoment;
    return sync ? WrittenMoment{Form::sync, *number} : moment(*number);
  }
  if (const auto ago = text::parse_duration(text)) return moment(now_ms - ago->count());
  if (const auto date = calendar_moment(text, zone)) return moment(*date);
  return std::nullopt;
}

Moment read_moment(std::string_view option, const std::string& text, store::Database& mirror,
                   const CommandContext& context) {
  const std::int64_t now = context.env.now_ms();
  const auto written = parse_moment(text, now, context.zone);
  if (!written) {
    throw no_moment(option, text, "it is neither a time nor a sync",
                    "write 2026-01-31, 2026-01-31T10:00:00Z, 2h, 7d, yesterday, monday, UNIX "
                    "milliseconds or the id of a sync");
  }
  if (written->form == WrittenMoment::Form::sync) {
    const store::SyncsAround around = store::syncs_around(mirror, written->value);
    if (!around.ended) throw no_ended_sync(option, text, around, context.zone);
    return {around.ended->finished_at, written->value};
  }
  if (written->value <= now) return {written->value, std::nullopt};
  context.notice("warning: " + std::string(option) + " '" + text + "' is still to come (" +
                 text::moment_text(written->value, context.zone) + "); it is taken as now, " +
                 text::moment_text(now, context.zone));
  return {now, std::nullopt};
}

}  // namespace nexus_mirror::cli
