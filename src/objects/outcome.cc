#include "objects/outcome.h"

namespace nexus_mirror::objects {
namespace {

int gravity(Outcome outcome) {
  switch (outcome) {
    case Outcome::running:
      return 0;
    case Outcome::ok:
      return 1;
    case Outcome::partial:
      return 2;
    case Outcome::failed:
      return 3;
    case Outcome::refused:
      return 4;
    case Outcome::interrupted:
      break;
  }
  return 5;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::running:
      return "running";
    case Outcome::ok:
      return "ok";
    case Outcome::partial:
      return "partial";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
    case Outcome::interrupted:
      break;
  }
  return "interrupted";
}

std::optional<Outcome> outcome_of(std::string_view name) {
  for (const Outcome outcome : kOutcomes) {
    if (name_of(outcome) == name) return outcome;
  }
  return std::nullopt;
}

Outcome worse_of(Outcome one, Outcome other) { return gravity(other) > gravity(one) ? other : one; }

}  // namespace nexus_mirror::objects
