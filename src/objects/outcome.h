// How a sync, or a part of one, ended.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus_mirror::objects {

// The words of syncs.result.
enum class Outcome : std::uint8_t {
  running,      // not ended yet, or killed
  ok,           // all is up to date
  partial,      // some rows or files are not
  refused,      // the mass-delete guard kept rows that the server no longer lists
  failed,       // it could not be read
  interrupted,  // asked to stop
};

// All of them, in that order.
inline constexpr std::array kOutcomes = {Outcome::running, Outcome::ok,     Outcome::partial,
                                         Outcome::refused, Outcome::failed, Outcome::interrupted};

std::string_view name_of(Outcome outcome);

// nullopt = no outcome is called so.
std::optional<Outcome> outcome_of(std::string_view name);

// The graver of the two, from the best on: running (no end yet), ok, partial, failed, refused,
// interrupted. A failure may pass by itself, a refusal waits for somebody's decision.
Outcome worse_of(Outcome one, Outcome other);

}  // namespace nexus_mirror::objects
