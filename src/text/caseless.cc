#include "text/caseless.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "text/ascii.h"
#include "text/utf8.h"

namespace nexus_mirror::text {
namespace {

// Of well-formed text, where memory is all that can be wanting.
std::string mapped(const std::string& text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const utf8proc_ssize_t size =
      utf8proc_map(bytes, std::ssize(text), &result, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(result, &std::free);
  if (size < 0) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(result), static_cast<std::size_t>(size)};
}

}  // namespace

std::string caseless(std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<signed char>(c) >= 0; });
  if (ascii) return lower(text);
  constexpr int kTakeApart = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  constexpr int kFold = UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_COMPOSE;
  return mapped(mapped(valid_utf8(text), kTakeApart), kFold);
}

}  // namespace nexus_mirror::text
