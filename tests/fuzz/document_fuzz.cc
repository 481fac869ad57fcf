// Answers of the API that are more than rows of one table: run logs, matrices of runs, artifacts
// with their models, statistics of groups, exports.
//
// Input: a byte for which, then the answer's body.
#include <array>

#include "fuzz/stored_rows.h"
#include "fuzz/target.h"
#include "nexus/decoder.h"
#include "nexus/document.h"
#include "nexus/export_answers.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::fuzz {
namespace {

using nexus::Decoder;
using nexus::Document;
using objects::RowBatch;
using Unreadable = std::vector<nexus::UnreadableRow>;

const nexus::Context kContext{"proj", nullptr};

void run_log(const Document& document) {
  RowBatch rows(objects::run_logs);
  Unreadable unreadable;
  nexus::decode_run_log(document, kContext, "run", "log", rows, unreadable);
  require_storable(rows);
}

void run_matrix(const Document& document) {
  RowBatch rows(objects::run_matrices);
  Unreadable unreadable;
  nexus::decode_run_matrix(document, kContext, "run", rows, unreadable);
  require(rows.size() + unreadable.size() == 1, "a matrix is a row or is reported");
  require_storable(rows);
}

void models(const Document& document) {
  RowBatch rows(objects::models);
  Unreadable unreadable;
  nexus::decode_models(document, kContext, "artifact", rows, unreadable);
  require_storable(rows);
}

void artifacts(const Document& document) {
  RowBatch rows(objects::artifacts), inside(objects::models);
  Unreadable unreadable;
  Decoder::of(objects::artifacts).decode_list(document, kContext, rows, unreadable);
  for (const auto& named : nexus::decode_exports(document, kContext, inside, unreadable)) {
    nexus::keep_named_formats(rows, named, inside, 0);
  }
  require_storable(rows);
  require_storable(inside);
  static const std::size_t options = objects::artifacts.at("export_options");
  for (std::size_t i = 0; i < rows.size(); ++i) nexus::export_options(rows.row(i)[options].text());
}

void groups(const Document& document) {
  RowBatch project(objects::projects);
  Unreadable unreadable;
  const Document row = Document::parse(
      R"({"id":"proj","groups":["a","b"],"statistic":{"tagsCount":[{"name":"t","count":1}]}})", "",
      "");
  require(Decoder::of(objects::projects).decode_object(row, {}, project, unreadable), "a project");
  nexus::merge_groups(document, project, unreadable);
  require_storable(project);
}

void answers(const Document& document) {
  document.text_at("message");
  nexus::annotation_export(document);
}

constexpr std::array kReaders = {run_log, run_matrix, models, artifacts, groups, answers};

void run(std::string_view input) {
  const auto read = kReaders[take_byte(input) % kReaders.size()];
  nexus::export_options(input);
  try {
    read(Document::parse(std::string(input), "reading", "/fuzz"));
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_response, "a bad answer is said to be one");
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  const auto add = [&all](std::size_t reader, const std::string& body) {
    all.push_back(static_cast<char>(reader) + body);
  };
  add(0, source_lines("tests/corpus/runlogs.ndjson", 1).front());
  add(0, R"({"id":"l","logs":[{"ev":"trainingCheckpoint","t":1700000000000,"pl":{"loss":0.5}},)"
         R"(7,null,{"ev":1,"t":"x"},{"event":[]}]})");
  add(1, R"({"data":"{\"classes\":[\"a\"],\"m\":[[1,0],[0,1]]}"})");
  add(1, R"({"data":"\ud800 no json"})");
  const auto models = source_lines("tests/corpus/models.ndjson", 2);
  add(2, "[" + models.front() + "," + models.back() + "]");
  const std::string artifact = source_lines("tests/corpus/artifacts.ndjson", 1).front();
  add(3, "[" + artifact + "]");
  add(3, R"([{"id":"a","exports":["ONNX","tflite",{"id":"m","format":"ONNX"}],"exportOptions":)"
         R"([{"format":"ONNX","optimizations":{"quantization":["float16"]}}]}])");
  add(4, R"([{"group":"a","statistic":{"totalAssets":1,"annotatedAssets":2}},{"group":"c"},3])");
  add(4, R"({"data":[{"name":"b","total_assets":9}]})");
  add(5, R"({"status":"Finished","download":{"url":"https://h/a.zip?X-Goog-Signature=1"}})");
  add(5, R"({"code":"ForbiddenError","message":"no access"})");
  return all;
}

const Registration kDocument({"document", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
