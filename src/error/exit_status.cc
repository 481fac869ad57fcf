#include "error/exit_status.h"

#include <algorithm>
#include <array>

namespace nexus_mirror {
namespace {

constexpr std::array kGravestFirst = {
    ExitCode::usage,       ExitCode::busy,        ExitCode::machine, ExitCode::guard,
    ExitCode::key_refused, ExitCode::unreachable, ExitCode::partial, ExitCode::done};

bool is_of_server(ExitCode code) {
  return code == ExitCode::key_refused || code == ExitCode::unreachable;
}

}  // namespace

ExitCode graver(ExitCode one, ExitCode other) noexcept {
  for (const ExitCode code : kGravestFirst) {
    if (code == one || code == other) return code;
  }
  return one;
}

ExitCode exit_code(const std::vector<Error>& errors, std::size_t workspaces) noexcept {
  const bool every = errors.size() >= workspaces &&
                     std::all_of(errors.begin(), errors.end(), [](const Error& error) {
                       return is_of_server(exit_code(error.code()));
                     });
  ExitCode result = ExitCode::done;
  for (const Error& error : errors) {
    const ExitCode code = exit_code(error.code());
    result = graver(result, is_of_server(code) && !every ? ExitCode::partial : code);
  }
  return result;
}

const Error& first_with(ExitCode code, const std::vector<Error>& errors) noexcept {
  const auto found = std::find_if(errors.begin(), errors.end(), [code](const Error& error) {
    return exit_code(error.code()) == code;
  });
  return found == errors.end() ? errors.front() : *found;
}

}  // namespace nexus_mirror
