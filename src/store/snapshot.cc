#include "store/snapshot.h"

#include "store/past/past.h"

namespace nexus_mirror::store {

Snapshot::Snapshot(const MirrorFile& file) : database_(file, Use::snapshot) {
  database_.begin_reading();
}

Snapshot::Snapshot(const MirrorFile& file, const AsOf& as_of, const std::string& project_id)
    : Snapshot(file) {
  past_ = std::make_unique<Past>(database_, as_of, project_id, PastLinks::then);
  past_->fill_all();
  past_->hide_exports();
}

Snapshot::~Snapshot() = default;

}  // namespace nexus_mirror::store
