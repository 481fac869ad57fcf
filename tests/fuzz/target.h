// A fuzz target: what is done with foreign bytes, and what must hold whatever they are.
//
// Each *_fuzz.cc registers one. It is built twice: with clang as a program that makes up inputs
// (driver.cc), and into nexus_mirror_tests, where replay_test.cc gives it its seeds and the inputs
// in regressions/<name>/, which once broke it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::fuzz {

struct Target {
  std::string_view name;
  // Whatever it throws, a crash and a sanitizer's report are findings.
  void (*run)(std::string_view input);
  // Inputs to begin with.
  std::vector<std::string> (*seeds)();
};

// Those of this program, in no order.
std::vector<Target>& targets();

struct Registration {
  explicit Registration(const Target& target) { targets().push_back(target); }
};

// Throws std::logic_error with `promise` where it does not hold.
void require(bool holds, const std::string& promise);

// One byte of what an input begins with, taken off; 0 when there is none. Which of several things
// is done with the rest.
unsigned char take_byte(std::string_view& input);

// A folder of this process, empty, gone at its end.
const std::filesystem::path& folder();

// The text of the file at `path` below the repository's top; "" when there is none.
std::string source_text(const std::string& path);
// Its first `most` lines.
std::vector<std::string> source_lines(const std::string& path, std::size_t most);

}  // namespace nexus_mirror::fuzz
