#include "error/current_error.h"

#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "error/scarcity.h"

namespace nexus_mirror {

Error current_error(ErrorCode code, std::string doing, std::string subject) {
  std::string reason, hint;
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    code = ErrorCode::machine;
    reason = "out of memory";
    hint = scarcity_remedy(ENOMEM);
  } catch (const std::system_error& error) {
    reason = error.what();
    if (is_scarcity(error.code().value())) {
      code = ErrorCode::machine;
      hint = scarcity_remedy(error.code().value());
    }
  } catch (const std::exception& error) {
    reason = error.what();
  } catch (...) {
    reason = "an exception of a kind that nobody knows";
  }
  return Error(code, std::move(doing), std::move(subject), std::move(reason), std::move(hint));
}

}  // namespace nexus_mirror
