#include "store/session.h"

namespace nexus_mirror::store {
namespace {

constexpr int kPagesTogether = 4;

}  // namespace

Session::Session(const MirrorFile& file, Access access)
    : access_(access),
      database_(file, access == Access::write ? Use::write : Use::compare),
      changes_(database_),
      indexes_(database_) {}

Session::~Session() { flush(); }

Statement& Session::statement(const char* sql) {
  check();
  Statement& statement = statements_[sql];
  if (!statement) statement = database_.prepare(sql);
  return statement;
}

bool Session::any(const char* sql, std::string_view text) {
  Statement& select = statement(sql);
  ResetGuard guard(select);
  return select.bind(1, text).step();
}

TableWriter& Session::writer(const objects::Table& table) {
  if (!dry_run() && indexes_.away(table)) make_indexes(table);
  return appender(table);
}

void Session::make_indexes(const objects::Table& table,
                           const std::optional<std::string>& only_counted) {
  if (!indexes_.away(table)) return;
  Transaction transaction(*this);
  const struct Watch {
    Database& database;
    ~Watch() { database.watch({}); }
  } watch{database_};
  database_.watch(go_on);
  indexes_.make(table, only_counted);
  database_.watch({});
  transaction.commit();
}

TableWriter& Session::appender(const objects::Table& table) {
  auto& writer = writers_[&table];
  if (!writer) writer = std::make_unique<TableWriter>(database_, table);
  return *writer;
}

void Session::check() const {
  if (failure_) std::rethrow_exception(failure_);
  if (!undone_) return;
  throw Error(ErrorCode::machine, "writing", "mirror " + database_.path(),
              "a page could not be written, and those before it were undone with it",
              "the next sync goes on from the last committed page");
}

void Session::forget_failure() {
  failure_ = nullptr;
  undone_ = false;
}

void Session::flush() noexcept {
  if (waiting_pages_ == 0 || in_transaction_) return;
  try {
    Transaction transaction(*this);
    transaction.commit();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Session::commit_pages() {
  flush();
  check();
}

Session::Transaction::Transaction(Session& session)
    : session_(session), outer_(!session.in_transaction_) {
  if (!outer_) return;
  session_.database_.forget_failure();
  if (session_.waiting_pages_ == 0) session_.statement("BEGIN IMMEDIATE").run();
  session_.in_transaction_ = true;
}

void Session::Transaction::commit() {
  if (outer_) {
    session_.statement("COMMIT").run();
    session_.waiting_pages_ = 0;
    session_.in_transaction_ = false;
  }
  committed_ = true;
}

void Session::Transaction::commit_with_next_page() {
  if (!outer_ || session_.waiting_pages_ + 1 >= kPagesTogether) return commit();
  ++session_.waiting_pages_;
  session_.in_transaction_ = false;
  committed_ = true;
}

Session::Transaction::~Transaction() {
  if (!outer_ || committed_) return;
  session_.in_transaction_ = false;
  if (session_.waiting_pages_ > 0) {
    session_.undone_ = true;
    if (!session_.failure_) session_.failure_ = session_.database_.failure();
  }
  session_.waiting_pages_ = 0;
  session_.database_.roll_back();
  session_.indexes_.forget();
}

}  // namespace nexus_mirror::store
