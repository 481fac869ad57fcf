// Writes the manual pages and completions; runs while the project is built, never afterwards.
//   nexus-mirror-docs FOLDER      $SOURCE_DATE_EPOCH: the pages' date; without it they have none
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "docs/completions.h"
#include "docs/man_pages.h"
#include "docs/page_date.h"

int main(int argc, char** argv) {
  using namespace nexus_mirror::docs;
  if (argc != 2) {
    std::cerr << "usage: nexus-mirror-docs FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const Command program = command_tree();
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  const std::string date = page_date(epoch == nullptr ? "" : epoch);
  const std::pair<const char*, std::string> files[] = {
      {"nexus-mirror.1", commands_page(program, date)},
      {"nexus-mirror.toml.5", settings_page(date)},
      {"nexus-mirror-schema.7", schema_page(date)},
      {"nexus-mirror.bash", bash_completion(program)},
      {"_nexus-mirror", zsh_completion(program)},
      {"nexus-mirror.fish", fish_completion(program)}};
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : files) {
    std::ofstream out(folder / name, std::ios::binary);
    out << text << std::flush;
    if (!out) {
      std::cerr << "nexus-mirror-docs: writing " << folder / name << " failed\n";
      return 1;
    }
  }
  return 0;
}
