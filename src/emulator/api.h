// The endpoints of the Nexus API.
#pragma once

#include <cstddef>
#include <optional>
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
  // `max_page` rows at most stand on a page. All references outlive it.
  Api(Catalog& catalog, ExportJobs& jobs, const ArchivePlan& archives, LinkSigner& signer,
      std::size_t max_page);

  // Never throws for what a client can send: that becomes a 4xx. With `repeat_cursor` a page says
  // that the next one is itself.
  Reply answer(const ApiRequest& request, bool repeat_cursor = false);

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
  void append_artifacts(Call& call, std::string& out);
  Reply artifacts(Call& call);
  Reply workspace_artifacts(Call& call);
  static Reply empty_list();
  Reply empty_page(Call& call);
  Reply nothing_there(Call& call);
  Reply custom_metadatas(Call& call);
  Reply instances(Call& call);
  Reply artifact(Call& call);
  Reply models(Call& call);
  Reply start_model(Call& call);
  Reply start_annotation_export(Call& call);
  Reply annotation_export(Call& call);
  Reply operation(Call& call);

  static std::optional<std::vector<std::size_t>> named_sequences(const Call& call);
  Reply record_reply(Call& call, ObjectKind kind, std::string_view key);

  Catalog& catalog_;
  ExportJobs& jobs_;
  const ArchivePlan& archives_;
  LinkSigner& signer_;
  const std::size_t max_page_;
};

}  // namespace nexus_mirror::emulator
