// The storage that signed links lead to, as Google Cloud Storage answers: images, model files and
// the archives of annotation exports.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "emulator/archive_plan.h"
#include "emulator/catalog.h"
#include "emulator/exchange.h"
#include "emulator/export_jobs.h"
#include "emulator/signed_link.h"

namespace nexus_mirror::emulator {

// What a request to the storage says beside its target.
struct StorageHeaders {
  std::string range = {}, if_match = {};  // empty = not sent
  bool has_key = false;                   // a Secret-Key, which does not belong here
  // As faults have it:
  bool is_dead = false;        // the link has expired
  bool other_version = false;  // other bytes lie under the name by now
  bool is_packed = false;      // the file is stored packed with gzip, and its hashes are of that
};

// Any thread may call any method.
class LinkStorage {
 public:
  // `images` is a folder of <projectId>/<filename>, <filename> or <asset id>; where an asset has
  // none there, or the folder does not exist, its file is made up. All references outlive it.
  LinkStorage(Catalog& catalog, const ExportJobs& jobs, const ArchivePlan& archives,
              const LinkSigner& signer, std::filesystem::path images)
      : catalog_(catalog),
        jobs_(jobs),
        archives_(archives),
        signer_(signer),
        images_(std::move(images)) {}

  // Wrong requests get a 4xx with the error's XML; throws nothing for them. Rule: the XML API of
  // Google Cloud Storage.
  Reply answer(const ApiRequest& request, const StorageHeaders& headers);

 private:
  struct StoredFile {
    std::string bytes, content_type;
  };
  std::optional<StoredFile> find(const std::vector<std::string>& path);
  std::optional<StoredFile> asset_file(const std::string& project, const std::string& id);
  std::optional<StoredFile> model_file(const std::string& project, const std::string& id);
  std::optional<StoredFile> archive(const std::string& project, const std::string& id);
  std::optional<std::string> image_of(const std::string& project, const std::string& filename,
                                      const std::string& id) const;

  Catalog& catalog_;
  const ExportJobs& jobs_;
  const ArchivePlan& archives_;
  const LinkSigner& signer_;
  const std::filesystem::path images_;
};

}  // namespace nexus_mirror::emulator
