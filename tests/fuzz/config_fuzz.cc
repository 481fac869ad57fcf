// Configurations: TOML text as a file, checked, loaded, printed.
//
// Input: the file. What is wrong stands at a place that the file has; what is right is printed such
// that it loads again to the same.
#include <algorithm>
#include <fstream>

#include "config/loader.h"
#include "fuzz/target.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::fuzz {
namespace {

namespace fs = std::filesystem;

fs::path written(const char* name, std::string_view text) {
  const fs::path file = folder() / name;
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  return file;
}

// Lines of `text`, and bytes of the longest one.
struct Extent {
  std::size_t lines = 1, longest = 0;
};

Extent extent_of(std::string_view text) {
  Extent extent;
  std::size_t length = 0;
  for (const char c : text) {
    if (c == '\n') ++extent.lines;
    length = c == '\n' ? 0 : length + 1;
    extent.longest = std::max(extent.longest, length);
  }
  return extent;
}

void run(std::string_view input) {
  if (input.size() > 64 * 1024) return;
  const fs::path file = written("config.toml", input);
  const Extent extent = extent_of(input);
  const config::Loaded loaded = config::load(file);
  for (const config::Problem& problem : loaded.problems) {
    const auto [line, column] = problem.position;
    require(!problem.message.empty(), "a problem says what it is");
    require(line == 0 ? column == 0 : column > 0, "a position is whole");
    require(line <= extent.lines && column <= extent.longest + 1, "a position lies in the file");
  }
  for (const std::string& problem : check_config(file)) {
    require(problem.starts_with(file.string()), "a problem begins with its file");
    require(problem.find_first_of("\n\r") == std::string::npos, "a problem is one line");
  }
  try {
    const Config config = load_config(file);
    const std::string printed = print_config(config);
    const Config again = load_config(written("printed.toml", printed));
    require(print_config(again) == printed, "what is printed loads to the same");
  } catch (const Error& error) {
    require(error.code() == ErrorCode::config, "a bad configuration is said to be one");
    require(!loaded.problems.empty(), "what has no problem loads, and so does what is printed");
  }
}

std::vector<std::string> seeds() {
  const std::string least = "[[workspace]]\nname = \"a\"\nsecret_key_env = \"KEY\"\n";
  return {source_text("config/nexus-mirror.toml"),
          least,
          "[mirror]\ndatabase = \"~/m.db\"\nmode = \"0640\"\nhistory = \"0\"\n" + least +
              "endpoint = \"http://localhost:1/x\"\nprojects = [\"a*\", \"b\"]\n",
          least +
              "[http]\npage_size = 10\nrequests_per_second = 2.5\nproxy = \"http://u:p@h:1\"\n"
              "max_response = \"64MiB\"\n[sync]\ninterval = \"1h30m\"\nskip = [\"sequences\"]\n",
          least +
              "[[export]]\nformats = [\"coco\"]\nsets = { train = [\"x\"] }\nsplit_by = "
              "\"filename:(.*)_\"\n[hooks]\non_change = [\"/bin/true\"]\nheartbeat_url = "
              "\"https://h/p?q\"\n[daemon]\nlisten = \"127.0.0.1:9464\"\n",
          "[[workspace]]\nname = 1\nnmae = \"x\"\nendpoint = \"ftp://x\"\n[htpp]\n",
          "\xef\xbb\xbf[mirror]\r\ndatabase = '''\nx'''\r\n",
          "a = [1, {b = 1979-05-27}, 0x1F, inf]\n",
          "[mirror]\n[mirror]\n",
          "x = \"\\uD800\"\n"};
}

const Registration kConfig({"config", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
