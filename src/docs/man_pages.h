// The manual pages, each from the list that the program itself works by.
#pragma once

#include <string>

#include "docs/command_tree.h"

namespace nexus_mirror::docs {

// `date` as in ManPage.
std::string commands_page(const Command& program, const std::string& date);  // nexus-mirror(1)
std::string settings_page(const std::string& date);                          // nexus-mirror.toml(5)
std::string schema_page(const std::string& date);  // nexus-mirror-schema(7)

}  // namespace nexus_mirror::docs
