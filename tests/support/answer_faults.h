// Ways in which an answer can be wrong.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "support/recorded_nexus.h"

namespace nexus_mirror::testing {

struct AnswerFault {
  std::string name;
  bool passes;  // asking again is enough: the sync ends as if nothing had been
  int times;    // requests in a row that meet it; 0 = without end
  std::function<Reply(const RecordedAnswer& good, unsigned seed)> make;
  // Whether it makes sense for this answer. Where what it makes means something to the program (a
  // row that is asked for by its id and is not there has gone) it is no fault.
  std::function<bool(const RecordedAnswer& good)> fits;
  bool keeps_status = false;  // of the answer that it stands for
};

const std::vector<AnswerFault>& answer_faults();

// Exit statuses of a sync whose request for `good` meets it, by CONTRACT.md 1 and 4.
std::set<int> promised_exits(const AnswerFault& fault, const RecordedAnswer& good);

// Whether a sync that meets it and exits 0 may have other rows than one that met none.
bool may_change_rows(const AnswerFault& fault, const RecordedAnswer& good);

// Whether nothing but a time-out ends it.
bool waits(const AnswerFault& fault);

}  // namespace nexus_mirror::testing
