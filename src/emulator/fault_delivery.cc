#include "emulator/fault_delivery.h"

#include <Poco/DeflatingStream.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <sstream>

#include "emulator/exchange_handler.h"
#include "emulator/storage_faults.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::StreamSocket;

constexpr std::size_t kGzipFrom = 1024;  // bytes
constexpr std::int64_t kBlock = 1 << 16;
constexpr std::int64_t kHugeBytes = std::int64_t{1} << 30;
constexpr std::int64_t kDeepBytes = 2000000;
constexpr std::int64_t kPieces = 16;  // of a slow body

// Everything but the body's length.
void set_head(const Reply& reply, HTTPServerResponse& response) {
  response.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(reply.status));
  response.setContentType(reply.content_type);
  for (const auto& [name, value] : reply.headers) response.add(name, value);
}

void pack(const HTTPServerRequest& request, Reply& reply) {
  const std::string accepted = request.get("Accept-Encoding", "");
  if (!reply.may_be_packed || reply.body.size() <= kGzipFrom ||
      accepted.find("gzip") == std::string::npos)
    return;
  reply.body = gzipped(reply.body);
  reply.headers.emplace_back("Content-Encoding", "gzip");
}

void send_plain(const Reply& reply, HTTPServerResponse& response) {
  set_head(reply, response);
  response.sendBuffer(reply.body.data(), reply.body.size());
}

// Takes the connection over: whatever is written now is written by us.
StreamSocket take_socket(HTTPServerRequestImpl& request) { return request.detachSocket(); }

void write_all(StreamSocket& socket, std::string_view text) {
  while (!text.empty()) {
    const int sent = socket.sendBytes(
        text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 1U << 20)));
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Until the client goes away or the server stops.
void wait_for_end(StreamSocket& socket, const ServerStop& stop) {
  const Poco::Timespan step(0, 100000);
  while (!stop.requested()) {
    if (!socket.poll(step, Poco::Net::Socket::SELECT_READ)) continue;
    char byte = 0;
    if (socket.receiveBytes(&byte, 1) <= 0) return;
  }
}

std::string head_text(const Reply& reply, HTTPServerResponse& response, bool chunked) {
  set_head(reply, response);
  if (chunked) {
    response.setChunkedTransferEncoding(true);
  } else {
    response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
  }
  std::ostringstream head;
  response.write(head);
  return head.str();
}

void send_cut(const Fault& fault, const Reply& reply, HTTPServerRequestImpl& request,
              HTTPServerResponse& response) {
  const std::string half = reply.body.substr(0, reply.body.size() / 2);
  std::string text = head_text(reply, response, fault.chunked);
  if (fault.chunked) {
    text::append_number(text, half.size(), 16);
    text += "\r\n" + half + "\r\n";  // and no last chunk
  } else {
    text += half;
  }
  StreamSocket socket = take_socket(request);
  write_all(socket, text);
  socket.shutdown();
}

// Half of the answer, and nothing more for as long as the client waits.
void hang(const Reply& reply, HTTPServerRequestImpl& request, HTTPServerResponse& response,
          ServerStop& stop) {
  const std::string text =
      head_text(reply, response, false) + reply.body.substr(0, reply.body.size() / 2);
  StreamSocket socket = take_socket(request);
  write_all(socket, text);
  wait_for_end(socket, stop);
}

void send_reset(HTTPServerRequestImpl& request) {
  StreamSocket socket = take_socket(request);
  socket.setLinger(true, 0);  // close() then sends RST
  socket.close();
}

void stall(HTTPServerRequestImpl& request, ServerStop& stop) {
  StreamSocket socket = take_socket(request);
  wait_for_end(socket, stop);
}

void send_slowly(const Fault& fault, const Reply& reply, HTTPServerResponse& response,
                 ServerStop& stop) {
  set_head(reply, response);
  response.setContentLength64(static_cast<Poco::Int64>(reply.body.size()));
  std::ostream& out = response.send();
  const std::size_t piece = reply.body.size() / static_cast<std::size_t>(kPieces) + 1;
  for (std::size_t at = 0; at < reply.body.size() && out; at += piece) {
    if (!stop.wait_for(fault.ms / kPieces)) return;
    out.write(reply.body.data() + at,
              static_cast<std::streamsize>(std::min(piece, reply.body.size() - at)));
    out.flush();
  }
}

// '[', spaces, ']': `bytes` in all, at least 2.
void write_blank_array(std::ostream& out, std::int64_t bytes, const ServerStop& stop) {
  const std::string block(static_cast<std::size_t>(kBlock), ' ');
  out << '[';
  for (std::int64_t left = bytes - 2; left > 0 && out && !stop.requested(); left -= kBlock) {
    out.write(block.data(), static_cast<std::streamsize>(std::min(left, kBlock)));
  }
  out << ']';
}

void send_huge(const Fault& fault, const Reply& reply, HTTPServerResponse& response,
               const ServerStop& stop) {
  const std::int64_t bytes = std::max<std::int64_t>(fault.bytes == 0 ? kHugeBytes : fault.bytes, 2);
  set_head(reply, response);
  if (fault.kind == FaultKind::huge) {
    response.setContentLength64(bytes);
    write_blank_array(response.send(), bytes, stop);
    return;
  }
  response.set("Content-Encoding", "gzip");
  response.setChunkedTransferEncoding(true);
  Poco::DeflatingOutputStream deflater(response.send(), Poco::DeflatingStreamBuf::STREAM_GZIP, 1);
  write_blank_array(deflater, bytes, stop);
  deflater.close();
}

std::string deep_body(std::int64_t bytes) {
  const auto depth = static_cast<std::size_t>((bytes == 0 ? kDeepBytes : bytes) / 2);
  return std::string(depth, '[') + std::string(depth, ']');
}

// The answer of faults that are wrong in content only.
Reply wrong_reply(const Fault& fault) {
  Reply reply;
  switch (fault.kind) {
    case FaultKind::status:
      reply = json_error(503, "the emulator was told to fail");
      if (fault.status != 0) reply = json_error(fault.status, "the emulator was told to fail");
      break;
    case FaultKind::dead_cursor:
      reply = json_error(400, "the page cursor is invalid or expired");
      break;
    case FaultKind::html:
      reply.content_type = "text/html";
      reply.body =
          "<html><head><title>Proxy</title></head><body><h1>Please wait</h1></body></html>\n";
      break;
    case FaultKind::redirect:
      reply.status = 302;
      reply.headers.emplace_back("Location", fault.location);
      break;
    case FaultKind::not_json:
      reply.body = R"({"data":[{"id":)";
      break;
    case FaultKind::deep:
      reply.body = deep_body(fault.bytes);
      break;
    default:
      break;  // empty, and the headers of huge and gzip_bomb
  }
  if (fault.status != 0) reply.status = fault.status;
  if (!fault.retry_after.empty()) reply.headers.emplace_back("Retry-After", fault.retry_after);
  return reply;
}

bool keeps_right_reply(FaultKind kind) {
  return kind == FaultKind::cut || kind == FaultKind::slow || kind == FaultKind::repeat_cursor ||
         is_of_file(kind);
}

}  // namespace

std::string gzipped(const std::string& body) {
  std::ostringstream packed;
  Poco::DeflatingOutputStream deflater(packed, Poco::DeflatingStreamBuf::STREAM_GZIP, 1);
  deflater.write(body.data(), static_cast<std::streamsize>(body.size()));
  deflater.close();
  return packed.str();
}

void send_reply(const HTTPServerRequest& request, HTTPServerResponse& response, Reply reply) {
  pack(request, reply);
  send_plain(reply, response);
}

int status_of(const Fault& fault, const Reply& reply) {
  if (fault.kind == FaultKind::reset || fault.kind == FaultKind::stall) return 0;
  return keeps_right_reply(fault.kind) ? reply.status : wrong_reply(fault).status;
}

void deliver_fault(const Fault& fault, Reply reply, HTTPServerRequestImpl& request,
                   HTTPServerResponse& response, ServerStop& stop) {
  if (keeps_right_reply(fault.kind)) {
    pack(request, reply);
  } else {
    reply = wrong_reply(fault);
  }
  switch (fault.kind) {
    case FaultKind::reset:
      return send_reset(request);
    case FaultKind::stall:
      return stall(request, stop);
    case FaultKind::cut:
      return send_cut(fault, reply, request, response);
    case FaultKind::hang:
      return hang(reply, request, response, stop);
    case FaultKind::slow:
      return send_slowly(fault, reply, response, stop);
    case FaultKind::huge:
    case FaultKind::gzip_bomb:
      return send_huge(fault, reply, response, stop);
    default:
      return send_plain(reply, response);
  }
}

}  // namespace nexus_mirror::emulator
