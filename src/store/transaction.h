// One write transaction of a Store; rolled back unless committed. Inside another it is part of it.
#pragma once

#include "store/store.h"

namespace nexus_mirror::store {

class Store::Transaction {
 public:
  explicit Transaction(Store& store);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();
  // Leaves the commit to a later page, to another transaction or to Store::flush().
  void commit_with_next_page();

 private:
  Store& store_;
  bool outer_;
  bool committed_ = false;
};

}  // namespace nexus_mirror::store
