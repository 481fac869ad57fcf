// What a complete listing did not hold: asked for by id, guarded, deleted (CONTRACT.md 4.3).
#include <algorithm>
#include <future>

#include "log/log.h"
#include "sync/project_pass.h"
#include "text/counted.h"

namespace nexus_mirror::sync {
namespace {

using nexus::Decoder;
using nexus::Endpoint;
using objects::RowBatch;

constexpr std::size_t kAskAtMost = 200;
constexpr std::int64_t kGuardFrom = 20;  // rows; fewer are never a mass

}  // namespace

bool ProjectPass::guard_refuses(const store::Missing& missing) const {
  const double share = context_.config.sync.max_delete_fraction;
  return !context_.request.allow_mass_delete && missing.count > kGuardFrom &&
         static_cast<double>(missing.count) > share * static_cast<double>(missing.before);
}

void ProjectPass::refuse(const objects::Table& table, const std::string& reason) {
  note(Outcome::refused, "deleting " + std::string(table.name) + ": " + reason);
}

// Returns false when the listing is known to have lacked rows that exist, or may have: then what it
// did not say of other kinds proves nothing either.
bool ProjectPass::end_listing(const Endpoint& endpoint, store::Listing& listing) {
  const bool complete = listing.complete;
  if (listing.unread_pages > 0) {
    log::debug("took pages for what they were in the sync before, by their bytes",
               {{"project", name_},
                {"kind", std::string(endpoint.table->name)},
                {"pages", std::to_string(listing.unread_pages)}});
  }
  // Of a class whose tag is not known no export can tell the number.
  if (endpoint.classes) {
    context_.writer.run([&](store::Store& store) { store.exports.note_tags(id_, !complete); });
  }
  const auto look = [&] {
    return context_.writer.run([&](store::Store& store) {
      return store.listings.missing(listing, kAskAtMost, [&] { return context_.env.random(); });
    });
  };
  const auto go_on = [&] {
    context_.observer.moved();
    return !context_.stop.stop_requested();
  };
  const auto end = [&](bool remove) {
    count(context_.writer.run(
              [&](store::Store& store) { return store.listings.finish(listing, remove, go_on); }),
          0);
  };
  count(context_.writer.run([&](store::Store& store) { return store.listings.settle(listing); }),
        0);
  make_indexes(endpoint, listing);
  store::Missing missing;
  if (complete) missing = look();
  if (missing.count == 0) {
    end(false);
    return complete;
  }
  AskedFor asked;
  const bool all = missing.count <= static_cast<std::int64_t>(kAskAtMost);
  if (endpoint.by_id && (all || !guard_refuses(missing))) {
    asked = ask_for_missing(endpoint, listing, missing.sample);
    if (asked.existing > 0 && !listing.all_came) throw UnheldPage();
    if (!all && asked.existing > 0) {
      refuse(*endpoint.table,
             std::to_string(asked.existing) + " of " + text::counted(missing.sample.size(), "row") +
                 " that the server's listing left out " + (asked.existing == 1 ? "is" : "are") +
                 " still there when asked for by id, "
                 "so the listing is wrong and nothing was deleted; sync again later");
    }
    listing.undecided = asked.silent > 0 || (!all && asked.existing > 0);
    if (!all && listing.undecided) {
      end(false);
      return false;
    }
    missing = look();
  }
  if (guard_refuses(missing)) {
    if (!listing.all_came) throw UnheldPage();
    refuse(*endpoint.table,
           std::to_string(missing.count) + " of " + text::counted(missing.before, "row") +
               (missing.count == 1 ? " is" : " are") +
               " gone from the server's listing, more than sync.max_delete_fraction "
               "allows, so none was deleted; if that is right, run nexus-mirror sync "
               "--allow-mass-delete --project '" +
               name_ + "'");
    listing.undecided = true;
    end(false);
    return false;
  }
  end(missing.count > 0);
  return asked.existing + asked.silent == 0;
}

// Asks for each of `rows` by its id. A row that is still there is taken in again, one without an
// answer is kept.
ProjectPass::AskedFor ProjectPass::ask_for_missing(
    const Endpoint& endpoint, store::Listing& listing,
    const std::vector<store::Missing::Candidate>& rows) {
  struct AnswerById {
    std::optional<nexus::Document> document;
    std::optional<Error> problem;
  };
  const auto ask = [&](const std::string& id) {
    AnswerById answer;
    try {
      answer.document = context_.client.find(endpoint, id_, id, context_.stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::key_refused) throw;
      answer.problem = error;
    }
    return answer;
  };
  const auto at_once = static_cast<std::size_t>(context_.config.http.concurrency);
  AskedFor asked;
  for (std::size_t begin = 0; begin < rows.size(); begin += at_once) {
    std::vector<std::future<AnswerById>> answers;
    for (std::size_t i = begin; i < std::min(begin + at_once, rows.size()); ++i) {
      answers.push_back(std::async(kBesideUs, ask, rows[i].id));
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const AnswerById answer = answers[i].get();
      const std::string& id = rows[begin + i].id;
      if (!answer.document && !answer.problem) continue;  // gone
      context_.writer.run([&](store::Store& store) { store.listings.mark_seen(listing, id); });
      const std::string trouble = answer.problem ? answer.problem->reason()
                                                 : take_in(*endpoint.table, *answer.document, id);
      trouble.empty() ? ++asked.existing : ++asked.silent;
      if (trouble.empty()) continue;
      note(Outcome::partial, "asking whether " + std::string(endpoint.table->name) + " " + id +
                                 " is gone: " + trouble + "; the row was kept");
    }
  }
  return asked;
}

// Takes in the row of that id; returns why it cannot be, else "".
std::string ProjectPass::take_in(const objects::Table& table, const nexus::Document& document,
                                 const std::string& id) {
  RowBatch row(table);
  std::vector<nexus::UnreadableRow> unreadable;
  Decoder::of(table).decode_object(document, decode_context(), row, unreadable);
  if (!unreadable.empty()) return unreadable.front().reason;
  if (row.row(0)[table.at(table.id)].text() != id) return "the server answers with another row";
  count(context_.writer.run([&](store::Store& store) { return store.tables.put(row); }), 0);
  return "";
}

}  // namespace nexus_mirror::sync
