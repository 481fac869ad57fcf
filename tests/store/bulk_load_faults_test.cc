// A first load of which each of SQLite's changes to the disk goes wrong in its turn, where the
// table was empty and beside another project's rows: what follows ends as a load ends that met no
// fault, with every index and trigger (CONTRACT.md 4.4).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "nexus_mirror/error.h"
#include "store/reader.h"
#include "store/store.h"
#include "support/decoded_rows.h"
#include "support/faulty_vfs.h"
#include "support/long_run.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::store {
namespace {

namespace fs = std::filesystem;
using testing::DiskFault;
using testing::FaultyVfs;
using testing::Repeat;

const objects::Table* const kKinds[] = {&objects::assets, &objects::annotations};

// What a server answers: page by page, a row that comes twice among them.
const std::vector<std::vector<std::string>> kPages = {
    {R"([{"id": "a", "filename": "old", "metadata": {"groups": ["x", "y"]}}, {"id": "b"}])",
     R"([{"id": "c", "metadata": {"groups": ["z"]}}, {"id": "a", "filename": "new"}])",
     R"([{"id": "d", "status": "Review"}])"},
    {R"([{"id": "1", "assetId": "a", "tag": "x"}, {"id": "2", "assetId": "b", "tag": "x"}])",
     R"([{"id": "2", "assetId": "b", "tag": "y"}, {"id": "3", "assetId": "c", "tag": "x"}])"}};

class BulkLoadFaultsTest : public ::testing::TestWithParam<bool> {
 protected:
  bool beside_others() const { return GetParam(); }
  fs::path database() const { return folder_.path() / "mirror.db"; }

  // As a sync does, from wherever an earlier one has come to.
  static void load(Store& store, const std::string& project, std::int64_t now_ms) {
    store.begin_sync(now_ms, "full");
    store.make_indexes();
    store.listings.unfinished_pass(project, now_ms, 3'600'000);
    for (std::size_t kind = 0; kind < std::size(kKinds); ++kind) {
      Listing listing = store.listings.open(project, *kKinds[kind]);
      if (listing.done) continue;
      listing.expected = 4;
      const std::vector<std::string>& pages = kPages[kind];
      std::size_t page = listing.cursor.empty() ? 0 : std::stoul(listing.cursor);
      for (; page < pages.size() && !listing.read; ++page) {
        const bool last = page + 1 == pages.size();
        store.listings.apply(listing, testing::batch_of(*kKinds[kind], pages[page], project),
                             last ? "" : std::to_string(page + 1));
        store.commit_pages();
      }
      store.listings.settle(listing);
      store.listings.finish(listing,
                            store.listings.missing(listing, 9, [] { return 0.5; }).count > 0);
    }
    store.listings.finish_pass(project);
    store.make_indexes();
    store.commit_pages();
  }

  void begin() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(database().string() + suffix);
    if (!beside_others()) return;
    Store store(database(), Access::write);
    load(store, "other", 1000);
  }

  // But for rowids, which nobody outside sees, and our own accounts.
  static std::string dump(const fs::path& file) {
    std::string text;
    Reader reader(file);
    const auto add = [&](const Row& row) {
      for (const auto& value : row) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) text += std::to_string(*number);
        if (const auto* string = std::get_if<std::string>(&value)) text += *string;
        text += '|';
      }
      text += '\n';
      return true;
    };
    for (const char* sql :
         {"SELECT type, name, sql FROM sqlite_schema ORDER BY type, name",
          "SELECT id, project_id, filename, status FROM assets ORDER BY 1, 2",
          "SELECT * FROM asset_groups ORDER BY 1, 2, 3",
          "SELECT id, project_id, asset_id, tag FROM annotations ORDER BY 1, 2",
          "SELECT * FROM asset_counts", "SELECT * FROM annotation_counts",
          "SELECT * FROM tag_counts", "SELECT * FROM loads",
          // A load that ended before its fault is listed again, with the row that comes twice.
          "SELECT entity, project_id, op, after FROM changes WHERE op = 'load' ORDER BY 2, 1",
          "SELECT count(*) FROM incoming", "SELECT count(*) FROM passes",
          "SELECT count(*) FROM checkpoints", "PRAGMA integrity_check"}) {
      reader.query(
          sql, {}, [](const std::vector<std::string>&) {}, add);
    }
    return text;
  }

  std::string healed() {
    Store store(database(), Access::write);
    load(store, "proj", 3000);
    return dump(database());
  }
  std::string undisturbed() {
    begin();
    return healed();
  }

  testing::TemporaryFolder folder_;
};

TEST_P(BulkLoadFaultsTest, EachChangeGoesWrong) {
  const std::string wanted = undisturbed();
  constexpr DiskFault kFaults[] = {DiskFault::io_error, DiskFault::disk_full,
                                   DiskFault::short_write};
  std::uint64_t failed = 0, calls = 0;
  for (const Repeat repeat : {Repeat::once, Repeat::from_then_on}) {
    bool reached = true;
    for (std::uint64_t n = 1; reached && !HasFailure();
         n += testing::long_or_short<std::uint64_t>(1, 7)) {
      begin();
      FaultyVfs vfs({testing::kVfsChanges, n, kFaults[n % std::size(kFaults)], repeat});
      MirrorFile faulty(database());
      faulty.vfs = vfs.name();
      try {
        Store store(faulty, Access::write);
        load(store, "proj", 2000);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::machine) << error.what();
        ++failed;
      }
      reached = vfs.reached();
      calls += reached ? 1 : 0;
      EXPECT_EQ(healed(), wanted) << n << ": " << vfs.hit();
    }
  }
  std::cout << "[  FAULTS  ] first load "
            << (beside_others() ? "beside others" : "of an empty table") << ": " << calls
            << " runs, errors " << failed << "\n";
  EXPECT_GT(failed, 10U);
}

TEST_P(BulkLoadFaultsTest, KilledAtEachChange) {
  const std::string wanted = undisturbed();
  std::uint64_t runs = 0;
  for (bool died = true; died && !HasFailure(); ++runs) {
    begin();
    const pid_t child = ::fork();
    if (child == 0) {
      const FaultyVfs vfs({testing::kVfsChanges,
                           1 + runs * testing::long_or_short<std::uint64_t>(1, 7),
                           DiskFault::death});
      MirrorFile faulty(database());
      faulty.vfs = vfs.name();
      {
        Store store(faulty, Access::write);
        load(store, "proj", 2000);
      }
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    died = WIFSIGNALED(status);
    EXPECT_EQ(healed(), wanted) << runs;
  }
  std::cout << "[  FAULTS  ] first load "
            << (beside_others() ? "beside others" : "of an empty table") << ", deaths: " << runs - 1
            << " runs\n";
  EXPECT_GT(runs, 10U);
}

INSTANTIATE_TEST_SUITE_P(Places, BulkLoadFaultsTest, ::testing::Bool(), [](const auto& beside) {
  return beside.param ? "BesideOthers" : "OfAnEmptyTable";
});

}  // namespace
}  // namespace nexus_mirror::store
