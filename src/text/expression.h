// Regular expressions that users write: Perl's, as PCRE has them, over UTF-8.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Any thread may match; each match is its own.
class Expression {
 public:
  // Throws std::invalid_argument with what is wrong.
  explicit Expression(const std::string& pattern);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  // The text of the first group where `subject` matches somewhere, or of the whole match where the
  // expression has no group. Nothing where it does not match, the group takes no part in the match,
  // or looking for it takes more steps than PCRE allows.
  std::optional<std::string> find(std::string_view subject) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace nexus_mirror::text
