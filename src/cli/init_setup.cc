#include "cli/init_setup.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "config/file_text.h"
#include "text/digest.h"
#include "text/hex.h"
#include "text/utf8.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

// SHA-256; empty where no package is made.
#ifdef NEXUS_MIRROR_EXAMPLE
constexpr std::string_view kExample = NEXUS_MIRROR_EXAMPLE;
#else
constexpr std::string_view kExample;
#endif

// As the program will find it: what the options name, or what was typed.
std::string given_key(const InitOptions& options) {
  WorkspaceConfig source;
  source.name = options.name;
  source.secret_key_env = options.key_env;
  if (!options.key_file.empty()) source.secret_key_file = fs::absolute(options.key_file);
  return resolve_secret_key(source).value_or("");
}

bool looks_like_key(const std::string& text) {
  return text.size() >= 32 && std::all_of(text.begin(), text.end(),
                                          [](char c) { return text::hex_value(c).has_value(); });
}

// By what the key is found now.
std::optional<std::string> key_now(const Setup& setup, const InitOptions& options) {
  if (!setup.key.empty()) return setup.key;
  if (!setup.choices.workspace.secret_credential.empty()) {
    WorkspaceConfig source;
    source.name = setup.choices.workspace.name;
    source.secret_key_file = setup.credential->file;
    return resolve_secret_key(source);
  }
  return given_key(options);
}

}  // namespace

void refuse(const Setup& setup, const std::string& reason, const std::string& hint) {
  throw Error(ErrorCode::usage, "setting up", setup.file.string(), reason, hint);
}

bool is_taken(const fs::path& path) {
  std::error_code none;
  return fs::symlink_status(path, none).type() != fs::file_type::not_found;
}

bool is_untouched_example(const fs::path& file) {
  try {
    return text::sha256(config::read_file(file).text) == kExample;
  } catch (const std::system_error&) {
    return false;
  }
}

void refuse_taken(const Setup& setup, const fs::path& path, const std::string& hint) {
  if (!is_taken(path)) return;
  const std::string name = path == setup.file ? "it" : path.string();
  refuse(setup, name + " is there already, and stays as it is", hint);
}

// "nexus-mirror.key" beside "nexus-mirror.toml".
fs::path key_file_for(const Setup& setup) {
  if (setup.credential) return setup.credential->file;
  fs::path file = setup.file;
  file.replace_extension(".key");
  return file == setup.file ? fs::path(setup.file.string() + ".key") : file;
}

void use_key_file(Setup& setup, const fs::path& file) {
  if (setup.credential && file == setup.credential->file) {
    setup.choices.workspace.secret_credential = setup.credential->name;
  } else {
    setup.choices.workspace.secret_key_file = file;
  }
}

void keep_key(Setup& setup, std::string key) {
  setup.key = std::move(key);
  setup.key_file = key_file_for(setup);
  const bool beside = setup.key_file.parent_path() == setup.file.parent_path();
  if (setup.credential) {
    use_key_file(setup, setup.key_file);
  } else {
    setup.choices.workspace.secret_key_file = beside ? setup.key_file.filename() : setup.key_file;
  }
}

void take_given_key(Setup& setup, const InitOptions& options) {
  WorkspaceConfig& workspace = setup.choices.workspace;
  const fs::path file =
      options.key_file.empty() ? fs::path() : fs::absolute(options.key_file).lexically_normal();
  if (setup.credential && file != setup.credential->file) {
    refuse_taken(setup, setup.credential->file,
                 "leave --key-env and --key-file out to use the key in it, or remove it first");
    keep_key(setup, given_key(options));
  } else if (!file.empty()) {
    use_key_file(setup, file);
  } else {
    workspace.secret_key_env = options.key_env;
  }
}

void refuse_key_as_option(const std::string& option, const std::string& value) {
  if (!looks_like_key(value)) return;
  throw Error(ErrorCode::usage, "reading", option, "it looks like the key itself",
              "on the command line others see it: put it into a file for --key-file, or into a "
              "variable for --key-env");
}

std::string name_problem(const std::string& name) {
  if (name.empty()) return "a workspace needs a name";
  if (looks_like_key(name)) return "that looks like the key; it is asked for later";
  return text::valid_utf8(name) == name ? std::string() : "the name must be UTF-8";
}

ServerLook ask_server(const Setup& setup, const InitOptions& options, CommandContext& context,
                      const std::stop_token& stop) {
  return look_at_server({}, setup.choices.workspace, key_now(setup, options), context.env, stop);
}

}  // namespace nexus_mirror::cli
