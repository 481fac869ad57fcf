// Which keys a listing may have met, in three bytes a key.
//
// A table that is filled without its indexes cannot be asked whether it has a row. A Bloom filter
// never takes a key that was met for a new one; of a million that come, as long as no more do than
// it was made for, it takes some ten new ones for some that were met. Those are looked at again at
// the end, so more keys cost time and no row; but a page with such a row is not known again by the
// next sync (known_pages.h). With two bytes a key it would be 130 of a million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace nexus_mirror::store {

// One thread at a time.
class BloomFilter {
 public:
  // For `keys` of them, and never more than `most_bytes` (at least 64).
  BloomFilter(std::int64_t keys, std::size_t most_bytes);

  // Whether the key may have been added before; from now on it has.
  bool add(std::string_view key);
  bool may_contain(std::string_view key) const;

  std::int64_t keys() const { return keys_; }   // that were new, about
  bool full() const { return keys_ >= most_; }  // more than it was made for
  std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  template <typename Words, typename See>
  static void for_each_bit(Words& words, int bits_set, std::string_view key, const See& see);

  std::vector<std::uint64_t> words_;  // in lines of 512 bits
  std::int64_t keys_ = 0;
  const std::int64_t most_;
  int bits_set_ = 0;  // per key
};

}  // namespace nexus_mirror::store
