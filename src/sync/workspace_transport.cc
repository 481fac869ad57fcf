#include "sync/workspace_transport.h"

#include "log/log.h"
#include "nexus/decoder.h"

namespace nexus_mirror::sync {

WorkspaceTransport::WorkspaceTransport(const Config& config, const WorkspaceConfig& workspace,
                                       Env& env, Observer& observer) {
  TransportOptions options;
  options.endpoint = workspace.endpoint;
  options.secret_key = resolve_secret_key(workspace);
  options.ca_file = workspace.ca_file;
  options.client_certificate = workspace.client_certificate;
  options.client_key = workspace.client_key;
  options.connect_timeout = config.http.connect_timeout;
  options.read_timeout = config.http.read_timeout;
  options.answer_timeout = config.http.answer_timeout;
  options.proxy = config.http.proxy;
  options.max_response = config.http.max_response;
  const auto in_flight = static_cast<int>(config.http.concurrency);
  options.max_idle_connections = static_cast<std::size_t>(in_flight);
  options.on_bytes = [&observer] { observer.moved(); };
  RetryOptions retry;
  retry.max_retries = static_cast<int>(config.http.max_retries);
  retry.on_retry = [&observer, name = workspace.name](const std::string& reason,
                                                      std::chrono::milliseconds delay, int tries) {
    observer.waiting(name, delay);
    log::info("trying again: " + reason, {{"workspace", name},
                                          {"wait_ms", std::int64_t{delay.count()}},
                                          {"tries", std::int64_t{tries}}});
  };
  auto counting = make_counting(make_recorder(
      make_http_transport(std::move(options)), workspace.name,
      [this, &observer](const Exchange& exchange) {
        if (exchange.status == 200 || exchange.status == 304) note(exchange.ms);
        observer.exchanged(exchange);
      },
      env));
  counting_ = counting.get();
  transport_ = make_retry(
      make_rate_limit(std::move(counting), config.http.requests_per_second, in_flight, env),
      std::move(retry), env);
}

void WorkspaceTransport::note(std::int64_t ms) {
  std::int64_t fastest = fastest_ms_;
  while ((fastest < 0 || ms < fastest) && !fastest_ms_.compare_exchange_weak(fastest, ms)) {
  }
}

objects::RowBatch read_workspace(const nexus::Client& client, const std::stop_token& stop) {
  objects::RowBatch workspace(objects::workspaces);
  std::vector<nexus::UnreadableRow> unreadable;
  const nexus::Document document = client.workspace(stop);
  if (!nexus::Decoder::of(objects::workspaces).decode_object(document, {}, workspace, unreadable)) {
    throw Error(ErrorCode::bad_response, "reading", "the workspace", unreadable.front().reason);
  }
  return workspace;
}

}  // namespace nexus_mirror::sync
