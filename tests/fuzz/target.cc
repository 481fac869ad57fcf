#include "fuzz/target.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "support/places.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::fuzz {

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

void require(bool holds, const std::string& promise) {
  if (!holds) throw std::logic_error("broken: " + promise);
}

unsigned char take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

const std::filesystem::path& folder() {
  static const testing::TemporaryFolder folder;
  return folder.path();
}

std::string source_text(const std::string& path) {
  std::ifstream in(testing::in_source(path), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> source_lines(const std::string& path, std::size_t most) {
  std::istringstream in(source_text(path));
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most && std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace nexus_mirror::fuzz
