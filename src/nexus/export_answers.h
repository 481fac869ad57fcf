// What the server says of exports, beyond rows of tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nexus/document.h"

namespace nexus_mirror::nexus {

// The signed link in the answer of /annotationexports/{id}, a secret; empty while there is none.
// Throws Error(bad_response) when the answer is no object.
std::string download_link(const Document& annotation_export);

// A format that an artifact can be exported to.
struct ExportOption {
  std::string format;
  std::vector<std::string> quantizations;  // empty = the server does not say
};

// From artifacts.export_options, the mirror's JSON; empty for what is no such list.
std::vector<ExportOption> export_options(std::string_view json);

// Whether both name the same format: case, '-' and '_' do not count.
bool same_format(std::string_view one, std::string_view other);

}  // namespace nexus_mirror::nexus
