#include "error/current_error.h"

#include <new>
#include <utility>

namespace nexus_mirror {

Error current_error(ErrorCode code, std::string doing, std::string subject) {
  std::string reason;
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    reason = "out of memory";
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "an exception of a kind that nobody knows";
  }
  return Error(code, std::move(doing), std::move(subject), std::move(reason));
}

}  // namespace nexus_mirror
