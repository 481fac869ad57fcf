#include "emulator/exchange_handler.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SecureStreamSocket.h>

#include <chrono>
#include <iostream>

#include "emulator/fault_delivery.h"
#include "emulator/storage_faults.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"
#include "text/digest.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::size_t kMostBodyBytes = 64U << 20;

template <class Clock>
std::int64_t clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
      .count();
}

// Throws Error(http_status 413) for a body that is too large.
std::string read_body(Poco::Net::HTTPServerRequest& request) {
  std::string body;
  std::istream& in = request.stream();
  char block[8192];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    body.append(block, static_cast<std::size_t>(in.gcount()));
    if (body.size() > kMostBodyBytes) {
      throw Error::from_status(413, "reading", "request body", "the body is too large");
    }
  }
  return body;
}

bool is_secret(const std::string& header) {
  return text::folded(header) == "secretkey" || text::folded(header) == "authorization";
}

// As Express does: weak, of the body.
void give_etag(const std::string& known, Reply& reply) {
  constexpr std::size_t kDigits = 27;
  const std::string etag = "W/\"" + std::to_string(reply.body.size()) + "-" +
                           text::sha256(reply.body).substr(0, kDigits) + "\"";
  reply.headers.emplace_back("ETag", etag);
  if (known != etag) return;
  reply.status = 304;
  reply.body.clear();
}

}  // namespace

void ServerStop::request() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  woken_.notify_all();
}

bool ServerStop::wait_for(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !woken_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return requested(); });
}

void ExchangeHandler::handleRequest(Poco::Net::HTTPServerRequest& request,
                                    Poco::Net::HTTPServerResponse& response) {
  try {
    answer(dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request), response);
  } catch (const Poco::Exception&) {
    response.setKeepAlive(false);  // the client went away
  } catch (const Error& error) {
    response.setKeepAlive(false);
    send_reply(request, response,
               json_error(error.http_status() == 0 ? 500 : error.http_status(), error.reason()));
  } catch (const std::exception& error) {
    std::cerr << "nexus-emulator: answering " << request.getMethod() << ": "
              << one_line(error.what()) << std::endl;
    response.setKeepAlive(false);
    if (!response.sent()) send_reply(request, response, json_error(500, "internal error"));
  }
}

void ExchangeHandler::answer(Poco::Net::HTTPServerRequestImpl& request,
                             Poco::Net::HTTPServerResponse& response) {
  const ApiRequest call(request.getMethod(), request.getURI(), read_body(request),
                        clock_ms<std::chrono::system_clock>());
  if (door_ == Door::api && Control::is_for_control(call)) {
    send_reply(request, response, pipeline_.control.answer(call));
  } else {
    answer_call(call, request, response);
  }
}

void ExchangeHandler::answer_call(const ApiRequest& call, Poco::Net::HTTPServerRequestImpl& request,
                                  Poco::Net::HTTPServerResponse& response) {
  const std::uint64_t ticket = note(call, request);
  if (pipeline_.latency_ms > 0 && !pipeline_.stop.wait_for(pipeline_.latency_ms)) {
    response.setKeepAlive(false);
  }
  const std::optional<Fault> fault = pipeline_.faults.next(call.target);
  const bool repeat_cursor = fault && fault->kind == FaultKind::repeat_cursor;
  Reply reply = door_ == Door::storage ? answer_storage(call, request, fault)
                                       : answer_api(call, request, repeat_cursor);
  if (!fault) {
    pipeline_.journal.set_status(ticket, reply.status);
    send_reply(request, response, std::move(reply));
    return;
  }
  pipeline_.journal.set_status(ticket, status_of(*fault, reply));
  deliver_fault(*fault, std::move(reply), request, response, pipeline_.stop);
}

Reply ExchangeHandler::answer_api(const ApiRequest& call, Poco::Net::HTTPServerRequestImpl& request,
                                  bool repeat_cursor) {
  const std::int64_t wait_s = pipeline_.rate_limit.take(clock_ms<std::chrono::steady_clock>());
  if (wait_s > 0) {
    Reply reply = json_error(429, "too many requests");
    reply.headers.emplace_back("Retry-After", std::to_string(wait_s));
    return reply;
  }
  if (!is_let_in(request)) {
    return json_error(pipeline_.wrong_key_status, "the secret key is missing or wrong");
  }
  Reply reply = pipeline_.api.answer(call, repeat_cursor);
  if (pipeline_.etags && call.method == "GET" && reply.status == 200) {
    give_etag(request.get("If-None-Match", ""), reply);
  }
  return reply;
}

Reply ExchangeHandler::answer_storage(const ApiRequest& call,
                                      const Poco::Net::HTTPServerRequestImpl& request,
                                      const std::optional<Fault>& fault) {
  StorageHeaders headers;
  headers.range = request.get("Range", "");
  headers.if_match = request.get("If-Match", "");
  headers.has_key = request.has("Secret-Key");
  if (fault) mislead(*fault, headers);
  Reply reply = pipeline_.storage.answer(call, headers);
  if (fault) spoil(*fault, reply);
  return reply;
}

bool ExchangeHandler::is_let_in(Poco::Net::HTTPServerRequestImpl& request) const {
  if (pipeline_.secret_key.empty()) return true;
  if (request.has("Secret-Key")) return request.get("Secret-Key") == pipeline_.secret_key;
  return pipeline_.certificate_is_key && request.secure() &&
         Poco::Net::SecureStreamSocket(request.socket()).havePeerCertificate();
}

std::uint64_t ExchangeHandler::note(const ApiRequest& call,
                                    const Poco::Net::HTTPServerRequest& request) const {
  JournalEntry entry;
  entry.method = call.method;
  entry.path = call.path;
  entry.query = call.query_text;
  for (const auto& [name, value] : request) {
    entry.headers.emplace_back(name, is_secret(name) ? "***" : value);
  }
  entry.storage = door_ == Door::storage;
  entry.key =
      !pipeline_.secret_key.empty() && request.get("Secret-Key", "") == pipeline_.secret_key;
  return pipeline_.journal.add(std::move(entry));
}

}  // namespace nexus_mirror::emulator
