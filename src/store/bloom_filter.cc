#include "store/bloom_filter.h"

#include <algorithm>

#include "text/spread_hash.h"

namespace nexus_mirror::store {
namespace {

constexpr std::size_t kBitsPerKey = 24;
constexpr std::size_t kFewestBitsSet = 4, kMostBitsSet = 12;  // per key
constexpr std::size_t kWordsPerLine = 8;  // all bits of a key are in one: a miss of the cache a key

}  // namespace

BloomFilter::BloomFilter(std::int64_t keys, std::size_t most_bytes)
    : most_(std::max<std::int64_t>(keys, 1024)) {
  const auto most = static_cast<std::size_t>(most_);
  const std::size_t wanted = most * kBitsPerKey / 8,
                    lines = std::min(wanted, most_bytes) / (kWordsPerLine * sizeof(std::uint64_t));
  words_.resize(std::max<std::size_t>(lines, 1) * kWordsPerLine);
  // Fewest are taken for others where half of all bits are set: 0.7 (ln 2) of those that a key has.
  const std::size_t bits = words_.size() * 64 / most;
  bits_set_ = static_cast<int>(std::clamp(bits * 7 / 10, kFewestBitsSet, kMostBitsSet));
}

// Calls `see` with each word that the key has a bit in, and the bit, until it returns false.
template <typename Words, typename See>
void BloomFilter::for_each_bit(Words& words, int bits_set, std::string_view key, const See& see) {
  const std::uint64_t hash = text::spread_hash(key);
  const std::size_t lines = words.size() / kWordsPerLine;
  auto* line = words.data() + ((hash >> 32) * lines >> 32) * kWordsPerLine;
  std::uint64_t bits = (hash & 0xffffffff) * 0x9e3779b97f4a7c15;  // not those of the line
  for (int i = 0; i < bits_set; ++i) {
    const std::uint64_t bit = bits >> 55;  // 9 bits: one of 512
    bits = bits * 0xd1342543de82ef95 + 1;
    if (!see(line[bit / 64], std::uint64_t{1} << (bit % 64))) return;
  }
}

bool BloomFilter::add(std::string_view key) {
  bool met = true;
  for_each_bit(words_, bits_set_, key, [&](std::uint64_t& word, std::uint64_t mask) {
    met = met && (word & mask) != 0;
    word |= mask;
    return true;
  });
  if (!met) ++keys_;
  return met;
}

bool BloomFilter::may_contain(std::string_view key) const {
  bool met = true;
  for_each_bit(words_, bits_set_, key,
               [&](std::uint64_t word, std::uint64_t mask) { return met = (word & mask) != 0; });
  return met;
}

}  // namespace nexus_mirror::store
