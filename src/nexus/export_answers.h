// What the server says of exports, beyond rows of tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nexus/document.h"

namespace nexus_mirror::nexus {

// What the answer of /annotationexports/{id} says. The export has a state of its own: it may have
// come to nothing although its operation is finished.
struct AnnotationExport {
  std::string status;  // one of objects::kJobStates, or as sent; empty when nothing is said
  std::string link;    // to the archive, signed: a secret; empty while there is none
};

// Throws Error(bad_response) when the answer is no object.
AnnotationExport annotation_export(const Document& answer);

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
