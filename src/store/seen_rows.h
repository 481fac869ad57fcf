// Which rows of a table a listing has met: one bit per row, by rowid.
//
// At its end a listing asks which rows of the project it did not meet. A column for the last sync
// that met a row would answer that and write every row at every sync; a set of ids would keep them
// all in memory, and in each checkpoint. Rowids are handed out one after the other, so a bit each
// is enough, and the rows of a page lie together: on a first load they were appended in the
// listing's order. A checkpoint then writes the few chunks that its pages touched, of 1 KiB each,
// and not what all pages before them did. What numbers rows anew (VACUUM) makes all of it void: see
// listings.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nexus_mirror::store {

// Rows that lie one behind the other, and rows of any order as such runs.
struct RowRun {
  std::int64_t first = 0, rows = 0;
};
using RowRuns = std::vector<RowRun>;

// 1 million rows take 125 KB. One thread at a time.
class SeenRows {
 public:
  static constexpr std::int64_t kChunkRows = 8192;
  static constexpr std::size_t kChunkBytes = kChunkRows / 8;

  void mark(std::int64_t rowid);
  void mark(const RowRuns& runs);
  bool contains(std::int64_t rowid) const;
  bool contains_any(const RowRuns& runs) const;
  // What was marked since, in that order; nothing where it was more than kMostRuns.
  static constexpr std::size_t kMostRuns = 16;
  void begin_runs();
  const RowRuns& runs() const { return runs_; }
  // The row marked last; 0 = none since the last clear().
  std::int64_t latest() const { return latest_; }
  // Rows marked since the last clear(), load() aside.
  std::int64_t count() const { return count_; }
  std::int64_t total() const;  // those, and those that were loaded
  void clear();

  // For checkpoints: calls `save(chunk, bytes)` for each chunk marked since the last call. Of one
  // whose rows are all marked, as most are, no bytes are kept.
  template <typename Save>
  void save_marked(const Save& save) {
    for (auto& [number, chunk] : chunks_) {
      if (!chunk.marked) continue;
      save(number, is_full(chunk) ? std::string_view("")
                                  : std::string_view(chunk.bits.data(), chunk.bits.size()));
      chunk.marked = false;
    }
  }
  void load(std::int64_t chunk, std::string_view bytes);

 private:
  struct Chunk {
    std::array<char, kChunkBytes> bits{};
    bool marked = false;
  };
  static bool is_full(const Chunk& chunk);
  void add_to_runs(std::int64_t rowid);

  std::unordered_map<std::int64_t, Chunk> chunks_;
  Chunk* last_ = nullptr;  // rows come in order more often than not
  std::int64_t last_number_ = -1;
  std::int64_t count_ = 0;
  std::int64_t latest_ = 0;
  RowRuns runs_;               // marked since begin_runs()
  bool too_many_runs_ = true;  // or they are not asked for
};

}  // namespace nexus_mirror::store
