#include "nexus/export_answers.h"

#include <simdjson.h>

#include "nexus/json_text.h"

namespace nexus_mirror::nexus {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;

}  // namespace

std::string download_link(const Document& annotation_export) {
  std::string_view url;
  if (annotation_export.object()["download"]["url"].get(url) != SUCCESS) return {};
  return std::string(url);
}

std::vector<ExportOption> export_options(std::string_view json) {
  std::vector<ExportOption> options;
  simdjson::dom::parser parser;
  simdjson::dom::array list;
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
