// The Nexus API's endpoints (NEXUS_API.md) over a Transport: paths, statuses, documents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "nexus/document.h"
#include "nexus/listing_page.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "objects/table.h"

namespace nexus_mirror::nexus {

// How rows of one table are listed and asked for below /projects/{p}.
struct Endpoint {
  const objects::Table* table;
  std::string_view path;  // below the project, e.g. "/assets"
  bool paged = false;
  bool by_id = false;           // path/{id} answers one object, 404 when it is gone
  std::string_view query = {};  // always sent, e.g. "includeExports=true"
  bool has_logs = false;        // its rows name logs, which are read one by one
  bool has_models = false;      // its rows hold models, or name them
  bool essential = false;       // without it a project is none: a refusal is a failure
  bool classes = false;         // it says which number a class of annotations has
  // A quick pass lists only the rows that belong to changed rows of this table, after that one.
  const objects::Table* quick_by = nullptr;
};

// The listings of a project, small ones first, assets before annotations.
std::span<const Endpoint> project_endpoints();
const Endpoint& endpoint_of(const objects::Table& table);

// Whether an answer says that this key gets no such kind at all: its plan or its role has none
// (402, 403), or this server knows none (404, 405).
bool is_not_given(const Error& error);

// What narrows a listing.
struct ListQuery {
  std::int64_t limit = 1000;           // rows a page
  std::string cursor;                  // empty = first page
  std::vector<std::string> asset_ids;  // only annotations of these assets
  std::string etag = {};               // of page(): that of the answer before; empty = ask anew
};

// What an annotation export is asked for with.
struct AnnotationExportOptions {
  double split_ratio = 0;  // 0..1, share that goes to the validation set
  std::int64_t seed = 1337;
  bool normalized = true;  // of formats that know both: 0..1 rather than pixels
};

// Any thread may call any method; each blocks until the answer is there. All throw Error:
// key_refused (401), http_status (any other status that is no success; 404 included),
// bad_response (no JSON), and what Transport::send throws.
class Client {
 public:
  // Does not own `transport`, which must outlive the client.
  explicit Client(Transport& transport) : transport_(transport) {}

  Document workspace(const std::stop_token& stop) const;
  Document projects(const std::stop_token& stop) const;
  Document project(std::string_view project_id, const std::stop_token& stop) const;
  Document asset_groups(std::string_view project_id, const std::stop_token& stop) const;

  Document list(const Endpoint& endpoint, std::string_view project_id, const ListQuery& query,
                const std::stop_token& stop) const;
  // The same, not parsed yet: it throws bad_response when it is. Of one that is as `query.etag` has
  // it the answer does not come (ListingPage::unchanged).
  ListingPage page(const Endpoint& endpoint, std::string_view project_id, const ListQuery& query,
                   const std::stop_token& stop) const;

  // nullopt = the server says that there is no such object (404).
  std::optional<Document> find(const Endpoint& endpoint, std::string_view project_id,
                               std::string_view id, const std::stop_token& stop) const;
  std::optional<Document> find_project(std::string_view project_id,
                                       const std::stop_token& stop) const;
  std::optional<Document> run_log(std::string_view project_id, std::string_view log_id,
                                  const std::stop_token& stop) const;
  std::optional<Document> run_matrix(std::string_view project_id, std::string_view run_id,
                                     const std::stop_token& stop) const;
  std::optional<Document> artifact_exports(std::string_view project_id,
                                           std::string_view artifact_id,
                                           const std::stop_token& stop) const;
  std::optional<Document> operation(std::string_view project_id, std::string_view operation_id,
                                    const std::stop_token& stop) const;

  // These two start a job on the server, and what they answer is the new job: an Operation, a
  // queued ArtifactModel. A `timeout` leaves open whether it was started. An empty `quantization`
  // leaves the choice to the server.
  Document start_annotation_export(std::string_view project_id, std::string_view format,
                                   const AnnotationExportOptions& options,
                                   const std::stop_token& stop) const;
  Document start_model_export(std::string_view project_id, std::string_view artifact_id,
                              std::string_view format, std::string_view quantization,
                              const std::stop_token& stop) const;

  // State of an annotation export and, once it is finished, its download.
  Document annotation_export(std::string_view project_id, std::string_view operation_id,
                             const std::stop_token& stop) const;

 private:
  // `unchanged`: 304 is an answer, too.
  HttpResponse send(const HttpRequest& request, const std::string& doing,
                    const std::stop_token& stop, bool unchanged = false) const;
  Document ask(const HttpRequest& request, const std::string& doing,
               const std::stop_token& stop) const;
  Document get(const std::string& target, const std::string& doing,
               const std::stop_token& stop) const;
  std::optional<Document> get_or_nothing(const std::string& target, const std::string& doing,
                                         const std::stop_token& stop) const;

  Transport& transport_;
};

}  // namespace nexus_mirror::nexus
