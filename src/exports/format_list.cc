#include "exports/format_list.h"

#include "exports/formats/formats.h"

namespace nexus_mirror::exports {
namespace {

constexpr NamedFormat kFormats[] = {
#define NEXUS_MIRROR_FORMAT(name) {#name, formats::name},
#include "objects/export_formats.inc"
};

}  // namespace

std::span<const NamedFormat> image_formats() { return kFormats; }

const Format* find_format(std::string_view name) {
  for (const NamedFormat& format : kFormats) {
    if (format.name == name) return &format.format;
  }
  return nullptr;
}

}  // namespace nexus_mirror::exports
