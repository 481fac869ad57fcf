// What `config init` sets up, while it is being chosen.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/init_command.h"
#include "cli/own_service.h"
#include "cli/server_look.h"
#include "config/first_config.h"

namespace nexus_mirror::cli {

struct Setup {
  std::filesystem::path file;                     // absolute
  std::optional<UnitCredential> credential = {};  // of the service that runs this configuration
  config::FirstChoices choices = {};
  std::filesystem::path key_file = {};  // to be made, with `key`
  std::string key = {};                 // empty = it is somewhere already
};

// Throws Error(usage).
[[noreturn]] void refuse(const Setup& setup, const std::string& reason, const std::string& hint);
// Where anything is at `path`, a link that leads nowhere, too.
void refuse_taken(const Setup& setup, const std::filesystem::path& path, const std::string& hint);
bool is_taken(const std::filesystem::path& path);
// The example that the package brings, as it brought it: nobody has written anything there yet.
bool is_untouched_example(const std::filesystem::path& file);

// Where a key that is typed goes.
std::filesystem::path key_file_for(const Setup& setup);
// The choices say that the key is in `file`, or is `key`, which is to be put into a file.
void use_key_file(Setup& setup, const std::filesystem::path& file);
void keep_key(Setup& setup, std::string key);
// The key of --key-env or --key-file. The service finds none in an environment, nor where it may
// not read: it is put where its LoadCredential= looks. Throws Error: usage, config.
void take_given_key(Setup& setup, const InitOptions& options);

// Throws Error(usage) where an option has the key itself instead of where it is; shows none of it.
void refuse_key_as_option(const std::string& option, const std::string& value);

// Why this can be no name; empty = it can.
std::string name_problem(const std::string& name);

// Asks the server of the choices with the key. Throws Error: config (there is no key), interrupted.
ServerLook ask_server(const Setup& setup, const InitOptions& options, CommandContext& context,
                      const std::stop_token& stop);

// Asks at the terminal for what the options do not say, until the server takes it. Throws Error:
// what an option said and the server refuses; usage, interrupted.
void ask_at_terminal(Setup& setup, const InitOptions& options, CommandContext& context,
                     const std::stop_token& stop);

}  // namespace nexus_mirror::cli
