// `nexus-mirror links`: model download links that work now.
#pragma once

#include <string>
#include <vector>

#include "cli/row_writer.h"
#include "cli/session.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct LinksOptions {
  bool refresh = false;
  std::vector<std::string> projects;
  RowFormat format = RowFormat::table;
};

// Prints the view model_links, links in full: whoever holds one has the file. In csv, json and
// ndjson the columns are the view's. Throws Error.
ExitCode run_links(const LinksOptions& options, Session& session);

}  // namespace nexus_mirror::cli
