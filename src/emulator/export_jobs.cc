#include "emulator/export_jobs.h"

#include <array>
#include <utility>

#include "emulator/json_members.h"
#include "emulator/synthetic_records.h"
#include "nexus_mirror/error.h"

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
  std::string text = R"({"id":")" + id + R"(","object":"operation",)" +
                     R"("kind":"nexus.annotations.export","status":{"overview":")";
  text.append(kSteps[static_cast<std::size_t>(step)]).append(R"(","message":"Operation )");
  text.append(step == 0 ? "queued" : step == 1 ? "running" : "finished");
  text.append(R"(","progress":{"unit":"whole operation","withStatus":{)");
  for (int i = 0; i <= kLastStep; ++i) {
    text.append("\"").append(kSteps[static_cast<std::size_t>(i)]);
    text.append(i == step ? "\":1," : "\":0,");
  }
  text.append(R"("Cancelled":0,"Errored":0}}},"createDate":)").append(std::to_string(create_date));
  text.append(R"(,"updateDate":)").append(std::to_string(now_ms)).append("}");
  return text;
}

}  // namespace

std::string ExportJobs::new_id(std::string_view prefix) {
  std::string id(prefix);
  append_hex(mixed(seed_++), 16, id);
  append_hex(mixed(seed_++), 16, id);
  return id;
}

std::string ExportJobs::start_model(const std::string& project, const std::string& artifact,
                                    std::string_view body, std::int64_t now_ms) {
  const std::string doing = "exporting a model";
  const JsonMembers members = read_body(body, doing);
  Job job{Kind::models,
          project,
          artifact,
          required(members, "format", doing),
          members.scalar("quantization"),
          now_ms,
          0,
          {}};
  if (job.quantization.empty()) job.quantization = "float32";
  const std::string id = new_id("model_");
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
  const std::string id = "op_" + digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" +
                         digits.substr(12, 4) + "-" + digits.substr(16, 4) + "-" +
                         digits.substr(20);
  requests_[id] = body;
  Job job{Kind::operations, project, {}, {}, {}, now_ms, 0, {}};
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
  if (job.kind == Kind::operations) {
    text = operation_text(id, job.create_date, job.step, now_ms);
  } else {
    text = R"({"id":")" + id + R"(","object":"model","artifactId":)";
    append_quoted(job.parent, text);
    text.append(R"(,"status":")").append(kSteps[static_cast<std::size_t>(job.step)]);
    text.append(R"(","format":)");
    append_quoted(job.format, text);
    text.append(R"(,"quantization":)");
    append_quoted(job.quantization, text);
    text.append(R"(,"createDate":)").append(std::to_string(job.create_date)).append("}");
  }
  Record record = make_record(job.kind, catalog_.dialect(), id, text);
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
    if (job_id == id || (job.kind == Kind::models && job.parent == id)) step(job_id, job, now_ms);
  }
  remove_ended();
}

void ExportJobs::advance_models(std::string_view project, std::int64_t now_ms) {
  for (auto& [job_id, job] : jobs_) {
    if (job.kind == Kind::models && job.project == project) step(job_id, job, now_ms);
  }
  remove_ended();
}

}  // namespace nexus_mirror::emulator
