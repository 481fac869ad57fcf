// What is said of a file that is no TOML: the usual slips, each with its place and its remedy.
#include "config/syntax_reason.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"

namespace nexus_mirror::config {
namespace {

std::string problem(std::string_view text) {
  std::vector<Problem> problems;
  if (parse_document(text, problems)) return "";
  const Problem& first = problems.at(0);
  return std::to_string(first.position.line) + ":" + std::to_string(first.position.column) + ": " +
         first.message;
}

struct Slip {
  std::string text, said;
};

TEST(SyntaxReasonTest, NamesTheSlipAndTheRemedy) {
  const std::vector<Slip> slips = {
      {"[mirror]\ndatabase = \"mirror.db\nmode = \"0600\"\n", "2:22: closing quote missing?"},
      {"a = 'x\n", "1:7: closing quote missing?"},
      {"a = \"x", "1:7: closing quote missing?"},
      {"a = \"\"\"x\n", "1:9: the three closing quotes are missing"},
      {"a = \"x\x01y\"\n", "1:7: here is a control character that cannot be seen; delete it"},
      {"a = \"C:\\mirror\"\n",
       "1:9: a backslash begins an escape; write it twice, or put the text in 'single quotes'"},
      {"name = my-team\n", "1:8: a text stands in quotes: \"...\""},
      {"name = \u201cteam\u201d\n", "1:8: typographic quotes; use plain ones: \"...\""},
      {"run_logs = yes\n", "1:12: a switch is true or false; a text stands in \"quotes\""},
      {"run_logs = True\n", "1:12: a switch is true or false, in small letters"},
      {"interval = 15m\n",
       "1:14: a number is digits alone; a duration, a size and any text stand in quotes: \"15m\""},
      {"mode = 0640\n", "1:12: a number has no leading zero; a mode is \"0640\""},
      {"ratio = .5\n", "1:9: a decimal has digits on both sides of its point: 0.5"},
      {"[mirror\na = 1\n", "1:8: the closing ']' of the section is missing"},
      {"[[workspace]\nname = \"a\"\n",
       "1:13: the brackets do not match: [[workspace]] has two on each side, [mirror] one"},
      {"[workspace]]\n",
       "1:12: the brackets do not match: [[workspace]] has two on each side, [mirror] one"},
      {"[mirror] a = 1\n", "1:10: a section stands on a line of its own, its settings below it"},
      {"[]\n", "1:2: the section between the brackets has no name"},
      {"[workspace]\nname = \"a\"\n[workspace]\n",
       "3:1: a section that may be there several times has two brackets each time: "
       "[[workspace]]"},
      {"[mirror]\na = 1\n[mirror]\n",
       "3:1: section \"mirror\" is there already; put all of its settings below the first"},
      {"a = 1\na = 2\n", "2:5: key \"a\" is there already in this section; keep one of them"},
      {"database \"x\"\n", "1:10: '=' is missing between a key of one word and its value"},
      {"export dir = \"x\"\n", "1:8: '=' is missing between a key of one word and its value"},
      {"mirror:\n", "1:7: '=' stands between a key and its value, not ':'"},
      {"a =\n", "1:4: the value behind '=' is missing"},
      {"a = [\"x\" \"y\"]\n",
       "1:10: a comma between two entries of the list, or the ']' at its end, is missing"},
      {"a = [\"x\"\n", "1:9: the ']' at the end of the list is missing"},
      {"a = (\"x\")\n", "1:5: a list stands in square brackets: [\"a\", \"b\"]"},
      {"a = \"x\", \"y\"\n",
       "1:8: several values stand in square brackets, and no comma is in a number"},
      {"a = 1 ; more\n", "1:7: a comment begins with '#'"},
      {"// more\n", "1:1: a comment begins with '#'"},
      {"a = \"x\" y\n",
       "1:9: there is more behind the value; a setting is written key = value, on a line of its "
       "own"},
      {"a = { b = 1, }\n", "1:14: no comma stands before '}'"},
      {"a = {\n b = 1 }\n", "1:6: a table in braces stands on one line and ends with '}'"},
      {"{\"a\": 1}\n", "1:1: this looks like JSON; the configuration is TOML: key = value"},
      {"<html>\n", "1:1: this looks like a web page; the configuration is TOML"},
      {"= 1\n", "1:1: the key before '=' is missing"},
      {"a\u00a0= 1\n", "1:2: a blank here is no plain one; type it anew"},
      {"a = \"caf\xe9\"\n", "1:8: here is a character that is no UTF-8; save the file as UTF-8"},
      {std::string("\xff\xfe[\0m\0", 6),
       "1:1: the file is no UTF-8 text but UTF-16, or no text at all; save it as UTF-8"},
      {std::string("[\0m\0]\0", 6),
       "1:2: the file is no UTF-8 text but UTF-16, or no text at all; save it as UTF-8"},
      {"[mirror]\rmode = \"0600\"\r", "1:10: lines end with CR alone; save the file with LF"},
  };
  for (const Slip& slip : slips) {
    const std::size_t place = slip.said.find(": ") + 2;
    EXPECT_EQ(problem(slip.text),
              slip.said.substr(0, place) + "not valid TOML: " + slip.said.substr(place))
        << slip.text;
  }
}

TEST(SyntaxReasonTest, TakesWhatOtherEditorsWrite) {
  EXPECT_EQ(problem("\xEF\xBB\xBF[mirror]\r\n\tmode = \"0600\"\r\n"), "");
}

// What stands where the parser stopped may be a key without its quotes.
TEST(SyntaxReasonTest, QuotesNoValue) {
  for (const char* text :
       {"secret_key = S3CRET\n", "secret_key = \"S3CRET\n", "secret_key \"S3CRET\"\n",
        "secret_key = 5S3CRET\n", "secret_key = \"a\" S3CRET\n",
        "secret_key = [\"S3CRET\" S3CRET\n", "secret_key = \"\\S3CRET\"\n",
        "secret_key = 1234567890123456789012345\n"}) {
    const std::string said = problem(text);
    EXPECT_NE(said, "") << text;
    EXPECT_EQ(said.find("3CRET"), std::string::npos) << said;
    EXPECT_EQ(said.find("12345"), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace nexus_mirror::config
