#include "emulator/synthetic.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "emulator/synthetic_records.h"
#include "nexus_mirror/error.h"
#include "text/hex.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::int64_t kFirstDate = 1704000000000;  // before any asset's, in milliseconds

[[noreturn]] void refuse(const std::string& part, const std::string& reason) {
  throw Error(ErrorCode::usage, "reading", "--synthetic", "\"" + part + "\": " + reason,
              "write --synthetic assets=N,annotations=N,seed=N,projects=N");
}

std::uint64_t number(const std::string& part, std::string_view text, std::uint64_t largest) {
  const auto value = text::parse_number<std::uint64_t>(text);
  if (!value || *value > largest) {
    refuse(part, "not a number from 0 to " + std::to_string(largest));
  }
  return *value;
}

std::string hex_id(std::string_view prefix, std::uint64_t value) {
  std::string id(prefix);
  text::append_hex(id, mixed(value), 16);
  text::append_hex(id, mixed(value + 1), 16);
  return id;
}

std::string project_text(const SyntheticPlan& plan, const std::string& name,
                         const std::string& workspace_id) {
  std::array<std::uint32_t, kSyntheticTags.size()> counts{};
  for (std::uint32_t i = 0; i < plan.annotations(); ++i) ++counts[plan.tag_of(i)];
  std::string tags, tag_counts;
  for (std::size_t tag = 0; tag < counts.size(); ++tag) {
    const char* const separator = tag == 0 ? "" : ",";
    tags.append(separator).append("\"").append(kSyntheticTags[tag]).append("\"");
    tag_counts.append(separator).append(R"({"name":")").append(kSyntheticTags[tag]);
    tag_counts.append(R"(","count":)").append(std::to_string(counts[tag])).append("}");
  }
  return R"({"id":")" + plan.project_id() + R"(","object":"project","name":")" + name +
         R"(","workspaceId":")" + workspace_id + R"(","type":"ObjectDetection","createDate":)" +
         std::to_string(kFirstDate) + R"(,"localization":"MULTI","tags":[)" + tags +
         R"(],"groups":["main","train","val"],"statistic":{"tagsCount":[)" + tag_counts +
         R"(],"totalAssets":)" + std::to_string(plan.assets()) + R"(,"annotatedAssets":)" +
         std::to_string(plan.annotated_assets()) + R"(,"totalAnnotations":)" +
         std::to_string(plan.annotations()) + "}}";
}

void add_project(const std::shared_ptr<const SyntheticPlan>& plan, const std::string& name,
                 Catalog& catalog) {
  const std::string& id = plan->project_id();
  catalog.put(Kind::projects, id, project_text(*plan, name, catalog.workspace_id()));
  for (std::size_t tag = 0; tag < kSyntheticTags.size(); ++tag) {
    std::string color = "#";
    text::append_hex(color, mixed(tag), 6);
    const std::string index = std::to_string(tag);
    catalog.put(Kind::tags, id + ":" + index,
                R"({"index":)" + index + R"(,"name":")" + std::string(kSyntheticTags[tag]) +
                    R"(","color":")" + color + R"(","description":null})");
  }
  Project& project = catalog.projects()[id];
  project.list(Kind::assets) = RecordList(synthetic_assets(plan, catalog.dialect()));
  project.list(Kind::annotations) = RecordList(synthetic_annotations(plan, catalog.dialect()));
}

}  // namespace

SyntheticOptions parse_synthetic(const std::string& text) {
  constexpr std::uint64_t kMostRows = 1000000000;
  SyntheticOptions options;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) refuse(part, "not NAME=NUMBER");
    const std::string name = part.substr(0, equals);
    const std::string_view value = std::string_view(part).substr(equals + 1);
    if (name == "assets") {
      options.assets = static_cast<std::uint32_t>(number(part, value, kMostRows));
    } else if (name == "annotations") {
      options.annotations = static_cast<std::uint32_t>(number(part, value, kMostRows));
    } else if (name == "seed") {
      options.seed = number(part, value, UINT64_MAX);
    } else if (name == "projects") {
      options.projects = static_cast<std::uint32_t>(number(part, value, 100000));
    } else {
      refuse(part, "unknown name");
    }
  }
  if (options.projects == 0) refuse(text, "there must be a project");
  if (options.annotations > 0 && options.assets < options.projects) {
    refuse(text, "annotations need at least one asset in each project");
  }
  return options;
}

void add_synthetic(const SyntheticOptions& options, Catalog& catalog) {
  const std::uint64_t seed = mixed(options.seed);
  if (!catalog.workspace()) {
    const std::string id = hex_id("ws_", seed);
    catalog.put(Kind::workspace, id,
                R"({"id":")" + id + R"(","object":"workspace","name":"Synthetic workspace",)" +
                    R"("owner":"user_000000000000000000000001","tier":"Developer","createDate":)" +
                    std::to_string(kFirstDate) + "}");
  }
  for (std::uint32_t i = 0; i < options.projects; ++i) {
    const auto share = [&](std::uint32_t total) {
      return total / options.projects + (i < total % options.projects ? 1 : 0);
    };
    const auto plan =
        std::make_shared<const SyntheticPlan>(mixed(seed + i), hex_id("proj_", mixed(seed + i)),
                                              share(options.assets), share(options.annotations));
    const std::string name =
        options.projects == 1 ? "synthetic" : "synthetic-" + std::to_string(i + 1);
    add_project(plan, name, catalog);
  }
}

}  // namespace nexus_mirror::emulator
