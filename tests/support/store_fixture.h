// A mirror in a folder of its own, written as a sync writes it and read with plain SQL.
#pragma once

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/reader.h"
#include "store/store.h"
#include "support/decoded_rows.h"
#include "support/hand_made_mirror.h"

namespace nexus_mirror::testing {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { open(); }

  std::filesystem::path database() const { return folder_.path() / "mirror.db"; }

  // Opens the store (again) and begins a sync at `now_ms`.
  void open(std::int64_t now_ms = 1000, store::Access access = store::Access::write) {
    store_.reset();
    store_ = std::make_unique<store::Store>(database(), access);
    store_->begin_sync(now_ms, "full");
  }

  // One listing of a single page that ends and deletes what it does not hold.
  store::RowCounts list(const objects::Table& table, const std::string& json) {
    store::Listing listing = store_->listings.open("proj", table);
    store::RowCounts counts = store_->listings.apply(listing, batch_of(table, json), "");
    counts += store_->listings.settle(listing);
    counts += store_->listings.finish(listing, true);
    store_->listings.finish_pass("proj");
    return counts;
  }

  // Rows of `sql`, "a|b" each, joined by a blank; NULL is "-".
  std::string ask(const std::string& sql) const {
    store::Reader reader(database());
    std::string text;
    const auto add = [&](const store::Row& row) {
      if (!text.empty()) text += ' ';
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) text += '|';
        if (const auto* integer = std::get_if<std::int64_t>(&row[i])) {
          text += std::to_string(*integer);
        } else if (const auto* string = std::get_if<std::string>(&row[i])) {
          text += *string;
        } else {
          text += std::holds_alternative<double>(row[i]) ? "real" : "-";
        }
      }
      return true;
    };
    reader.query(
        sql, {}, [](const std::vector<std::string>&) {}, add);
    return text;
  }

  std::string changes() const {
    return ask("SELECT op, entity, entity_id, before, after FROM changes ORDER BY seq");
  }
  void forget_changes() { execute("DELETE FROM changes"); }

  // Runs a statement on the mirror from another connection.
  void execute(const std::string& sql) const {
    SQLite::Database(database().string(), SQLite::OPEN_READWRITE, 5000).exec(sql);
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
};

}  // namespace nexus_mirror::testing
