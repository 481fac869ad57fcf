// A request and its answer, free of sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus_mirror::emulator {

// The query of a request, percent-decoded. Names are compared without a trailing "[]", case, '-'
// and '_', so that both dialects' spellings are understood.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);

  std::vector<std::string> all(std::string_view name) const;
  std::optional<std::string> first(std::string_view name) const;
  bool flag(std::string_view name) const;  // "true" or "1"

 private:
  std::vector<std::pair<std::string, std::string>> items_;  // folded name, value
};

struct ApiRequest {
  // `target` is a path and perhaps a query.
  ApiRequest(std::string method, std::string target, std::string body, std::int64_t now_ms);

  std::string method;
  std::string target;
  std::string path;                   // still encoded
  std::string query_text;             // still encoded, without '?'
  std::vector<std::string> segments;  // of the path, decoded
  Query query;
  std::string body;
  std::int64_t now_ms;  // UNIX milliseconds of the request's arrival
};

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  bool may_be_packed = true;  // false: sent as it is, whatever the client takes
};

// {"code": ..., "message": ...} with the code that Nexus uses for `status`.
Reply json_error(int status, std::string_view message);

// '%XX' decoded; a '%' without two digits stays.
std::string percent_decoded(std::string_view text);

}  // namespace nexus_mirror::emulator
