#include "env/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace nexus_mirror {
namespace {

// A note is its head, then its name and what it says, each filled up to four bytes.
std::size_t filled(std::size_t size) { return (size + 3) / 4 * 4; }

std::string id_in(const char* notes, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    const std::size_t before = sizeof note + filled(note.n_namesz);
    const std::size_t whole = before + filled(note.n_descsz);
    if (whole > size) break;
    const std::string_view name(notes + sizeof note, note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && name == std::string_view("GNU\0", 4)) {
      return {notes + before, note.n_descsz};
    }
    notes += whole;
    size -= whole;
  }
  return {};
}

// The program is the first object; the libraries that follow are not asked.
int look(dl_phdr_info* object, std::size_t, void* id) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = object->dlpi_phdr[i];
    if (part.p_type != PT_NOTE) continue;
    // Where it lies in memory: an address, by the format.
    const auto* notes = reinterpret_cast<const char*>(object->dlpi_addr + part.p_vaddr);
    std::string found = id_in(notes, part.p_memsz);
    if (!found.empty()) *static_cast<std::string*>(id) = std::move(found);
  }
  return 1;
}

}  // namespace

const std::string& build_id() {
  static const std::string id = [] {
    std::string found;
    dl_iterate_phdr(&look, &found);
    return found;
  }();
  return id;
}

}  // namespace nexus_mirror
