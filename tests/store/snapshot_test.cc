// A disk that fills up beneath a snapshot's temporary tables is called full.
#include "store/snapshot.h"

#include <gtest/gtest.h>

#include "nexus_mirror/error.h"
#include "support/faulty_vfs.h"
#include "support/store_fixture.h"

namespace nexus_mirror::store {
namespace {

class SnapshotTest : public testing::StoreTest {};

TEST_F(SnapshotTest, SaysThatTheDiskIsFullWhereItGivesMemoryBack) {
  testing::FaultyVfs vfs;
  MirrorFile file(database());
  file.vfs = vfs.name();
  Snapshot snapshot(file);
  snapshot.execute(
      "CREATE TEMP TABLE many(text TEXT);"
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "INSERT INTO many SELECT printf('%0100d', i) FROM n");
  vfs.plan({{testing::VfsCall::create, testing::VfsCall::write},
            1,
            testing::DiskFault::disk_full,
            testing::Repeat::from_then_on});
  try {
    snapshot.give_memory_back();
    ADD_FAILURE() << "nothing was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::machine);
    EXPECT_NE(std::string(error.what()).find("the disk is full"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace nexus_mirror::store
