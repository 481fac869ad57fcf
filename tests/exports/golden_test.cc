// A small hand-written workspace in every format, byte for byte. The goldens were read against the
// formats' published descriptions; bytes that change break the promise that data and settings
// alone decide them, also from one version to the next.
#include <fstream>

#include "support/exports_test.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

bool is_text(const std::string& path) { return !path.ends_with(".tfrecord"); }

// Rows of 32 bytes.
std::string hexadecimal(const std::string& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text.append({kDigits[byte >> 4], kDigits[byte & 15]});
    if (i % 32 == 31 || i + 1 == bytes.size()) text += '\n';
  }
  return text;
}

// Every file below annotations/ in one text; one that is empty has its heading alone. Links begin
// with `storage`, a port that is another one each time.
std::string all_files(const fs::path& project, const std::string& storage) {
  std::string text;
  for (const auto& [path, state] : files_below(project / "annotations")) {
    text += "=== " + path + "\n";
    text += is_text(path) ? state.bytes : hexadecimal(state.bytes);
    if (!text.ends_with('\n')) text += "\n(no newline at the end)\n";
  }
  for (std::size_t at = 0; (at = text.find(storage, at)) != text.npos;) {
    text.replace(at, storage.size(), "https://storage.googleapis.com");
  }
  return text;
}

class ExportsGolden : public ExportsTest {
 protected:
  void expect_goldens(const std::string& variant, const std::string& settings) {
    EmulatorProcess server({"--data", in_source("tests/golden/workspace"), "--secret-key", kKey});
    Mirror mirror({.endpoint = server.url(), .tables = all_formats() + settings});
    const Ended ended = mirror.sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    for (const char* name : {"boxes", "outlines", "poses", "scenes"}) {
      const fs::path folder = mirror.folder() / "exports/by-name" / name;
      const std::string made = all_files(fs::canonical(folder), server.storage_url());
      const std::string file = name + ("_" + variant) + ".txt";
      if (made == file_bytes(fs::path(in_source("tests/golden/exports")) / file)) continue;
      const fs::path copy = fs::path(in_build("golden")) / file;
      fs::create_directories(copy.parent_path());
      std::ofstream(copy, std::ios::binary) << made;
      ADD_FAILURE() << "other bytes than tests/golden/exports/" << file << ": compare " << copy;
    }
  }
};

TEST_F(ExportsGolden, OneSet) { expect_goldens("one_set", ""); }

TEST_F(ExportsGolden, TrainAndValidateInPixels) {
  expect_goldens("split", "split_ratio = 0.4\nnormalized = false\n");
}

}  // namespace
}  // namespace nexus_mirror::testing
