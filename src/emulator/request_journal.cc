#include "emulator/request_journal.h"

#include "emulator/json_members.h"

namespace nexus_mirror::emulator {

std::uint64_t RequestJournal::add(JournalEntry entry) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  entry.n = ticket - cleared_before_ + 1;
  entries_.push_back(std::move(entry));
  if (entries_.size() > kMostEntries) entries_.pop_front();
  return ticket;
}

void RequestJournal::set_status(std::uint64_t ticket, int status) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = next_ticket_ - entries_.size();
  if (ticket >= oldest && ticket < next_ticket_) entries_[ticket - oldest].status = status;
}

void RequestJournal::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  cleared_before_ = next_ticket_;
}

std::string RequestJournal::json() const {
  const std::lock_guard lock(mutex_);
  std::string text = "{\"count\":" + std::to_string(next_ticket_ - cleared_before_);
  text += ",\"requests\":[";
  const auto member = [&text](std::string_view name, const std::string& value) {
    append_quoted(name, text);
    text += ':';
    append_quoted(value, text);
  };
  for (const JournalEntry& entry : entries_) {
    if (text.back() != '[') text += ',';
    text += "{\"n\":" + std::to_string(entry.n) + ",";
    member("method", entry.method);
    text += ',';
    member("path", entry.path);
    text += ',';
    member("query", entry.query);
    text += ",\"status\":" + std::to_string(entry.status) + ",\"headers\":{";
    for (const auto& [name, value] : entry.headers) {
      if (text.back() != '{') text += ',';
      member(name, value);
    }
    text += std::string("},\"key\":") + (entry.key ? "true" : "false") + "}";
  }
  return text + "]}";
}

}  // namespace nexus_mirror::emulator
