// The workspace's key, from where the configuration says.
#include <cstdlib>

#include "config/file_text.h"
#include "config/secret_files.h"
#include "config/value_reader.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"

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

}  // namespace

namespace config {

std::optional<std::filesystem::path> credential_file(const WorkspaceConfig& workspace) {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (workspace.secret_credential.empty() || folder == nullptr || *folder == '\0') {
    return std::nullopt;
  }
  return std::filesystem::path(folder) / workspace.secret_credential;
}

std::vector<std::filesystem::path> secret_files(const Config& config) {
  std::vector<std::filesystem::path> files;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    for (const auto& file : {workspace.secret_key_file, workspace.ca_file,
                             workspace.client_certificate, workspace.client_key}) {
      if (!file.empty()) files.push_back(file);
    }
    if (const auto credential = credential_file(workspace)) files.push_back(*credential);
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
  if (!workspace.secret_credential.empty()) {
    const std::string place = "the credential " + workspace.secret_credential;
    const auto file = config::credential_file(workspace);
    if (!file) {
      fail(workspace, place + " is not there: CREDENTIALS_DIRECTORY is not set",
           "run it as a systemd service with LoadCredential=" + workspace.secret_credential +
               ":/path/of/the/key");
    }
    return key_of_file(
        workspace, *file, place,
        "the service needs LoadCredential=" + workspace.secret_credential + ":/path/of/the/key",
        // The units give an empty one when the file is missing.
        "put the workspace's secret key into the file that the service's LoadCredential=" +
            workspace.secret_credential + " names (the package's: /etc/nexus-mirror/secret-key)");
  }
  if (!workspace.secret_key.empty()) {
    return usable_key(workspace, workspace.secret_key, "secret_key");
  }
  return std::nullopt;
}

}  // namespace nexus_mirror
