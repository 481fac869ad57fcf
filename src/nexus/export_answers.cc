#include "nexus/export_answers.h"

#include <simdjson.h>

#include "nexus/json_text.h"
#include "objects/enumerations.h"

namespace nexus_mirror::nexus {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

}  // namespace

AnnotationExport annotation_export(const Document& answer) {
  const auto object = answer.object();
  AnnotationExport told;
  std::string_view status, url;
  if (object["status"].get(status) == SUCCESS) {
    told.status = canonical(objects::kJobStates, status);
  }
  if (object["download"]["url"].get(url) == SUCCESS) told.link = url;
  return told;
}

std::vector<ExportOption> export_options(std::string_view json) {
  std::vector<ExportOption> options;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (json.empty()) return options;  // the parser would copy from where nothing is
  if (parser.parse(json.data(), json.size()).get(list) != SUCCESS) return options;
  for (const element item : list) {
    std::string_view format;
    if (item["format"].get(format) != SUCCESS) continue;
    ExportOption option{std::string(format), {}};
    simdjson::dom::array quantizations;
    if (item["optimizations"]["quantization"].get(quantizations) == SUCCESS) {
      for (const element value : quantizations) {
        std::string_view name;
        if (value.get(name) == SUCCESS) option.quantizations.emplace_back(name);
      }
    }
    options.push_back(std::move(option));
  }
  return options;
}

bool same_format(std::string_view one, std::string_view other) {
  const std::string_view spellings[] = {one};
  return canonical(spellings, other) == one;
}

}  // namespace nexus_mirror::nexus
