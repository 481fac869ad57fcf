#include "store/seen_rows.h"

#include <algorithm>
#include <bit>

namespace nexus_mirror::store {
namespace {

// Rounded down: owners number rows below 0, too.
std::int64_t chunk_of(std::int64_t rowid) { return rowid >> 13; }
static_assert(SeenRows::kChunkRows == 1 << 13);

std::size_t byte_of(std::int64_t rowid) {
  return static_cast<std::size_t>(rowid & (SeenRows::kChunkRows - 1)) / 8;
}

char bit_of(std::int64_t rowid) { return static_cast<char>(1 << (rowid & 7)); }

}  // namespace

void SeenRows::mark(std::int64_t rowid) {
  latest_ = rowid;
  if (!too_many_runs_) add_to_runs(rowid);
  const std::int64_t number = chunk_of(rowid);
  if (last_ == nullptr || number != last_number_) {
    last_ = &chunks_[number];
    last_number_ = number;
  }
  char& byte = last_->bits[byte_of(rowid)];
  if ((byte & bit_of(rowid)) != 0) return;
  byte = static_cast<char>(byte | bit_of(rowid));
  last_->marked = true;
  ++count_;
}

bool SeenRows::contains(std::int64_t rowid) const {
  const auto found = chunks_.find(chunk_of(rowid));
  return found != chunks_.end() && (found->second.bits[byte_of(rowid)] & bit_of(rowid)) != 0;
}

void SeenRows::add_to_runs(std::int64_t rowid) {
  if (!runs_.empty() && rowid == runs_.back().first + runs_.back().rows) {
    ++runs_.back().rows;
    return;
  }
  too_many_runs_ = runs_.size() == kMostRuns;
  if (too_many_runs_) {
    runs_.clear();
  } else {
    runs_.push_back({rowid, 1});
  }
}

void SeenRows::begin_runs() {
  runs_.clear();
  too_many_runs_ = false;
}

void SeenRows::mark(const RowRuns& runs) {
  for (const RowRun& run : runs) {
    for (std::int64_t i = 0; i < run.rows; ++i) mark(run.first + i);
  }
}

bool SeenRows::contains_any(const RowRuns& runs) const {
  for (const RowRun& run : runs) {
    for (std::int64_t i = 0; i < run.rows; ++i) {
      if (contains(run.first + i)) return true;
    }
  }
  return false;
}

std::int64_t SeenRows::total() const {
  std::int64_t rows = 0;
  for (const auto& [number, chunk] : chunks_) {
    for (const char byte : chunk.bits) rows += std::popcount(static_cast<unsigned char>(byte));
  }
  return rows;
}

void SeenRows::clear() {
  chunks_.clear();
  last_ = nullptr;
  last_number_ = -1;
  count_ = latest_ = 0;
  runs_.clear();
}

bool SeenRows::is_full(const Chunk& chunk) {
  return std::all_of(chunk.bits.begin(), chunk.bits.end(),
                     [](char byte) { return byte == static_cast<char>(0xff); });
}

void SeenRows::load(std::int64_t chunk, std::string_view bytes) {
  Chunk& target = chunks_[chunk];
  if (bytes.empty()) return target.bits.fill(static_cast<char>(0xff));
  std::copy_n(bytes.begin(), std::min(bytes.size(), kChunkBytes), target.bits.begin());
}

}  // namespace nexus_mirror::store
