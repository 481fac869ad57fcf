// A row of the mirror as the object that the server sent, in one line of JSON.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

#include "exports/formats/ndjson_layout.h"
#include "objects/table.h"
#include "store/wire_rows.h"

namespace nexus_mirror::exports {

// Writes the rows of one table. One thread at a time; all throw Error(machine).
class WireRecordWriter {
 public:
  // `order` as in layout_of(); `object` is the value of the key "object".
  WireRecordWriter(store::Snapshot& snapshot, const objects::Table& table, std::string_view order,
                   std::string_view object);

  // Appends the row of the table that `row` went to.
  void append(const store::WireRows& row, std::string& out);

 private:
  struct List {
    store::WireRows items;
    Layout layout;
    bool counted;  // what is more than a name stands in a list of its own
  };
  enum class Said {
    nothing,
    filler,  // null or [], of which the mirror knows no more than of what is left out
    value,
  };

  // Whether anything but fillers stands in it.
  bool append_object(const store::WireRows& row, const Layout& layout,
                     const rapidjson::Value* extra, std::string& out);
  Said append_value(const store::WireRows& row, const Key& key, const rapidjson::Value* extra,
                    std::string& out);
  Said append_list(const store::WireRows& row, const Key& key, const rapidjson::Value* extra,
                   std::string& out);
  void append_item(const List& list, Key::Holds as, std::string& out);

  std::string object_;
  // Fields that lists name their parent by; unused where there are none.
  std::size_t id_, project_;
  Layout layout_;
  std::vector<List> lists_;
};

}  // namespace nexus_mirror::exports
