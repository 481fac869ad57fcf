// /_emulator/: changes the data, plans faults and tells what was asked. README.md in this folder
// describes it for those who call it.
#pragma once

#include <string>
#include <utility>

#include "emulator/archive_plan.h"
#include "emulator/catalog.h"
#include "emulator/exchange.h"
#include "emulator/fault_plan.h"
#include "emulator/request_journal.h"

namespace nexus_mirror::emulator {

// Any thread may call any method.
class Control {
 public:
  // `storage_url` is what signed links begin with.
  Control(Catalog& catalog, FaultPlan& faults, RequestJournal& journal, ArchivePlan& archives,
          std::string storage_url)
      : catalog_(catalog),
        faults_(faults),
        journal_(journal),
        archives_(archives),
        storage_url_(std::move(storage_url)) {}

  static bool is_for_control(const ApiRequest& request) {
    return !request.segments.empty() && request.segments[0] == "_emulator";
  }

  // Wrong requests get a 4xx; throws nothing for them.
  Reply answer(const ApiRequest& request);

 private:
  Reply requests(const ApiRequest& request);
  Reply faults(const ApiRequest& request);
  Reply archives(const ApiRequest& request);
  Reply storage(const ApiRequest& request) const;
  Reply object(const ApiRequest& request);

  Catalog& catalog_;
  FaultPlan& faults_;
  RequestJournal& journal_;
  ArchivePlan& archives_;
  const std::string storage_url_;
};

}  // namespace nexus_mirror::emulator
