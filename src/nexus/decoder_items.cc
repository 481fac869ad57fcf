// Lists inside a row that have a table of their own.
#include <algorithm>

#include "nexus/decoder_walk.h"

namespace nexus_mirror::nexus {
namespace {

using objects::Cell;
using simdjson::SUCCESS;
using simdjson::dom::element;

bool less(const Cell& a, const Cell& b) {
  if (a.type != b.type) return a.type < b.type;
  switch (a.type) {
    case Cell::Type::null:
      return false;
    case Cell::Type::integer:
      return a.integer < b.integer;
    case Cell::Type::real:
      return a.real < b.real;
    case Cell::Type::text:
      return a.text() < b.text();
  }
  return false;
}

// Its items have a name that tells them apart.
bool is_named(const objects::ChildList& list) { return list.table->key.size() > 1; }

// The text of `value`, or of its key `name` or `group`; empty when there is none.
std::string_view name_of(const element& value) {
  std::string_view name;
  for (const char* key : {"name", "group"}) {
    if (value[key].get(name) == SUCCESS && !name.empty()) return name;
  }
  return {};
}

}  // namespace

// Each list by its preferred spelling, those that add to the items of another one last.
void Decoder::Walk::take_lists() {
  if (lists_.empty()) return;
  std::stable_sort(lists_.begin(), lists_.end(), [](const Waiting& a, const Waiting& b) {
    return std::pair(a.entry->merge, a.rank) < std::pair(b.entry->merge, b.rank);
  });
  std::vector<std::size_t> own(decoder_.table_.children.size(), 0);
  bool merging = false;
  const auto count_own = [&] {
    for (std::size_t list = 0; list < own.size(); ++list) own[list] = item_count(list);
  };
  for (auto said = lists_.begin(); said != lists_.end(); ++said) {
    if (said->entry->merge && !merging) count_own();
    merging = said->entry->merge;
    const auto preferred = std::find_if(lists_.begin(), said, [&](const Waiting& other) {
      return other.entry->list == said->entry->list && other.entry->merge == merging;
    });
    if (preferred == said) {
      take_items(*said);
    } else if (said->keep && unordered_text(preferred->value) != unordered_text(said->value)) {
      extra_.add(said->path, said->key, said->value);
    }
  }
  if (!merging) count_own();
  for (std::size_t list = 0; list < own.size(); ++list) {
    sort_items(list, decoder_.table_.children[list].ordered ? own[list] : 0);
  }
  lists_.clear();
}

void Decoder::Walk::take_items(const Waiting& said) {
  simdjson::dom::array array;
  if (said.value.get(array) != SUCCESS) return;
  std::vector<element> odd;
  for (const element value : array) {
    if (value.is_null()) continue;
    if (add_item(static_cast<std::size_t>(said.entry->list), value)) odd.push_back(value);
  }
  if (!odd.empty()) extra_.add(said.path, said.entry->key, odd);
}

std::optional<std::string> Decoder::Walk::add_item(std::size_t list, const element& value) {
  const bool named = is_named(decoder_.table_.children[list]);
  std::string_view name;
  if (named && value.get(name) == SUCCESS) {
    if (named_item(list, name) == nullptr) {
      rows_.add_item(list)[decoder_.names_[list]] = rows_.text(name);
    }
    return std::nullopt;
  }
  simdjson::dom::object object;
  if (value.get(object) != SUCCESS) return "it is no object";
  if (named) name = name_of(value);
  if (named && name.empty()) return "it has no name";

  Cell* present = named ? named_item(list, name) : nullptr;
  std::vector<Cell> cells(rows_.children(list).columns);
  if (present != nullptr) cells.assign(present, present + cells.size());
  try {
    Walk item(decoder_, rows_, list, cells.data());
    item.object(*decoder_.items_[list], object, true);
    item.finish_item();
  } catch (const RowError& problem) {
    return problem.reason;
  }
  if (present == nullptr) present = rows_.add_item(list);
  std::copy(cells.begin(), cells.end(), present);
  return std::nullopt;
}

void Decoder::Walk::finish_item() {
  take_waiting();
  if (!extra_.empty()) stored(ranks_.size() - 1) = rows_.text(extra_.text());
}

// The item of the last row that is called `name`, or nullptr. A name twice is one.
Cell* Decoder::Walk::named_item(std::size_t list, std::string_view name) {
  objects::ChildRows& child = rows_.children(list);
  const std::size_t last = rows_.size() - 1;
  for (std::size_t i = child.begin_of(last); i < child.end_of(last); ++i) {
    Cell* cells = child.cells.data() + i * child.columns;
    if (cells[decoder_.names_[list]].text() == name) return cells;
  }
  return nullptr;
}

std::size_t Decoder::Walk::item_count(std::size_t list) const {
  const objects::ChildRows& child = rows_.children(list);
  const std::size_t last = rows_.size() - 1;
  return child.end_of(last) - child.begin_of(last);
}

void Decoder::Walk::sort_items(std::size_t list, std::size_t from) {
  const std::size_t count = item_count(list) - from;
  if (count < 2) return;
  objects::ChildRows& child = rows_.children(list);
  const std::size_t begin = child.begin_of(rows_.size() - 1) + from;
  std::vector<std::vector<Cell>> sorted(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Cell* cells = child.item(begin + i);
    sorted[i].assign(cells, cells + child.columns);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), less);
  });
  for (std::size_t i = 0; i < count; ++i) {
    std::copy(sorted[i].begin(), sorted[i].end(),
              child.cells.begin() + static_cast<std::ptrdiff_t>((begin + i) * child.columns));
  }
}

}  // namespace nexus_mirror::nexus
