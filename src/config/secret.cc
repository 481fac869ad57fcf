// The workspace's key, from where the configuration says.
#include <algorithm>
#include <cstdlib>

#include "config/file_text.h"
#include "config/secret_files.h"
#include "config/value_reader.h"
#include "env/user.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"

namespace nexus_mirror {
namespace {

[[noreturn]] void fail(const WorkspaceConfig& workspace, const std::string& reason,
                       const std::string& hint) {
  throw Error(ErrorCode::config, "reading the key of workspace", workspace.name, reason, hint);
}

// A key as it was found at `place`, ready to be sent.
std::string usable_key(const WorkspaceConfig& workspace, std::string key, const std::string& place,
                       const std::string& hint = "put the workspace's secret key there") {
  while (key.ends_with('\n') || key.ends_with('\r')) key.pop_back();
  if (key.empty()) fail(workspace, place + " is empty", hint);
  if (const std::string problem = config::secret_problem(key); !problem.empty()) {
    fail(workspace, place + " " + problem, hint + ", nothing else");
  }
  return key;
}

std::string key_of_file(const WorkspaceConfig& workspace, const std::filesystem::path& file,
                        const std::string& place, const std::string& hint,
                        const std::string& content_hint = "put the workspace's secret key there") {
  try {
    return usable_key(workspace, config::read_file(file).text, place, content_hint);
  } catch (const std::system_error& error) {
    fail(workspace, place + " cannot be read: " + config::read_failure(error), hint);
  }
}

// Of the credential that the service gets, where it is not the service that asks.
std::string key_of_unit(const WorkspaceConfig& workspace, const std::string& place,
                        const config::CredentialSource& source) {
  const std::string file = source.file.string();
  const std::string there = place + ", which " + source.unit + " takes from " + file + ",";
  const std::string to_put =
      "put the workspace's secret key into " + file + ", which root alone should be able to read";
  std::error_code unknown;
  const bool missing = !std::filesystem::exists(source.file, unknown) && !unknown;
  return key_of_file(workspace, source.file, there,
                     missing || env::is_root()
                         ? to_put
                         : "run it as root, with sudo: it reads the key and goes on as the user "
                           "who owns the mirror",
                     to_put);
}

std::string key_of_credential(const WorkspaceConfig& workspace) {
  const std::string& name = workspace.secret_credential;
  const std::string place = "the credential " + name;
  const auto source = config::find_credential(name);
  if (!source) {
    fail(workspace, place + " is not there: CREDENTIALS_DIRECTORY is not set",
         "run it as a systemd service with LoadCredential=" + name +
             ":/path/of/the/key; by hand, root finds that file by the LoadCredential= of "
             "nexus-mirror.service");
  }
  if (!source->unit.empty()) return key_of_unit(workspace, place, *source);
  return key_of_file(
      workspace, source->file, place,
      "the service needs LoadCredential=" + name + ":/path/of/the/key",
      // The units give an empty one when the file is missing.
      "put the workspace's secret key into the file that the service's LoadCredential=" + name +
          " names (the package's: /etc/nexus-mirror/secret-key)");
}

}  // namespace

namespace config {

std::string secret_problem(std::string_view key) {
  const bool sendable =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!sendable) return "holds spaces or characters that a header cannot carry";
  const auto stands_in = [&](char quote) {
    return key.size() > 1 && key.front() == quote && key.back() == quote;
  };
  if (stands_in('"') || stands_in('\'')) return "stands in quotes, which are no part of a key";
  const std::string_view name = key.substr(0, key.find('='));
  constexpr std::size_t kShortest = 8;  // a key may end in "=="
  const bool assigned = !name.empty() && key.size() > name.size() + kShortest &&
                        std::all_of(name.begin(), name.end(), [](char c) {
                          return c == '_' || text::is_upper(c) || text::is_digit(c);
                        });
  return assigned ? "is written NAME=KEY; only the key belongs there" : "";
}

std::optional<std::filesystem::path> credential_file(const env::UnitFile& unit,
                                                     const std::string& name) {
  for (const std::string& value : unit.values("Service", "LoadCredential")) {
    const std::size_t colon = value.find(':');
    if (value.substr(0, colon) != name) continue;
    // With a specifier in it, or as what another unit or a socket gives, it is systemd's to find.
    if (value.find('%') != std::string::npos) return std::nullopt;
    if (colon == std::string::npos) return std::filesystem::path("/etc/credstore") / name;
    std::filesystem::path file = value.substr(colon + 1);
    if (file.is_absolute()) return file;
  }
  return std::nullopt;
}

std::optional<CredentialSource> find_credential(const std::string& name) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder != nullptr && *folder != '\0') {
    return CredentialSource{std::filesystem::path(folder) / name};
  }
  for (const char* const name_of_unit : kServiceUnits) {
    const auto unit = env::find_unit(name_of_unit);
    if (!unit) continue;
    if (const auto file = credential_file(*unit, name))
      return CredentialSource{*file, unit->name()};
  }
  return std::nullopt;
}

std::vector<std::filesystem::path> secret_files(const Config& config) {
  std::vector<std::filesystem::path> files;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    for (const auto& file : {workspace.secret_key_file, workspace.ca_file,
                             workspace.client_certificate, workspace.client_key}) {
      if (!file.empty()) files.push_back(file);
    }
    if (workspace.secret_credential.empty()) continue;
    if (const auto source = find_credential(workspace.secret_credential)) {
      files.push_back(source->file);
    }
  }
  return files;
}

}  // namespace config

std::optional<std::string> resolve_secret_key(const WorkspaceConfig& workspace) {
  if (!workspace.secret_key_env.empty()) {
    const std::string place = "the environment variable " + workspace.secret_key_env;
    const char* value = std::getenv(workspace.secret_key_env.c_str());
    if (value == nullptr) fail(workspace, place + " is not set", "set it to the secret key");
    return usable_key(workspace, value, place);
  }
  if (!workspace.secret_key_file.empty()) {
    return key_of_file(workspace, workspace.secret_key_file,
                       "the file " + workspace.secret_key_file.string(),
                       "secret_key_file must name a file that this user can read");
  }
  if (!workspace.secret_credential.empty()) return key_of_credential(workspace);
  if (!workspace.secret_key.empty()) {
    return usable_key(workspace, workspace.secret_key, "secret_key");
  }
  return std::nullopt;
}

}  // namespace nexus_mirror
