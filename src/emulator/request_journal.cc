#include "emulator/request_journal.h"

#include "text/json_writer.h"

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
  text::JsonWriter json;
  json.begin_object();
  json.member("count", next_ticket_ - cleared_before_);
  json.begin_array("requests");
  for (const JournalEntry& entry : entries_) {
    json.begin_object();
    json.member("n", entry.n);
    json.member("method", entry.method);
    json.member("path", entry.path);
    json.member("query", entry.query);
    json.member("status", entry.status);
    json.begin_object("headers");
    for (const auto& [name, value] : entry.headers) json.member(name, value);
    json.end_object();
    json.member("key", entry.key);
    json.member("storage", entry.storage);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace nexus_mirror::emulator
