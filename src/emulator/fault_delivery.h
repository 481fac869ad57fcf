// Sends answers, right ones and broken ones.
#pragma once

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>

#include "emulator/exchange.h"
#include "emulator/fault_plan.h"

namespace nexus_mirror::emulator {

class ServerStop;

// Sends `reply` whole, packed with gzip when the client takes it and the body is above 1 KiB.
void send_reply(const Poco::Net::HTTPServerRequest& request,
                Poco::Net::HTTPServerResponse& response, Reply reply);

// `body` packed with gzip.
std::string gzipped(const std::string& body);

// The status that `fault` answers with, 0 for none.
int status_of(const Fault& fault, const Reply& reply);

// Answers as `fault` demands; `reply` is what would have been the right answer. Returns when the
// exchange is over, at the latest when `stop` is requested. Throws Poco::Exception when the client
// goes away.
void deliver_fault(const Fault& fault, Reply reply, Poco::Net::HTTPServerRequestImpl& request,
                   Poco::Net::HTTPServerResponse& response, ServerStop& stop);

}  // namespace nexus_mirror::emulator
