// Every name that a comment or a Markdown file cites is in the repository.
#include "house/citations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using testing::Citation;
using testing::citations_in;
using Names = std::set<std::string>;

// Names of others that the code itself does not use.
const Names kForeign = {"json_quote"};  // SQLite's

// What is to come is cited there as well as what is here, by the names of its wire or its tables.
const Names kSpeakOfTheOutside = {"src/CONTRACT.md", "src/NEXUS_API.md"};

// The examples in here are made up.
const std::string kThis = "tests/house/citations_test.cc";

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Of a script or a file of settings: a comment reaches from '#' to the line's end.
testing::SourceText part_at_hashes(const std::string& text) {
  testing::SourceText parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::size_t hash = std::min(text.find('#', at), end);
    parts.code.append(text, at, hash - at).append("\n");
    parts.comments.append(text, hash, end - hash).append("\n");
    at = end + 1;
  }
  return parts;
}

// A Markdown file without its blocks of code, or these alone: they show what users type and get.
std::string outside_of_blocks(const std::string& markdown, bool outside) {
  std::string text;
  bool inside = false;
  for (std::size_t at = 0; at < markdown.size();) {
    const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
    const std::string line = markdown.substr(at, end - at);
    if (line.starts_with("```")) inside = !inside;
    if (inside != outside) text += line + "\n";
    at = end + 1;
  }
  return text;
}

// A sentence goes on in the next line.
std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

struct Repository {
  Names places;                              // files and folders, and every end of their paths
  Names words;                               // of the code
  Names folders;                             // that begin a path: those at the top, and the layers
  std::map<std::string, std::string> prose;  // by file
  std::map<std::string, std::string> shown;  // in blocks of code
  std::map<std::string, std::string> texts;  // Markdown files, whole

  bool has(const std::string& place) const {
    return places.contains(place) || places.contains(place + ".h") ||
           places.contains(place + ".cc");
  }
  bool knows(const std::string& name) const {
    const Names parts = testing::words_of(name);
    return std::all_of(parts.begin(), parts.end(), [&](const std::string& word) {
      return words.contains(word) || kForeign.contains(word);
    });
  }
};

// With the folders that it is in.
void add_place(const fs::path& file, Names& places) {
  for (fs::path place = file; !place.empty(); place = place.parent_path()) {
    std::string end = place;
    for (std::size_t slash = 0; slash != end.npos; slash = end.find('/')) {
      if (slash > 0) end.erase(0, slash + 1);
      places.insert(end);
    }
  }
}

void read_file(const fs::path& file, const std::string& path, Repository& repository) {
  const std::string ending = file.extension();
  const auto is_among = [&](std::initializer_list<const char*> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](auto each) { return ending == each; });
  };
  if (path == kThis || is_among({".ndjson", ".json", ".sql"})) return;
  if (path.starts_with("tests/golden/")) return;
  const std::string text = text_of(file);
  if (ending == ".md") {
    repository.texts[path] = text;
    repository.prose[path] = outside_of_blocks(text, true);
    repository.shown[path] = outside_of_blocks(text, false);
    return;
  }
  const auto parts = is_among({".h", ".cc", ".proto"}) ? testing::part(text) : part_at_hashes(text);
  repository.prose[path] = parts.comments;
  repository.words.merge(testing::words_of(parts.code));
}

const Repository& repository() {
  static const Repository all = [] {
    Repository repository;
    const fs::path top = testing::in_source("");
    std::vector<std::string> paths = {"README.md", "CMakeLists.txt"};
    for (const char* folder : {"src", "include", "tests", "config", "systemd", ".ci"}) {
      repository.folders.insert(folder);
      for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
        const std::string path = fs::relative(entry.path(), top).string();
        if (entry.is_regular_file()) paths.push_back(path);
        if (entry.is_directory() && entry.path().parent_path() == top / "src") {
          repository.folders.insert(entry.path().filename());
        }
      }
    }
    for (const std::string& path : paths) {
      add_place(path, repository.places);
      read_file(top / path, path, repository);
    }
    return repository;
  }();
  return all;
}

// The Markdown files that `name`, cited in `by`, may mean: the one beside it, else all of its name.
std::vector<std::string> texts_called(const std::string& name, const std::string& by) {
  const auto& texts = repository().texts;
  const std::string beside = (fs::path(by).parent_path() / name).string();
  if (texts.contains(beside)) return {beside};
  if (texts.contains(name) && name.find('/') != name.npos) return {name};
  std::vector<std::string> found;
  for (const auto& [path, text] : texts) {
    if (path == name || path.ends_with("/" + name)) found.push_back(path);
  }
  return found;
}

// "4" is the heading "## 4.", "4.3" the item "3." below it; a title stands in the text.
bool has_section(const std::string& text, const std::string& section) {
  if (section[0] < '0' || section[0] > '9') return text.find(section) != text.npos;
  const std::size_t dot = section.find('.');
  const std::size_t heading = text.find("\n## " + section.substr(0, dot) + ". ");
  if (heading == text.npos || dot == section.npos) return heading != text.npos;
  const std::size_t item = text.find("\n" + section.substr(dot + 1) + ". ", heading);
  return item < text.find("\n## ", heading + 1);
}

// Why `citation` leads nowhere; empty when it does.
std::string problem(const Citation& citation, const std::string& by) {
  const Repository& here = repository();
  switch (citation.kind) {
    case Citation::Kind::file: {
      const std::size_t star = citation.text.rfind('*');
      if (star == std::string::npos) return here.has(citation.text) ? "" : "there is no such file";
      const std::string end = citation.text.substr(star + 1);
      const bool found = std::any_of(here.places.begin(), here.places.end(),
                                     [&](const std::string& each) { return each.ends_with(end); });
      return found ? "" : "there is no such file";
    }
    case Citation::Kind::path:
      return here.has(citation.text) ? "" : "there is no such file or folder";
    case Citation::Kind::name:
      if (kSpeakOfTheOutside.contains(by)) return "";
      return here.knows(citation.text) ? "" : "the code has no such name";
    case Citation::Kind::section:
      break;
  }
  const auto texts = texts_called(citation.text, by);
  const bool found = std::any_of(texts.begin(), texts.end(), [&](const std::string& path) {
    return has_section(here.texts.at(path), citation.part);
  });
  return found ? "" : "it has no section " + citation.part;
}

TEST(CitationsTest, LeadToWhatIsHere) {
  std::size_t count = 0;
  for (const auto& [path, prose] : repository().prose) {
    for (const Citation& citation : citations_in(on_one_line(prose), repository().folders)) {
      ++count;
      EXPECT_EQ(problem(citation, path), "") << path << " cites " << citation.text;
    }
  }
  EXPECT_GT(count, 500U);  // or this test looks for the wrong thing
}

// What is shown names users' own files and folders, too; ours are told by their endings.
TEST(CitationsTest, LeadToWhatIsHereInWhatIsShown) {
  for (const auto& [path, shown] : repository().shown) {
    for (const Citation& citation : citations_in(shown, {})) {
      if (citation.kind != Citation::Kind::file) continue;
      EXPECT_EQ(problem(citation, path), "") << path << " cites " << citation.text;
    }
  }
}

TEST(CitationsTest, AreToldFromOtherWords) {
  using enum Citation::Kind;
  const auto in = [](std::string_view prose) { return citations_in(prose, {"src", "env"}); };
  using Found = std::vector<Citation>;
  EXPECT_EQ(in("see rle.h, env/file.cc: `*_tables.cc`."),
            (Found{{file, "rle.h"}, {file, "env/file.cc"}, {file, "*_tables.cc"}}));
  EXPECT_EQ(in("Every change is one call of env/file. Of src/text, too."),
            (Found{{path, "env/file"}, {path, "src/text"}}));
  EXPECT_EQ(in("as flush() does, and WriterThread::run, object.take()"),
            (Found{{name, "flush"}, {name, "WriterThread::run"}, {name, "take"}}));
  EXPECT_EQ(in("`RowBatch` and `refresh_links`, `sync`, Capital words"),
            (Found{{name, "RowBatch"}, {name, "refresh_links"}}));
  EXPECT_EQ(in("(CONTRACT.md 4.3) or CONTRACT.md 5."), (Found{{file, "CONTRACT.md"},
                                                              {section, "CONTRACT.md", "4.3"},
                                                              {file, "CONTRACT.md"},
                                                              {section, "CONTRACT.md", "5"}}));
  EXPECT_EQ(in("src/README.md, \"Tables\", and README.md (\"Ask it\")"),
            (Found{{file, "src/README.md"},
                   {section, "src/README.md", "Tables"},
                   {file, "README.md"},
                   {section, "README.md", "Ask it"}}));
  EXPECT_EQ(in("https://example.com/a.md, and/or 1.5, env/... x::, src/.../a.h, e.g. this"),
            Found{});
}

TEST(CitationsTest, StandInCommentsAlone) {
  const auto parts = testing::part(
      "int a = 1'000;  // one\n"
      "char b = '\"', c = '\\'', d = U'x';  // two\n"
      "auto e = \"// no \\\" comment\" R\"x(// nor \"this)x\";  /* three */ f();\n");
  EXPECT_EQ(parts.comments, " one\n two\n three \n");
  EXPECT_NE(parts.code.find("// no \\\" comment"), std::string::npos);
  EXPECT_NE(parts.code.find("// nor \"this"), std::string::npos);
  EXPECT_NE(parts.code.find("f();"), std::string::npos);
}

TEST(CitationsTest, OfSectionsLookForHeadingsAndItems) {
  const std::string text = "# A\n\n## 4. Promises\n1. **Exact.**\n2. **Quiet.**\n\n## 5. Exports\n";
  for (const char* here : {"4", "4.1", "4.2", "5", "Promises"}) {
    EXPECT_TRUE(has_section(text, here)) << here;
  }
  for (const char* nowhere : {"3", "4.3", "5.1", "Prices"}) {
    EXPECT_FALSE(has_section(text, nowhere)) << nowhere;
  }
}

TEST(CitationsTest, HaveTextsWhoseLinesFitAScreen) {
  for (const char* name : {"src/CONTRACT.md", "src/NEXUS_API.md"}) {
    const std::string& text = repository().texts.at(name);
    int number = 0;
    for (std::size_t at = 0; at < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      EXPECT_LE(end - at, 120U) << name << ":" << number + 1;
      at = end + 1;
    }
  }
}

}  // namespace
}  // namespace nexus_mirror
