#include "emulator/exchange.h"

#include <algorithm>

#include "emulator/json_members.h"
#include "emulator/record.h"
#include "text/ascii.h"
#include "text/hex.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

std::string_view error_code(int status) {
  switch (status) {
    case 400:
      return "BadRequestError";
    case 401:
      return "UnauthorizedError";
    case 403:
      return "ForbiddenError";
    case 404:
      return "ResourceNotFoundError";
    case 405:
      return "MethodNotAllowedError";
    case 413:
      return "PayloadTooLargeError";
    case 429:
      return "TooManyRequestsError";
    default:
      return status >= 500 ? "InternalServerError" : "Error";
  }
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = text::hex_value(text[i + 1]), low = text::hex_value(text[i + 2]);
      if (high && low) {
        result += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

Query::Query(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    std::string part(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    for (char& c : part) {
      if (c == '+') c = ' ';
    }
    const std::size_t equals = std::min(part.find('='), part.size());
    std::string name = percent_decoded(std::string_view(part).substr(0, equals));
    if (name.ends_with("[]")) name.resize(name.size() - 2);
    if (name.empty()) continue;
    std::string value =
        equals < part.size() ? percent_decoded(std::string_view(part).substr(equals + 1)) : "";
    items_.emplace_back(text::folded(name), std::move(value));
  }
}

std::vector<std::string> Query::all(std::string_view name) const {
  const std::string wanted = text::folded(name);
  std::vector<std::string> values;
  for (const auto& [item, value] : items_) {
    if (item == wanted) values.push_back(value);
  }
  return values;
}

std::optional<std::string> Query::first(std::string_view name) const {
  const std::string wanted = text::folded(name);
  for (const auto& [item, value] : items_) {
    if (item == wanted) return value;
  }
  return std::nullopt;
}

bool Query::flag(std::string_view name) const {
  const std::optional<std::string> value = first(name);
  return value && (*value == "true" || *value == "1");
}

ApiRequest::ApiRequest(std::string request_method, std::string request_target,
                       std::string request_body, std::int64_t arrival_ms)
    : method(std::move(request_method)),
      target(std::move(request_target)),
      body(std::move(request_body)),
      now_ms(arrival_ms) {
  const std::size_t question = std::min(target.find('?'), target.size());
  path = target.substr(0, question);
  if (question < target.size()) query_text = target.substr(question + 1);
  query = Query(query_text);
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) segments.push_back(percent_decoded(path.substr(begin, end - begin)));
    begin = end + 1;
  }
}

Reply json_error(int status, std::string_view message) {
  Reply reply;
  reply.status = status;
  text::JsonWriter json;
  json.begin_object();
  json.member("code", error_code(status));
  json.member("message", message);
  json.end_object();
  reply.body = json.take();
  return reply;
}

}  // namespace nexus_mirror::emulator
