#include "emulator/export_jobs.h"

#include <array>
#include <utility>

#include "emulator/json_members.h"
#include "emulator/synthetic_records.h"
#include "nexus_mirror/error.h"
#include "text/hex.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::array<std::string_view, 3> kSteps = {"Queued", "Running", "Finished"};
constexpr int kLastStep = 2;

JsonMembers read_body(std::string_view body, const std::string& doing) {
  try {
    return JsonMembers(body);
  } catch (const Error& error) {
    throw Error::from_status(400, doing, "request body", "the body is no JSON object");
  }
}

std::string required(const JsonMembers& members, std::string_view key, const std::string& doing) {
  std::string value = members.scalar(key);
  if (value.empty()) {
    throw Error::from_status(400, doing, "request body", "the body lacks " + std::string(key));
  }
  return value;
}

std::string operation_text(const std::string& id, std::int64_t create_date, int step,
                           std::int64_t now_ms) {
  text::JsonWriter json;
  json.begin_object();
  json.member("id", id);
  json.member("object", "operation");
  json.member("kind", "nexus.annotations.export");
  json.begin_object("status");
  json.member("overview", kSteps[static_cast<std::size_t>(step)]);
  json.member("message", std::string("Operation ") + (step == 0   ? "queued"
                                                      : step == 1 ? "running"
                                                                  : "finished"));
  json.begin_object("progress");
  json.member("unit", "whole operation");
  json.begin_object("withStatus");
  for (int i = 0; i <= kLastStep; ++i) {
    json.member(kSteps[static_cast<std::size_t>(i)], i == step ? 1 : 0);
  }
  json.member("Cancelled", 0);
  json.member("Errored", 0);
  json.end_object();
  json.end_object();
  json.end_object();
  json.member("createDate", create_date);
  json.member("updateDate", now_ms);
  json.end_object();
  return json.take();
}

}  // namespace

std::string ExportJobs::new_id(std::string_view prefix) {
  std::string id(prefix);
  text::append_hex(id, mixed(seed_++), 16);
  text::append_hex(id, mixed(seed_++), 16);
  return id;
}

std::string ExportJobs::start_model(const std::string& project, const std::string& artifact,
                                    std::string_view body, std::int64_t now_ms) {
  const std::string doing = "exporting a model";
  const JsonMembers members = read_body(body, doing);
  Job job{ObjectKind::models,
          project,
          artifact,
          required(members, "format", doing),
          members.scalar("quantization"),
          now_ms,
          0,
          {}};
  if (job.quantization.empty()) job.quantization = "float32";
  std::string id = new_id("model_");
  publish(id, jobs_.emplace(id, std::move(job)).first->second, now_ms);
  active_ = jobs_.size();
  return id;
}

std::string ExportJobs::start_annotation_export(const std::string& project, std::string_view body,
                                                std::int64_t now_ms) {
  const std::string doing = "exporting annotations";
  const JsonMembers members = read_body(body, doing);
  required(members, "format", doing);
  const std::string digits = new_id("");
  std::string id = "op_" + digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" +
                   digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" + digits.substr(20);
  requests_[id] = body;
  Job job{ObjectKind::operations, project, {}, {}, {}, now_ms, 0, {}};
  publish(id, jobs_.emplace(id, std::move(job)).first->second, now_ms);
  active_ = jobs_.size();
  return id;
}

std::string ExportJobs::request_of(const std::string& id) const {
  const auto found = requests_.find(id);
  return found == requests_.end() ? "" : found->second;
}

void ExportJobs::publish(const std::string& id, Job& job, std::int64_t now_ms) {
  std::string text;
  if (job.kind == ObjectKind::operations) {
    text = operation_text(id, job.create_date, job.step, now_ms);
  } else {
    text::JsonWriter json;
    json.begin_object();
    json.member("id", id);
    json.member("object", "model");
    json.member("artifactId", job.parent);
    json.member("status", kSteps[static_cast<std::size_t>(job.step)]);
    json.member("format", job.format);
    json.member("quantization", job.quantization);
    json.member("createDate", job.create_date);
    json.end_object();
    text = json.take();
  }
  Record record = make_record(job.kind, catalog_.dialect(), job.project, id, text);
  job.text = record.text;
  catalog_.projects()[job.project].list(job.kind).put(std::move(record));
}

bool ExportJobs::is_untouched(const std::string& id, const Job& job) {
  const RecordList& list = catalog_.projects()[job.project].list(job.kind);
  const std::optional<std::size_t> position = list.find(id);
  Record scratch;
  return position && list.at(*position, scratch).text == job.text;
}

void ExportJobs::step(const std::string& id, Job& job, std::int64_t now_ms) {
  if (!is_untouched(id, job)) {
    job.step = kLastStep;
    return;
  }
  ++job.step;
  publish(id, job, now_ms);
}

void ExportJobs::remove_ended() {
  std::erase_if(jobs_, [](const auto& entry) { return entry.second.step >= kLastStep; });
  active_ = jobs_.size();
}

void ExportJobs::advance(std::string_view id, std::int64_t now_ms) {
  for (auto& [job_id, job] : jobs_) {
    if (job_id == id || (job.kind == ObjectKind::models && job.parent == id)) {
      step(job_id, job, now_ms);
    }
  }
  remove_ended();
}

void ExportJobs::advance_models(std::string_view project, std::int64_t now_ms) {
  for (auto& [job_id, job] : jobs_) {
    if (job.kind == ObjectKind::models && job.project == project) step(job_id, job, now_ms);
  }
  remove_ended();
}

}  // namespace nexus_mirror::emulator
