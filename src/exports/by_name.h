// by-name/ at the top of the export directory: a link per project, called as the project is.
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "nexus_mirror/error.h"
#include "store/export_index.h"
#include "store/export_records.h"

namespace nexus_mirror::exports {

// Makes the links of `projects`, which come in the order in which they choose: a name that an
// earlier one has, or that is a link or a file of the user's, gets "-2". Links that the program
// made, as `before` says, and that nobody is to have any more are removed; no others ever are. What
// it makes is written to `records` before it is made. A link that cannot be made stops no other:
// the first of them is returned. Throws Error(machine) of the mirror.
std::optional<Error> update_by_name(const std::filesystem::path& folder,
                                    std::span<const store::IndexedProject> projects,
                                    std::span<const store::ProjectLink> before,
                                    store::ExportRecords& records);

// Removes the link that the program made for a project, if there is one. Throws Error: machine,
// exports.
void remove_by_name(const std::filesystem::path& folder, const store::ProjectLink& project);

}  // namespace nexus_mirror::exports
