// Which keys a listing may have met, in four bytes a key.
//
// A table that is filled without its indexes cannot be asked whether it has a row. A Bloom filter
// never takes a key that was met for a new one; once in a million times, as long as no more keys
// come than it was made for, it takes a new one for one that was met. Those are looked at again at
// the end, so more keys cost time and no row. Two bytes a key would be wrong once in 1,000 times:
// then most pages have such a row, and none of these can be known again (known_pages.h).
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
