// Ways in which an answer can be wrong.
#pragma once

#include <functional>
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
};

const std::vector<AnswerFault>& answer_faults();

}  // namespace nexus_mirror::testing
