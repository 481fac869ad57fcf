#include "store/snapshot.h"

namespace nexus_mirror::store {

Snapshot::Snapshot(const MirrorFile& file) : database_(file, Use::snapshot) {
  // 8 MiB of the mirror and 4 MiB of temporary tables stay in memory, however large both are. A
  // transaction begins with its first read.
  execute(
      "PRAGMA temp_store=FILE; PRAGMA cache_size=-8192; PRAGMA temp.cache_size=-4096;"
      "BEGIN; SELECT 1 FROM projects LIMIT 1");
}

}  // namespace nexus_mirror::store
