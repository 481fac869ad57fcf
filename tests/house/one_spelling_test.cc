// What src/text and src/env have is not made a second time.
#include <Poco/RegularExpression.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/places.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;

// A file, or a folder that ends with '/', which may do what all others leave to the hall.
struct Allowed {
  std::string_view where, why;
};

using Pattern = std::shared_ptr<const Poco::RegularExpression>;

// Poco's, as std::regex takes seconds for all of src.
Pattern pattern(const char* text) { return std::make_shared<Poco::RegularExpression>(text); }

bool occurs(const Pattern& code, const std::string& line) {
  Poco::RegularExpression::Match match;
  return code->match(line, match) > 0;
}

struct Rule {
  std::string_view what;  // a line of code does
  std::string_view home;  // where it is done for all
  Pattern code;           // such a line, comments aside
  std::string example;    // one
  std::vector<Allowed> allowed;
};

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"letters and digits by hand",
       "text/ascii.h",
       pattern(R"(- 'A'|- 'a'|\| 0x20\b|\w [+-] 32\)|\bto(lower|upper)\(|[<>]=? '[aAzZ09fF]')"
               R"(|'[aAzZ09fF]' [<>]|\bis(alpha|alnum|digit|xdigit|upper|lower)\()"
               R"(|Poco::(icompare|toLower|toUpper))"),
       "return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;",
       {{"text/", "the hall"}, {"transport/body.cc", "has zlib's number for its own header"}}},
      {"hexadecimal digits",
       "text/hex.h",
       pattern(R"(0123456789[aA]|std::hex\b|"[^"]*%0?[0-9]*[xX])"),
       "constexpr char kDigits[] = \"0123456789abcdef\";",
       {{"text/", "the hall"}}},
      {"numbers from and to text",
       "text/number.h",
       pattern(R"(\b(to|from)_chars\b|\bsto(i|l|ll|ul|ull|d|f)\(|\bstrto(l|ll|ul|ull|d|f)\()"
               R"(|\bato(i|l|f)\()"),
       "const auto [end, error] = std::from_chars(begin, end, value);",
       {{"text/", "the hall"}}},
      {"texts joined",
       "text/joined.h",
       pattern(R"(std::string join(ed)?\(|\+= .*empty\(\) \? "" : "[,|;])"),
       "text += (text.empty() ? \"\" : \", \") + name;",
       {{"text/", "the hall"}}},
      {"units of sizes",
       "text/quantity.h",
       pattern(R"re(" ?[KMGT]iB")re"),
       "{\"MiB\", 1 << 20}",
       {{"text/", "the hall"}, {"transport/body.cc", "says limits, which are whole, in one unit"}}},
      {"UTF-8 by hand",
       "text/utf8.h",
       pattern(R"(0x[cC]0 \||Poco/(TextConverter|UTF8Encoding))"),
       "put(0xc0 | (code_point >> 6));",
       {{"text/", "the hall"}}},
      {"a writer of JSON",
       "text/json_writer.h",
       pattern(R"(rapidjson::(Pretty)?Writer|rapidjson/(pretty)?writer\.h)"),
       "rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);",
       {{"exports/formats/ndjson_json.cc", "writes again what it reads, to see if it is compact"}}},
      {"keys of JSON by hand",
       "text/json_writer.h",
       pattern(R"re(\\"\w+\\":|[,{]\\"|\w\\":|R"\(.*"\w+":)re"),
       "json += \",\\\"name\\\":\";",
       {{"text/csv.cc", "is CSV"},
        {"objects/operation_tables.cc", "shows to people what a column holds"},
        {"exports/formats/coco.cc", "written once an annotation"},
        {"exports/formats/ndjson.cc", "written once a record"},
        {"emulator/", "answers and records whose keys never change"}}},
      {"a descriptor of one's own",
       "env/file.h",
       pattern(R"(class \w*Descriptor\b|\beventfd\(|[^:\w]::(close|write)\()"),
       "if (fd >= 0) ::close(fd);",
       {{"env/", "the hall"}, {"log/guard.cc", "its last words, when no memory is left"}}},
      {"waiting for signals",
       "env/signals.h",
       pattern(R"(\bsigwait(info)?\(|\bsignalfd\()"),
       "::sigwait(&signals, &signal);",
       {{"env/", "the hall"}}},
      {"a query that is cut off",
       "text/signed_link.h",
       pattern(R"re(find\('\?'\)|[Ss]ignature=)re"),
       "return url.substr(0, url.find('?'));",
       {{"text/", "the hall"},
        {"nexus/client.cc", "takes a path out of a target of its own"},
        {"daemon/listener.cc", "takes a path out of a request"},
        {"emulator/", "signs its links"}}},
  };
  return all;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h";
}

// Lines without the comment at their end. "//" in a string, as of a link, cuts it there.
std::vector<std::string> code_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line.substr(0, line.find("//")));
  return lines;
}

TEST(OneSpellingTest, IsLeftToTheHall) {
  const fs::path source = testing::in_source("src");
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source)) {
    if (!is_source(entry.path())) continue;
    ++files;
    const std::string name = fs::relative(entry.path(), source);
    const auto here = [&](std::string_view where) { return name.starts_with(where); };
    const std::vector<std::string> lines = code_of(entry.path());
    for (const Rule& rule : rules()) {
      const auto may = [&](const Allowed& each) { return here(each.where); };
      if (std::any_of(rule.allowed.begin(), rule.allowed.end(), may)) continue;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        EXPECT_FALSE(occurs(rule.code, lines[i]))
            << "src/" << name << ":" << i + 1 << ": " << rule.what << " is for " << rule.home
            << ": " << lines[i];
      }
    }
  }
  EXPECT_GT(files, 100);
}

TEST(OneSpellingTest, FindsWhatItLooksFor) {
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(occurs(rule.code, rule.example)) << rule.what;
    EXPECT_TRUE(fs::exists(testing::in_source("src/" + std::string(rule.home)))) << rule.home;
  }
}

// A place that does it no more is taken off the list.
TEST(OneSpellingTest, AllowsNothingInVain) {
  const fs::path source = testing::in_source("src");
  for (const Rule& rule : rules()) {
    const auto does_it = [&](const std::string& line) { return occurs(rule.code, line); };
    for (const Allowed& each : rule.allowed) {
      bool needed = false;
      for (const auto& entry : fs::recursive_directory_iterator(source)) {
        const std::string name = fs::relative(entry.path(), source);
        if (needed || !is_source(entry.path()) || !name.starts_with(each.where)) continue;
        const std::vector<std::string> lines = code_of(entry.path());
        needed = std::any_of(lines.begin(), lines.end(), does_it);
      }
      EXPECT_TRUE(needed) << rule.what << " in " << each.where << " is allowed in vain";
    }
  }
}

}  // namespace
}  // namespace nexus_mirror
