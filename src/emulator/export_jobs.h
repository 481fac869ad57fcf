// The two things a client can start: model exports and annotation exports. They have no duration:
// each time somebody asks, they get one step further.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "emulator/catalog.h"

namespace nexus_mirror::emulator {

// The caller holds the catalog's lock, exclusively but for active().
class ExportJobs {
 public:
  ExportJobs(Catalog& catalog, std::uint64_t seed) : catalog_(catalog), seed_(seed) {}

  // Whether any job still changes; any thread, no lock.
  bool active() const { return active_.load() > 0; }

  // Adds a queued model of `artifact` and returns its id. `body` is the request's JSON. Throws
  // Error(http_status 400) when it names no format.
  std::string start_model(const std::string& project, const std::string& artifact,
                          std::string_view body, std::int64_t now_ms);

  // Adds a queued operation and returns its id. Throws Error(http_status 400) likewise.
  std::string start_annotation_export(const std::string& project, std::string_view body,
                                      std::int64_t now_ms);

  // The body that started annotation export `id`; empty when it was not started here.
  std::string request_of(const std::string& id) const;

  // Queued becomes Running, Running becomes Finished: for the job `id` itself and for those whose
  // parent (a model's artifact) is `id`. A job whose object was changed otherwise is forgotten.
  void advance(std::string_view id, std::int64_t now_ms);
  // The same for all model exports of `project`.
  void advance_models(std::string_view project, std::int64_t now_ms);

 private:
  struct Job {
    ObjectKind kind;
    std::string project, parent;
    std::string format, quantization;  // models
    std::int64_t create_date;
    int step = 0;      // 0 queued, 1 running, 2 finished
    std::string text;  // the object's, as it was put last
  };
  std::string new_id(std::string_view prefix);
  void publish(const std::string& id, Job& job, std::int64_t now_ms);
  void step(const std::string& id, Job& job, std::int64_t now_ms);
  bool is_untouched(const std::string& id, const Job& job);
  void remove_ended();

  Catalog& catalog_;
  std::uint64_t seed_;
  std::map<std::string, Job> jobs_;
  std::map<std::string, std::string> requests_;  // of annotation exports, ended ones too
  std::atomic<std::size_t> active_{0};
};

}  // namespace nexus_mirror::emulator
