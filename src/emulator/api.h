// The endpoints of the Nexus API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/archive_plan.h"
#include "emulator/catalog.h"
#include "emulator/exchange.h"
#include "emulator/export_jobs.h"
#include "emulator/record_writer.h"
#include "emulator/signed_link.h"

namespace nexus_mirror::emulator {

// Any thread may call answer().
class Api {
 public:
  // `max_page` rows at most stand on a page; `seed` makes the signatures and new ids. Links to
  // archives begin with `origin` ("http://127.0.0.1:8080").
  Api(Catalog& catalog, const ArchivePlan& archives, std::size_t max_page, std::uint64_t seed,
      std::string origin);

  // Never throws for what a client can send: that becomes a 4xx. With `repeat_cursor` a page says
  // that the next one is itself.
  Reply answer(const ApiRequest& request, bool repeat_cursor = false);

  // Whether the request follows a signed link, to which no key belongs.
  static bool is_download(const ApiRequest& request) {
    return !request.segments.empty() && request.segments[0] == "_download";
  }
  // The archive of a finished annotation export; 403 without a signature, 404 when there is none.
  Reply download(const ApiRequest& request);

 private:
  struct Call {
    const ApiRequest& request;
    ProjectRecords* project;
    RecordWriter writer;
    bool repeat_cursor;
  };
  using Handler = Reply (Api::*)(Call&);
  struct Route;
  static const std::vector<Route>& routes();

  Reply route(Call& call);
  Reply call_project(Call& call);

  Reply list_projects(Call& call);
  Reply project(Call& call);
  template <ObjectKind kind>
  Reply list_all(Call& call);
  template <ObjectKind kind>
  Reply page(Call& call);
  template <ObjectKind kind>
  Reply one(Call& call);
  Reply asset(Call& call);
  Reply asset_groups(Call& call);
  Reply run_log(Call& call);
  Reply confusion_matrix(Call& call);
  Reply artifacts(Call& call);
  Reply artifact(Call& call);
  Reply models(Call& call);
  Reply start_model(Call& call);
  Reply start_annotation_export(Call& call);
  Reply annotation_export(Call& call);
  Reply operation(Call& call);

  Reply record_reply(Call& call, ObjectKind kind, std::string_view key);

  std::string archive_of(const ProjectRecords& project, const std::string& id) const;

  Catalog& catalog_;
  const ArchivePlan& archives_;
  const std::size_t max_page_;
  const std::string origin_;
  LinkSigner signer_;
  ExportJobs jobs_;
};

}  // namespace nexus_mirror::emulator
