#include "log/log.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <regex>
#include <string>
#include <vector>

#include "log/diversion.h"
#include "log/guard.h"
#include "support/local_zone.h"

namespace nexus_mirror::log {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override { configure(Level::info, Style::text); }

  // What `action` writes to stderr.
  template <class Action>
  static std::string captured(const Action& action) {
    ::testing::internal::CaptureStderr();
    action();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, IsForTheJournalWhenStderrIsTheJournals) {
  struct stat stream = {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &stream), 0);
  const std::string here = std::to_string(stream.st_dev) + ":" + std::to_string(stream.st_ino);
  ::setenv("JOURNAL_STREAM", here.c_str(), 1);
  EXPECT_EQ(suitable_style(), Style::journal);
  ::setenv("JOURNAL_STREAM", (here + "0").c_str(), 1);  // stderr was redirected
  EXPECT_EQ(suitable_style(), Style::text);
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_EQ(suitable_style(), Style::text);
}

TEST_F(LogTest, LinesPastTheLogAreOfItsStyleToo) {
  configure(Level::info, Style::journal);
  EXPECT_EQ(line_past(Level::error, "no key"), "<3>no key");
  configure(Level::info, Style::json);
  const std::string json = line_past(Level::error, "no \"key\"");
  EXPECT_NE(json.find(R"("level":"error","msg":"no \"key\"")"), std::string::npos) << json;
  configure(Level::info, Style::text);
  EXPECT_EQ(line_past(Level::error, "no key"), "no key");
}

TEST_F(LogTest, HandsLinesToWhoeverDrawsOnTheSameTerminal) {
  configure(Level::info, Style::text);
  std::vector<std::string> taken;
  std::string written;
  {
    const Diversion diversion([&](Level level, std::string_view text, const auto& write) {
      taken.emplace_back(text);
      if (level == Level::error) write();
    });
    written = captured([] {
      debug("unseen");
      warning("kept", {{"project", "cars"}, {"sync_id", std::int64_t{7}}, {"format", "coco"}});
      error("shown");
    });
  }
  EXPECT_EQ(taken, (std::vector<std::string>{"cars: kept format=coco", "shown"}));
  EXPECT_EQ(written.find("kept"), std::string::npos) << written;
  EXPECT_NE(written.find("error shown"), std::string::npos) << written;
  EXPECT_NE(captured([] { warning("as ever"); }).find("as ever"), std::string::npos);
}

TEST_F(LogTest, TextHasTimeLevelMessageAndFields) {
  configure(Level::debug, Style::text);
  const std::string line = captured([] {
    warning("retrying", {{"project", "Factory line"},
                         {"tries", std::int64_t{3}},
                         {"delay_s", 0.25},
                         {"id", "proj_1"}});
  });
  EXPECT_TRUE(std::regex_match(
      line, std::regex("[0-9]{2}:[0-9]{2}:[0-9]{2}Z warning retrying project=\"Factory line\" "
                       "tries=3 delay_s=0\\.25 id=proj_1\n")))
      << line;
}

TEST_F(LogTest, TextTellsTheTimeInTheZoneThatIsWanted) {
  const nexus_mirror::testing::LocalZone zone("<+0545>-5:45");  // Kathmandu's, without zone files
  const auto minutes = [](const std::string& line) {
    return std::stoi(line.substr(0, 2)) * 60 + std::stoi(line.substr(3, 2));
  };
  configure(Level::info, Style::text);
  const std::string utc = captured([] { info("m"); });
  EXPECT_EQ(utc.substr(8, 2), "Z ") << utc;
  configure(Level::info, Style::text, text::Zone::local);
  const std::string local = captured([] { info("m"); });
  EXPECT_EQ(local.substr(8, 7), "+05:45 ") << local;
  // The clock may go on between the two.
  const int between = (minutes(local) - minutes(utc) + 24 * 60) % (24 * 60);
  EXPECT_GE(between, 5 * 60 + 45);
  EXPECT_LE(between, 5 * 60 + 46);
}

TEST_F(LogTest, TextNamesEveryLevel) {
  configure(Level::debug, Style::text);
  EXPECT_NE(captured([] { debug("m"); }).find(" debug m\n"), std::string::npos);
  EXPECT_NE(captured([] { info("m"); }).find(" info m\n"), std::string::npos);
  EXPECT_NE(captured([] { warning("m"); }).find(" warning m\n"), std::string::npos);
  EXPECT_NE(captured([] { error("m"); }).find(" error m\n"), std::string::npos);
}

TEST_F(LogTest, AGuardLogsWhateverIsThrownAndLetsNothingOut) {
  configure(Level::info, Style::text);
  EXPECT_EQ(captured([] { guard("feeding", "the cat", [] {}); }), "");
  for (const auto& [thrown, reason] :
       {std::pair<void (*)(), const char*>{[] { throw 7; }, "an exception of a kind"},
        {[] { throw std::bad_alloc(); }, "out of memory"}}) {
    const std::string line = captured([throws = thrown] { guard("feeding", "the cat", throws); });
    EXPECT_NE(line.find("error feeding the cat: " + std::string(reason)), std::string::npos)
        << line;
  }
}

TEST_F(LogTest, TextQuotesWhatWouldBeAmbiguous) {
  configure(Level::info, Style::text);
  const std::string line = captured([] {
    info("m", {{"empty", ""}, {"quote", "a\"b"}, {"equals", "a=b"}, {"backslash", "a\\b"}});
  });
  EXPECT_NE(line.find("empty=\"\" quote=\"a\\\"b\" equals=\"a=b\" backslash=\"a\\\\b\"\n"),
            std::string::npos)
      << line;
}

TEST_F(LogTest, HasNoColourWhereNoTerminalIs) {
  configure(Level::info, Style::text);
  EXPECT_EQ(captured([] { error("m"); }).find('\x1b'), std::string::npos);
}

// What a terminal gets, with NO_COLOR set to `no_color`.
std::string seen_on_terminal(const char* no_color) {
  int terminal = -1, program = -1;
  if (::openpty(&terminal, &program, nullptr, nullptr, nullptr) != 0) return "no terminal";
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(program, STDERR_FILENO);
  ::setenv("TERM", "xterm", 1);
  ::setenv("NO_COLOR", no_color, 1);
  configure(Level::info, Style::text);
  error("m");
  ::unsetenv("NO_COLOR");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  std::string seen(256, '\0');
  const ssize_t length = ::read(terminal, seen.data(), seen.size());
  seen.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  ::close(program);
  ::close(terminal);
  return seen;
}

TEST_F(LogTest, ColoursTheLevelOnATerminalUnlessNoColorIsSet) {
  EXPECT_NE(seen_on_terminal("").find("\x1b["), std::string::npos);
  const std::string plain = seen_on_terminal("1");
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(plain.find(" error m"), std::string::npos);
}

TEST_F(LogTest, NothingForgesALine) {
  for (const Style format : {Style::text, Style::journal}) {
    configure(Level::info, format);
    const std::string line = captured([] {
      info("one\ntwo\r\x1b[31m", {{"name", "a\n<3>b\x7f"},
                                  {"csi",
                                   "x\xc2\x9b"
                                   "1m"}});
    });
    EXPECT_NE(line.find("one two  [31m name=\"a <3>b \" csi=\"x 1m\"\n"), std::string::npos)
        << line;
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  }
}

TEST_F(LogTest, BracesAreNoPlaceholders) {
  configure(Level::info, Style::text);
  EXPECT_NE(captured([] {
              info("{} %v {0}", {{"f", "{}"}});
            }).find(" info {} %v {0} f={}\n"),
            std::string::npos);
}

TEST_F(LogTest, JournalHasThePriorityOfTheLevel) {
  configure(Level::debug, Style::journal);
  EXPECT_EQ(captured([] { debug("m"); }), "<7>m\n");
  EXPECT_EQ(captured([] { info("m", {{"k", std::int64_t{-1}}}); }), "<6>m k=-1\n");
  EXPECT_EQ(captured([] { warning("m"); }), "<4>m\n");
  EXPECT_EQ(captured([] { error("m"); }), "<3>m\n");
}

TEST_F(LogTest, JsonHasStableKeysAndTypedFields) {
  configure(Level::info, Style::json);
  const std::string line = captured([] {
    error("it \"broke\"\nbadly", {{"path", "a\\b\x01"},
                                  {"rows", std::numeric_limits<std::int64_t>::max()},
                                  {"rate", 0.5},
                                  {"nan", std::numeric_limits<double>::quiet_NaN()}});
  });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(line);
  EXPECT_TRUE(std::regex_match(
      std::string(std::string_view(json["ts"])),
      std::regex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z")));
  EXPECT_EQ(std::string_view(json["level"]), "error");
  EXPECT_EQ(std::string_view(json["msg"]), "it \"broke\"\nbadly");
  EXPECT_EQ(std::string_view(json["path"]), "a\\b\x01");
  EXPECT_EQ(std::int64_t(json["rows"]), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(double(json["rate"]), 0.5);
  EXPECT_TRUE(json["nan"].is_null());
  EXPECT_EQ(line.find("{\"ts\":"), 0U) << "the keys keep their order";
}

TEST_F(LogTest, JsonStaysUtf8WhateverItIsGiven) {
  configure(Level::info, Style::json);
  const std::string line = captured([] {
    info("bad \xff, cut \xe2\x82", {{"surrogate", "\xed\xa0\x80"}, {"good", "Käfer 甲虫 🪲"}});
  });
  EXPECT_TRUE(simdjson::validate_utf8(line)) << line;
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(line);
  EXPECT_EQ(std::string_view(json["good"]), "Käfer 甲虫 🪲");
  EXPECT_EQ(std::string_view(json["msg"]).substr(0, 4), "bad ");
}

TEST_F(LogTest, WritesFromItsLevelUp) {
  configure(Level::warning, Style::journal);
  EXPECT_FALSE(enabled(Level::debug));
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::warning));
  EXPECT_TRUE(enabled(Level::error));
  EXPECT_EQ(captured([] {
              debug("no");
              info("no");
              warning("yes");
            }),
            "<4>yes\n");
}

TEST_F(LogTest, OffIsSilent) {
  configure(Level::off, Style::text);
  EXPECT_FALSE(enabled(Level::error));
  EXPECT_FALSE(enabled(Level::off));
  EXPECT_EQ(captured([] {
              error("no");
              write(Level::off, "no");
            }),
            "");
}

}  // namespace
}  // namespace nexus_mirror::log
