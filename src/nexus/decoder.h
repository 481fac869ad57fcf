// From the server's objects, in either dialect, to rows. Made from the field lists in objects/.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nexus/document.h"
#include "objects/row_batch.h"

namespace nexus_mirror::nexus {

// Where a row was listed.
struct Context {
  // Becomes the row's project_id, whatever it says (which stays in `extra` as `project`). Empty: it
  // is known from the row alone.
  std::string project_id;
  // Projects of this mirror: a row listed under project_id that claims to belong to another one
  // of them is not taken in. May be null.
  const std::set<std::string, std::less<>>* projects = nullptr;
};

// Decodes the rows of one table. Constant after construction: any thread may call decode().
class Decoder {
 public:
  explicit Decoder(const objects::Table& table);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // The decoder of `table`, made at first use; lives as long as the program. Any thread.
  static const Decoder& of(const objects::Table& table);

  // Appends `value` to `rows` and returns true; or explains in `unreadable` why it cannot (no id,
  // a value of another type than documented) and returns false.
  bool decode(const simdjson::dom::element& value, const Context& context, objects::RowBatch& rows,
              std::vector<UnreadableRow>& unreadable) const;

  // The answer's root object. Throws Error(bad_response) when there is none.
  bool decode_object(const Document& document, const Context& context, objects::RowBatch& rows,
                     std::vector<UnreadableRow>& unreadable) const;

  // All rows of a list or page.
  void decode_list(const Document& document, const Context& context, objects::RowBatch& rows,
                   std::vector<UnreadableRow>& unreadable) const;

  // Adds what a list of its own says of the items of child list `list` to the last row of `rows`:
  // items are told apart by name, new ones go to the end, sorted. What cannot be read goes to
  // `unreadable`, without an id. Throws Error(bad_response) when there is no list.
  void merge_list(const Document& document, std::size_t list, objects::RowBatch& rows,
                  std::vector<UnreadableRow>& unreadable) const;

 private:
  struct Node;
  class Walk;

  void add_path(std::string_view path, int field, int rank);
  void find_columns_that_go_together();

  const objects::Table& table_;
  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Node>> items_;  // per child list, of its items
  std::vector<std::size_t> names_;            // per child list, the item column that tells apart
  std::vector<std::size_t> key_;              // key columns that every row must have
  std::optional<std::size_t> project_;        // column project_id
  struct Bound {
    std::size_t column, type, low[2], high[2];  // of the extent: x, y
  };
  std::optional<Bound> bound_;
  struct LinkColumns {
    std::size_t url, expiry;
  };
  std::vector<LinkColumns> links_;  // columns that go together
};

// An artifact whose `exports` only names formats: its models are to be asked for.
struct NamedExports {
  std::string artifact_id;
  std::vector<std::string> formats;
};

// Appends the models inside a list of artifacts; returns those artifacts that only name theirs.
std::vector<NamedExports> decode_exports(const Document& artifacts, const Context& context,
                                         objects::RowBatch& models,
                                         std::vector<UnreadableRow>& unreadable);

// Keeps, in `extra` of the artifact's row, the format names that no model from `first_model` on
// has, so that nothing that the server said is lost.
void keep_named_formats(objects::RowBatch& artifacts, const NamedExports& named,
                        const objects::RowBatch& models, std::size_t first_model);

// Entries of the log in `document` (RunLogs), as rows of run_logs. One that has another form than
// an event's stands in `pl` as a whole.
void decode_run_log(const Document& document, const Context& context, const std::string& run_id,
                    const std::string& log_id, objects::RowBatch& rows,
                    std::vector<UnreadableRow>& unreadable);

// The confusion matrix of a run in `document`, {"data":"<JSON as text>"}, as its row of
// run_matrices: the text as it came, which is JSON; what is none is the JSON string of it.
void decode_run_matrix(const Document& document, const Context& context, const std::string& run_id,
                       objects::RowBatch& rows, std::vector<UnreadableRow>& unreadable);

// Models of one artifact, as its own `exports` list answers them.
void decode_models(const Document& document, const Context& context, const std::string& artifact_id,
                   objects::RowBatch& models, std::vector<UnreadableRow>& unreadable);

// Group statistics (a list of AssetGroup) into child list `groups` of the only row of `project`;
// the order of the project's own list stays. Items that cannot be read go to `unreadable`, without
// an id. Throws Error(bad_response) when there is no list.
void merge_groups(const Document& groups, objects::RowBatch& project,
                  std::vector<UnreadableRow>& unreadable);

}  // namespace nexus_mirror::nexus
