// `nexus-mirror links`: model download links that work now.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct LinksOptions {
  bool refresh = false;
  std::vector<std::string> projects;
  RowFormat format = RowFormat::table;
  // A format to ask the server for; empty = only print what there is.
  std::string request;
  std::string quantization;  // of it; empty = the server's choice
  std::string artifact;      // id; empty = the newest of each project whose training is over
};

// The columns of the view model_links, and those of them that a table shows.
std::vector<std::string> link_columns();
std::vector<std::string> link_table_columns();

// Prints the view model_links, links in full: whoever holds one has the file. In csv, json and
// ndjson the columns are the view's. Throws Error.
// With `request` it asks the server for new ones and prints these.
ExitCode run_links(const LinksOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
