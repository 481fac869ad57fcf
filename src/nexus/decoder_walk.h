// One object being decoded: the inside of Decoder.
#pragma once

#include <simdjson.h>

#include "nexus/decoder.h"
#include "nexus/json_text.h"

namespace nexus_mirror::nexus {

// What the keys of one JSON object mean. A table's decoder is a tree of these, made from the paths
// of its fields: `metadata.fileSize` is entry `fileSize` inside entry `metadata` of the root. A row
// is one walk over what was sent, key by key; what stands on no path is unknown and goes to `extra`
// under the keys that lead to it.
//
// Each spelling of a field is an entry of its own; `rank` is its place among the field's paths.
// snake_case is a second name of the same entry.
//
// Keys are not hashed: an object has about a dozen, and servers send them in an order that is about
// the field list's. So each search begins behind the last hit (`hint`), and mostly ends there.
struct Decoder::Node {
  struct Entry {
    std::string key;     // camelCase
    std::string snake;   // snake_case, empty when the same
    int field = -1;      // column of the row (or of the item)
    int rank = 0;        // 0 = the preferred spelling
    int list = -1;       // child list whose items stand here
    bool merge = false;  // they add to items of the same name
    bool ignored = false;
    std::unique_ptr<Node> inside;
  };
  std::vector<Entry> entries;

  Entry& entry(std::string_view key);
  // The entry of `key`, looked for from `hint` on and then from the beginning; nullptr = unknown.
  const Entry* find(std::string_view key, std::size_t& hint) const;
};

// Thrown inside the decoder only: why a row cannot be read.
struct RowError {
  std::string reason;
};

// Of two spellings of one attribute the preferred one is stored, whichever stands first: what has
// the best rank is taken as it comes, all else waits until the object has been read.
class Decoder::Walk {
 public:
  // A row: the last one of `rows`.
  Walk(const Decoder& decoder, objects::RowBatch& rows)
      : decoder_(decoder), rows_(rows), ranks_(rows.columns(), -1) {}
  // An item of child list `list`, into `cells`.
  Walk(const Decoder& decoder, objects::RowBatch& rows, std::size_t list, objects::Cell* cells)
      : decoder_(decoder),
        rows_(rows),
        child_(&decoder.table_.children[list]),
        item_(cells),
        ranks_(rows.children(list).columns, -1) {}

  void object(const Node& node, const simdjson::dom::object& object, bool keep_unknown);
  void finish_row(const Context& context);
  void finish_item();

  // Adds `value` to child list `list` of the last row, or to the item there that has its name.
  // Returns why it cannot be: the list is as it was then.
  std::optional<std::string> add_item(std::size_t list, const simdjson::dom::element& value);
  // Gives the items of the last row from number `from` of that list on an order of their own.
  void sort_items(std::size_t list, std::size_t from);
  std::size_t item_count(std::size_t list) const;

 private:
  // A value that waits.
  struct Waiting {
    const Node::Entry* entry;
    int rank;
    bool keep;  // nothing else holds it
    std::vector<std::string_view> path;
    std::string_view key;
    simdjson::dom::element value;
  };

  void take(const Node::Entry& entry, int rank, bool keep, std::string_view key,
            const simdjson::dom::element& value);
  void take_waiting();
  void take_lists();
  void take_items(const Waiting& said);
  bool says(const Waiting& said, std::size_t column);
  objects::Cell& stored(std::size_t column);
  const objects::Field& field(std::size_t column) const;
  objects::Cell cell(const objects::Field& field, const simdjson::dom::element& value);
  objects::Cell text_cell(const objects::Field& field, const simdjson::dom::element& value);
  objects::Cell* named_item(std::size_t list, std::string_view name);
  void decode_bound(const Bound& columns);
  void check_project(objects::Cell& project, const Context& context);

  const Decoder& decoder_;
  objects::RowBatch& rows_;
  const objects::ChildList* child_ = nullptr;  // of an item, with its cells
  objects::Cell* item_ = nullptr;
  std::vector<std::int8_t> ranks_;  // with which a column was filled; -1 = not yet
  std::vector<std::string_view> path_;
  int snake_ = 0;  // objects in snake_case that lead to where the walk is
  ExtraKeys extra_;
  std::vector<Waiting> waiting_, lists_;
  simdjson::dom::element bound_;
  bool has_bound_ = false;
};

}  // namespace nexus_mirror::nexus
