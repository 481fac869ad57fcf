#include "cli/server_look.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "nexus/client.h"
#include "nexus/decoder.h"
#include "objects/columns.h"
#include "objects/row_batch.h"
#include "sync/workspace_transport.h"
#include "transport/http_date.h"

namespace nexus_mirror::cli {
namespace {

constexpr Milliseconds kPatience = std::chrono::seconds(10);
constexpr std::int64_t kMostBytes = 8LL << 20;  // of a list of projects

// Notes when the server says that it is, by the first answer that comes.
class DateNoting final : public Transport {
 public:
  DateNoting(std::unique_ptr<Transport> inner, ServerLook& look, Env& env)
      : inner_(std::move(inner)), look_(look), env_(env) {}

  HttpResponse send(const HttpRequest& request, const std::stop_token& stop) override {
    const std::int64_t asked = env_.now_ms(), began = env_.monotonic_ms();
    HttpResponse response = inner_->send(request, stop);
    if (!std::exchange(look_.answered, true)) {
      look_.took_ms = env_.monotonic_ms() - began;
      // A Date has whole seconds; it was made somewhere between question and answer.
      constexpr std::int64_t kHalfSecond = 500;
      const std::int64_t now = asked + (env_.now_ms() - asked) / 2;
      if (const auto date = transport::parse_http_date(response.date)) {
        look_.ahead_ms = *date + kHalfSecond - now;
      }
    }
    return response;
  }

 private:
  const std::unique_ptr<Transport> inner_;
  ServerLook& look_;
  Env& env_;
};

TransportOptions options_for(const HttpConfig& http, const WorkspaceConfig& workspace,
                             const std::optional<std::string>& key) {
  TransportOptions options;
  options.endpoint = workspace.endpoint;
  options.secret_key = key;
  options.ca_file = workspace.ca_file;
  options.client_certificate = workspace.client_certificate;
  options.client_key = workspace.client_key;
  options.connect_timeout = std::min(http.connect_timeout, kPatience);
  options.read_timeout = std::min(http.read_timeout, kPatience);
  options.answer_timeout = std::min(http.answer_timeout, kPatience);
  options.proxy = http.proxy;
  options.max_response = std::min(http.max_response, kMostBytes);
  return options;
}

// Of the question for the workspace: what speaks of the key, and what of the address.
Error explained(const Error& error, const WorkspaceConfig& workspace) {
  const int status = error.http_status();
  if (error.code() == ErrorCode::key_refused || status == 403) {
    return Error(ErrorCode::key_refused, error.doing(), error.subject(), error.reason(),
                 "take a key from Nexus: Workspace, API keys");
  }
  const bool busy = status == 402 || status == 408 || status == 429 || status >= 500;
  if (error.code() == ErrorCode::bad_response || (status >= 300 && !busy)) {
    return Error(ErrorCode::unreachable, error.doing(), error.subject(), error.reason(),
                 "is the endpoint " + workspace.endpoint + " right?");
  }
  if (status == 0) return error;
  return Error(ErrorCode::unreachable, error.doing(), error.subject(), error.reason(),
               error.hint());
}

void list_projects(const nexus::Client& client, ServerLook& look, const std::stop_token& stop) {
  try {
    objects::RowBatch rows(objects::projects);
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::Decoder::of(objects::projects).decode_list(client.projects(stop), {}, rows, unreadable);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      look.projects.push_back({objects::text_of(rows, i, "id"), objects::text_of(rows, i, "name")});
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    look.projects_error = error;
  }
}

}  // namespace

ServerLook look_at_server(const HttpConfig& http, const WorkspaceConfig& workspace,
                          const std::optional<std::string>& key, Env& env,
                          const std::stop_token& stop) {
  ServerLook look;
  try {
    const TransportOptions options = options_for(http, workspace, key);
    // First: where nobody is there, one time-out is enough.
    look.certificate = transport::look_at_certificate(options, stop);
    if (look.certificate.refused) {
      look.error = look.certificate.refused;
      return look;
    }
    DateNoting transport(make_http_transport(options), look, env);
    const nexus::Client client(transport);
    const objects::RowBatch row = sync::read_workspace(client, stop);
    look.workspace_id = objects::text_of(row, 0, "id");
    look.workspace_name = objects::text_of(row, 0, "name");
    list_projects(client, look, stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    look.error = explained(error, workspace);
  }
  return look;
}

}  // namespace nexus_mirror::cli
