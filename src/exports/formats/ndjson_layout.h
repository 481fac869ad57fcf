// How the columns of a table become the keys of its object on the wire again: the tree of keys that
// the decoder reads by, walked the other way round. Made from the same list of fields
// (objects/table.h): each column goes to its first path.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "objects/table.h"

namespace nexus_mirror::exports {

// A key of an object and what stands under it.
struct Key {
  enum class Holds {
    keys,    // an object of `keys`
    column,  // column `index`; of JSON, `keys` are the order of its keys
    names,   // child list `index` as its names
    items,   // child list `index` as objects
    counts,  // what ChildList::merge_paths adds to the items of child list `index`
    object,  // the name of the kind of object
  };

  std::string name;
  Holds holds = Holds::keys;
  std::size_t index = 0;
  bool stays = false;  // null where there is no value, rather than left out
  std::vector<Key> keys = {};
};

using Layout = std::vector<Key>;

// The keys of `table`'s objects. `order` names the first ones as tests/corpus/README.md does, "id
// metadata{width height} url!", where '!' stands for Key::stays; all others follow as in the
// table.
Layout layout_of(const objects::Table& table, std::string_view order);

// The keys of one item of `list`: columns count as in objects::item_field.
Layout layout_of_items(const objects::ChildList& list);

}  // namespace nexus_mirror::exports
