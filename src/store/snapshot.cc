#include "store/snapshot.h"

namespace nexus_mirror::store {

Snapshot::Snapshot(const MirrorFile& file) : database_(file, Use::snapshot) {
  // 2 MiB of the mirror and 3 MiB of temporary tables stay in memory, however large both are: most
  // of what exports read they read in the order in which it lies, and once. A transaction begins
  // with its first read.
  execute(
      "PRAGMA temp_store=FILE; PRAGMA cache_size=-1536; PRAGMA temp.cache_size=-2048;"
      "BEGIN; SELECT 1 FROM projects LIMIT 1");
}

}  // namespace nexus_mirror::store
