// Records as an answer holds them: with signed links, exports and without what was not asked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "emulator/catalog.h"
#include "emulator/signed_link.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {

// For one answer; the caller holds the catalog's lock.
class RecordWriter {
 public:
  RecordWriter(Dialect dialect, LinkSigner& signer, std::int64_t now_ms)
      : dialect_(dialect), signer_(signer), now_ms_(now_ms) {}

  bool include_attributes = true;  // of annotations
  bool include_exports = false;    // in artifacts

  void append(ObjectKind kind, const ProjectRecords& project, const Record& record,
              std::string& out);

  // All records of `kind` whose parent is `parent` as a JSON array.
  void append_children(ObjectKind kind, const ProjectRecords& project, std::string_view parent,
                       std::string& out);

  // {"method":"GET","expiryDate":...,"url":...} for a path of the storage, signed now.
  void write_download(std::string_view path, text::JsonWriter& json);

 private:
  void append_model(const Record& record, std::string& out);

  const Dialect dialect_;
  LinkSigner& signer_;
  const std::int64_t now_ms_;
};

}  // namespace nexus_mirror::emulator
