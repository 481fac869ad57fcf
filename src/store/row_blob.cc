// Per row its cells, then per list the number of its items and their cells. A cell is its type in
// one byte and eight bytes of value; of text, four of its length and the text. Numbers are in the
// machine's order of bytes: a blob is read by the program that wrote it, hours later at most.
#include "store/row_blob.h"

#include <cstdint>
#include <cstring>

#include "nexus_mirror/error.h"

namespace nexus_mirror::store {
namespace {

using objects::Cell;
using objects::RowBatch;

template <typename Number>
void put(std::string& bytes, Number number) {
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  bytes.append(raw, sizeof number);
}

class BlobReader {
 public:
  BlobReader(std::string_view bytes, RowBatch& rows) : bytes_(bytes), rows_(rows) {}

  bool at_end() const { return bytes_.empty(); }

  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  Cell cell() {
    switch (static_cast<Cell::Type>(take(1).front())) {
      case Cell::Type::null:
        return {};
      case Cell::Type::integer:
        return Cell::of(number<std::int64_t>());
      case Cell::Type::real:
        return Cell::of(number<double>());
      case Cell::Type::text:
        return rows_.text(take(number<std::uint32_t>()));
    }
    fail();
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) fail();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::machine, "reading", "a page of " + std::string(rows_.table().name),
                "what the mirror keeps of it is damaged", "nexus-mirror verify looks at all of it");
  }

  std::string_view bytes_;
  RowBatch& rows_;
};

}  // namespace

void append_cell(std::string& bytes, const Cell& cell) {
  bytes += static_cast<char>(cell.type);
  switch (cell.type) {
    case Cell::Type::null:
      return;
    case Cell::Type::integer:
      return put(bytes, cell.integer);
    case Cell::Type::real:
      return put(bytes, cell.real);
    case Cell::Type::text:
      put(bytes, cell.size);
      bytes.append(cell.text());
  }
}

std::string rows_to_blob(const RowBatch& rows, const std::vector<std::size_t>& places) {
  std::string bytes;
  for (const std::size_t place : places) {
    for (std::size_t i = 0; i < rows.columns(); ++i) append_cell(bytes, rows.row(place)[i]);
    for (std::size_t list = 0; list < rows.table().children.size(); ++list) {
      const objects::ChildRows& items = rows.children(list);
      const std::size_t begin = items.begin_of(place), end = items.end_of(place);
      put(bytes, static_cast<std::uint32_t>(end - begin));
      for (std::size_t item = begin; item < end; ++item) {
        for (std::size_t c = 0; c < items.columns; ++c) append_cell(bytes, items.item(item)[c]);
      }
    }
  }
  return bytes;
}

void RowDigest::add(const Cell& cell) {
  constexpr std::size_t kTogether = 16 << 10;  // to digest little by little costs more
  append_cell(bytes_, cell);
  if (bytes_.size() < kTogether) return;
  digest_.update(bytes_);
  bytes_.clear();
}

std::string RowDigest::take() {
  digest_.update(bytes_);
  return digest_.bytes();
}

std::string digest_of(const RowBatch& rows) {
  RowDigest digest;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t i = 0; i < rows.columns(); ++i) digest.add(rows.row(row)[i]);
  }
  return digest.take();
}

void rows_from_blob(std::string_view bytes, RowBatch& rows) {
  BlobReader reader(bytes, rows);
  while (!reader.at_end()) {
    rows.add_row();
    for (std::size_t i = 0; i < rows.columns(); ++i) rows.last(i) = reader.cell();
    for (std::size_t list = 0; list < rows.table().children.size(); ++list) {
      for (auto items = reader.number<std::uint32_t>(); items > 0; --items) {
        Cell* item = rows.add_item(list);
        for (std::size_t c = 0; c < rows.children(list).columns; ++c) item[c] = reader.cell();
      }
    }
  }
}

}  // namespace nexus_mirror::store
