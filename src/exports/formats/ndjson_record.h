// A row of the mirror as the object that the server sent, in one line of JSON.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

#include "exports/formats/ndjson_layout.h"
#include "objects/table.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// Columns of `table` in the order in which RecordWriter::append wants them: "id,name,extra".
std::string columns_of(const objects::Table& table);

// Writes the rows of one table. One thread at a time; all throw Error(mirror).
class RecordWriter {
 public:
  // `order` as in layout_of(); `object` is the value of the key "object".
  RecordWriter(store::Snapshot& snapshot, const objects::Table& table, std::string_view order,
               std::string_view object);

  // Appends the row on which `row`, a SELECT of columns_of(), stands.
  void append(const store::Statement& row, std::string& out);

 private:
  using Fields = std::vector<const objects::Field*>;
  struct List {
    store::Statement select;  // of one parent's items, columns as in `fields`, then extra
    Fields fields;
    Layout layout;
    bool counted;  // what is more than a name stands in a list of its own
  };
  struct Row {
    const store::Statement& cells;
    const Fields& fields;
  };
  enum class Said {
    nothing,
    filler,  // null or [], of which the mirror knows no more than of what is left out
    value,
  };

  // Whether anything but fillers stands in it.
  bool append_object(const Row& row, const Layout& layout, const rapidjson::Value* extra,
                     std::string& out);
  Said append_value(const Row& row, const Key& key, const rapidjson::Value* extra,
                    std::string& out);
  Said append_list(const Row& row, const Key& key, std::string& out);
  void append_item(const List& list, Key::Holds as, std::string& out);

  std::string object_;
  int id_;  // column of the parent's id
  Fields fields_;
  Layout layout_;
  std::vector<List> lists_;
};

}  // namespace nexus_mirror::exports
