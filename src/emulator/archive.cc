#include "emulator/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

la_ssize_t append(::archive*, void* out, const void* bytes, std::size_t size) {
  try {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  } catch (const std::bad_alloc&) {
    return -1;  // nothing is thrown through libarchive
  }
  return static_cast<la_ssize_t>(size);
}

void check(int result, ::archive* zip) {
  if (result == ARCHIVE_OK) return;
  const char* reason = ::archive_error_string(zip);
  throw Error(ErrorCode::config, "packing", "an archive", reason != nullptr ? reason : "no reason");
}

}  // namespace

std::string zipped(const std::vector<ArchivedFile>& files) {
  std::string bytes;
  const std::unique_ptr<::archive, int (*)(::archive*)> zip(::archive_write_new(),
                                                            ::archive_write_free);
  check(::archive_write_set_format_zip(zip.get()), zip.get());
  check(::archive_write_set_bytes_in_last_block(zip.get(), 1), zip.get());
  check(::archive_write_open(zip.get(), &bytes, nullptr, append, nullptr), zip.get());
  for (const ArchivedFile& file : files) {
    const std::unique_ptr<::archive_entry, void (*)(::archive_entry*)> entry(::archive_entry_new(),
                                                                             ::archive_entry_free);
    ::archive_entry_set_pathname(entry.get(), std::string(file.name).c_str());
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0600);
    ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    check(::archive_write_header(zip.get(), entry.get()), zip.get());
    if (::archive_write_data(zip.get(), file.bytes.data(), file.bytes.size()) < 0) {
      check(ARCHIVE_FATAL, zip.get());
    }
  }
  check(::archive_write_close(zip.get()), zip.get());
  return bytes;
}

}  // namespace nexus_mirror::emulator
