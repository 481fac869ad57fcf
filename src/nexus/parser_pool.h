// Parsers that have parsed a page: one takes many times its page in memory, and to have it from the
// system and give it back for each page costs as much as the parsing.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace nexus_mirror::nexus {

// Of one of simdjson's two kinds. Any thread may call it.
template <typename Parser>
class ParserPool {
 public:
  // Gives its parser back at its end.
  class Loan {
   public:
    explicit Loan(ParserPool& pool) : pool_(pool), parser_(pool.take()) {}
    ~Loan() { pool_.give_back(std::move(parser_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Parser& parser() { return *parser_; }

   private:
    ParserPool& pool_;
    std::unique_ptr<Parser> parser_;
  };

  static ParserPool& shared() {
    static ParserPool pool;
    return pool;
  }

 private:
  static constexpr std::size_t kMostKept = 2, kLargestKept = 1 << 20;  // parsers, bytes of a page

  ParserPool() { free_.reserve(kMostKept); }

  std::unique_ptr<Parser> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Parser>();
    auto parser = std::move(free_.back());
    free_.pop_back();
    return parser;
  }
  void give_back(std::unique_ptr<Parser> parser) noexcept {
    if (parser->capacity() > kLargestKept) return;
    const std::lock_guard lock(mutex_);
    if (free_.size() < free_.capacity()) free_.push_back(std::move(parser));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Parser>> free_;  // guarded by mutex_
};

}  // namespace nexus_mirror::nexus
