// What the bench's server answers: the API's paths (src/NEXUS_API.md) over canned_rows.h, and
// /control/ by which the bench turns it from one measure to the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canned_rows.h"

namespace nexus_mirror::bench {

struct Answer {
  int status = 200;
  std::string body;
  std::string headers = "Content-Type: application/json\r\n";
  bool at_once = false;  // of /control/: neither delayed nor counted
};

// One thread.
class CannedNexus {
 public:
  CannedNexus(std::uint64_t projects, std::uint64_t assets);

  // `target` is a path with its query, as it stood in the request.
  Answer answer(std::string_view target);
  std::uint64_t latency_ms() const { return latency_ms_; }

 private:
  using Query = std::vector<std::pair<std::string, std::string>>;

  Answer control(std::string_view path, const Query& query);
  Answer in_project(std::string_view path, const Query& query);
  void list_assets(const CannedProject& project, const Query& query, std::string& out);
  void list_annotations(const CannedProject& project, const Query& query, std::string& out);
  Answer file(std::string_view path);
  bool find(const CannedProject& project, std::string_view path, std::string& out);

  std::vector<CannedProject> projects_;
  std::uint64_t latency_ms_ = 0;
  std::uint64_t requests_ = 0, files_ = 0, bytes_ = 0;
};

}  // namespace nexus_mirror::bench
