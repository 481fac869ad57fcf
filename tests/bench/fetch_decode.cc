// The least that a sync without changes has to do: all pages of a project, fetched and decoded by
// the program's own layers, and thrown away. What a sync takes beyond it is the comparison's.
//
//   nexus-bench-fetch ADDRESS PROJECT [PAGE_SIZE]      prints how many rows there were
//
// One page is on its way while one is decoded, as in a sync; CPU is what counts here.
#include <cstdio>
#include <cstdlib>
#include <future>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "nexus/decoder.h"
#include "nexus_mirror/transport.h"
#include "objects/row_batch.h"

namespace nexus_mirror {
namespace {

std::size_t fetch_all(const nexus::Client& client, const nexus::Endpoint& endpoint,
                      const std::string& project, std::int64_t page_size) {
  const nexus::Decoder& decoder = nexus::Decoder::of(*endpoint.table);
  const auto ask = [&](const std::string& cursor) {
    return std::async(std::launch::async, [&client, &endpoint, &project, page_size, cursor] {
      nexus::ListQuery query;
      query.limit = page_size;
      query.cursor = cursor;
      return client.list(endpoint, project, query, std::stop_token());
    });
  };
  std::size_t rows = 0;
  std::future<nexus::Document> coming = ask("");
  for (bool last = false; !last;) {
    const nexus::Document page = coming.get();
    const std::string next = page.next_page().value_or("");
    last = next.empty();
    if (!last) coming = ask(next);
    objects::RowBatch batch(*endpoint.table);
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::Context context;
    context.project_id = project;
    decoder.decode_list(page, context, batch, unreadable);
    rows += batch.size();
  }
  return rows;
}

}  // namespace
}  // namespace nexus_mirror

int main(int argc, char** argv) {
  using namespace nexus_mirror;
  if (argc < 3) return 2;
  TransportOptions options;
  options.endpoint = argv[1];
  options.secret_key = std::string(64, 'b');
  const auto transport = make_http_transport(std::move(options));
  const nexus::Client client(*transport);
  const std::int64_t page_size = argc > 3 ? std::atoll(argv[3]) : 1000;
  std::size_t rows = 0;
  for (const objects::Table* table : {&objects::assets, &objects::annotations}) {
    rows += fetch_all(client, nexus::endpoint_of(*table), argv[2], page_size);
  }
  std::printf("%zu\n", rows);
}
