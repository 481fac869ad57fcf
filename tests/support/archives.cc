#include "support/archives.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <memory>
#include <stdexcept>

namespace nexus_mirror::testing {
namespace {

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void check(int result, archive* writer) {
  if (result == ARCHIVE_OK) return;
  const char* text = archive_error_string(writer);
  throw std::runtime_error(text != nullptr ? text : "archive");
}

void describe(const ArchiveEntry& from, archive_entry* entry) {
  using Type = ArchiveEntry::Type;
  archive_entry_set_pathname(entry, from.name.c_str());
  archive_entry_set_perm(entry, from.mode);
  archive_entry_set_mtime(entry, 1700000000, 0);
  switch (from.type) {
    case Type::file:
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_size(entry, static_cast<la_int64_t>(from.bytes.size()) + from.hole);
      if (from.hole > 0) {
        archive_entry_sparse_add_entry(entry, 0, static_cast<la_int64_t>(from.bytes.size()));
      }
      break;
    case Type::folder:
      archive_entry_set_filetype(entry, AE_IFDIR);
      break;
    case Type::symlink:
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, from.bytes.c_str());
      break;
    case Type::hardlink:
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_hardlink(entry, from.bytes.c_str());
      break;
    case Type::device:
      archive_entry_set_filetype(entry, AE_IFCHR);
      archive_entry_set_rdevmajor(entry, 1);
      archive_entry_set_rdevminor(entry, 3);
      break;
    case Type::pipe:
      archive_entry_set_filetype(entry, AE_IFIFO);
      break;
  }
}

}  // namespace

std::string archive_of(ArchiveForm form, const std::vector<ArchiveEntry>& entries) {
  const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = uselocale(utf8);
  std::string bytes;
  {
    const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(),
                                                             archive_write_free);
    if (form == ArchiveForm::zip) {
      check(archive_write_set_format_zip(writer.get()), writer.get());
    } else {
      check(archive_write_set_format_pax(writer.get()), writer.get());
    }
    if (form == ArchiveForm::tar_gz) {
      check(archive_write_add_filter_gzip(writer.get()), writer.get());
    }
    check(archive_write_set_bytes_in_last_block(writer.get(), 1), writer.get());
    check(archive_write_open(writer.get(), &bytes, nullptr, append, nullptr), writer.get());
    for (const ArchiveEntry& each : entries) {
      const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                           archive_entry_free);
      describe(each, entry.get());
      check(archive_write_header(writer.get(), entry.get()), writer.get());
      if (each.type == ArchiveEntry::Type::file && !each.bytes.empty()) {
        archive_write_data(writer.get(), each.bytes.data(), each.bytes.size());
      }
    }
    check(archive_write_close(writer.get()), writer.get());
  }
  uselocale(before);
  freelocale(utf8);
  return bytes;
}

}  // namespace nexus_mirror::testing
