#include "update/heartbeat.h"

#include <chrono>
#include <string>
#include <thread>

#include "config/url_rules.h"
#include "env/thread.h"
#include "error/current_error.h"
#include "log/log.h"
#include "nexus_mirror/transport.h"
#include "text/address.h"
#include "transport/origin.h"

namespace nexus_mirror::update {
namespace {

constexpr std::chrono::seconds kLongest{10};

HttpResponse get(const Config& config, Env& env, const std::stop_token& stop) {
  const std::string& url = config.hooks.heartbeat_url;
  const auto [fault, page] = text::check_page(url);
  TransportOptions options;
  // What is none is refused by the transport, which says why.
  options.endpoint = fault == text::AddressFault::none
                         ? transport::Origin{page.scheme, page.host, page.port}.text()
                         : url;
  options.user = page.user.value_or("");
  options.connect_timeout = options.read_timeout = kLongest;
  options.proxy = config.http.proxy;
  options.max_response = 1 << 20;
  HttpRequest request;
  request.target = page.rest.substr(0, page.rest.find('#'));
  if (!request.target.starts_with('/')) request.target.insert(0, 1, '/');

  // The limits of the transport are for silence; this one is for all of it together.
  std::stop_source ends;
  const std::stop_callback forward(stop, [&ends] { ends.request_stop(); });
  const auto limit = start_thread<std::jthread>("limits the heartbeat's time",
                                                [&](const std::stop_token& answered) {
                                                  if (env.sleep(kLongest, answered)) {
                                                    ends.request_stop();
                                                  }
                                                });
  return make_http_transport(std::move(options))->send(request, ends.get_token());
}

}  // namespace

void send_heartbeat(const Config& config, Env& env, sync::Observer& observer,
                    const std::stop_token& stop) {
  if (config.hooks.heartbeat_url.empty() || stop.stop_requested()) return;
  observer.waiting({}, kLongest);
  std::string problem;
  try {
    const int status = get(config, env, stop).status;
    if (status >= 200 && status < 300) return;
    problem = "the answer's status is " + std::to_string(status);
  } catch (...) {
    const Error error = current_error(ErrorCode::machine, "sending", "the heartbeat");
    if (stop.stop_requested()) return;
    problem =
        error.code() == ErrorCode::interrupted ? "no answer within 10 seconds" : error.reason();
  }
  log::warning("sending the heartbeat to " + config::mask_url(config.hooks.heartbeat_url) + ": " +
               problem);
}

}  // namespace nexus_mirror::update
