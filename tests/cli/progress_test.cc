#include "cli/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "cli/text.h"
#include "support/captured_output.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CapturedOutput;
using nexus_mirror::testing::terminal_of;

// What a terminal shows after `bytes`: enough of one for the sequences of ProgressDisplay.
std::vector<std::string> screen_after(const std::string& bytes) {
  std::vector<std::string> lines(1);
  std::size_t row = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n') {
      if (++row == lines.size()) lines.emplace_back();
    } else if (bytes[i] == '\x1b') {
      const std::size_t end = bytes.find_first_of("AKJ", i);
      if (bytes[end] == 'A') row -= std::stoul(bytes.substr(i + 2, end - i - 2));
      if (bytes[end] != 'A') lines[row].clear();
      if (bytes[end] == 'J') lines.resize(row + 1);
      i = end;
    } else if (bytes[i] != '\r') {
      lines[row] += bytes[i];
    }
  }
  return lines;
}

TEST(ProgressTest, DrawsNothingWhereThereIsNoTerminal) {
  CapturedOutput captured;
  {
    ProgressDisplay display(captured.fd(), Terminal{}, 1);
    display.update("p", "Cars", 1, 10, 0);
    display.finish_project("p", 1000);
  }
  EXPECT_EQ(captured.text(), "");
}

// CONTRACT.md 8: files, bytes, rate and time left over all.
TEST(ProgressTest, ShowsFilesBytesRateAndTimeLeft) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(80), 1);
  display.finish_project("p", 0);
  display.update_files(0, 2000, 0, 40 << 20, 0);
  display.update_files(500, 2000, 10 << 20, 40 << 20, 10'000);
  auto screen = screen_after(captured.text());
  ASSERT_EQ(screen.size(), 3U);
  EXPECT_EQ(screen[0], "files 500/2000  25%  10.0 MiB of 40.0 MiB, 1.0 MiB/s ETA 0:30");
  EXPECT_EQ(screen[1], "1 of 1 projects done, 0 active, 0 rows, 0/s") << "files are no rows";
  // Where the server says no sizes the files themselves tell.
  display.update_files(1000, 2000, 20 << 20, 0, 20'000);
  screen = screen_after(captured.text());
  EXPECT_EQ(screen[0], "files 1000/2000  50%  20.0 MiB, 1.0 MiB/s ETA 0:20");
}

TEST(ProgressTest, ShowsRowsShareSpeedAndTimeLeft) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(60), 3);
  display.update("p", "Cars", 0, 1'000'000, 0);
  display.update("p", "Cars", 250'000, 1'000'000, 10'000);
  const auto screen = screen_after(captured.text());
  ASSERT_EQ(screen.size(), 3U);
  EXPECT_EQ(screen[0], "Cars               250000/1000000  25%  25000/s ETA 0:30");
  EXPECT_EQ(screen[1], "0 of 3 projects done, 1 active, 250000 rows, 25000/s");
  EXPECT_EQ(screen[2], "");
}

TEST(ProgressTest, DoesNotCountRowsOfAnEarlierSyncAsSpeed) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(80), 1);
  display.update("p", "Cars", 900'000, 1'000'000, 0);
  display.update("p", "Cars", 901'000, 1'000'000, 1'000);
  const auto screen = screen_after(captured.text());
  EXPECT_NE(screen[0].find(" 1000/s ETA 1:39"), std::string::npos) << screen[0];
}

TEST(ProgressTest, RedrawsAtMostTenTimesASecond) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(60), 1);
  for (std::int64_t now = 0; now < 1000; ++now) display.update("p", "Cars", now, 1000, now);
  const std::string text = captured.text();
  std::size_t drawn = 0;
  for (std::size_t at = text.find("Cars"); at != std::string::npos;
       at = text.find("Cars", at + 1)) {
    ++drawn;
  }
  EXPECT_EQ(drawn, 10U);
}

TEST(ProgressTest, StaysInsideNarrowAndLowTerminals) {
  Terminal terminal = terminal_of(60);
  terminal.height = 10;
  CapturedOutput captured(terminal);
  ProgressDisplay display(captured.fd(), terminal, 200);
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    display.update(number, "日本語のプロジェクト名がとても長い場合 " + number, 123'456'789,
                   987'654'321, i * 1000);
  }
  const auto screen = screen_after(captured.text());
  EXPECT_LE(screen.size(), terminal.height);
  for (const std::string& line : screen) EXPECT_LT(display_width(line), 60U) << line;
  EXPECT_NE(screen.at(screen.size() - 2).find("100 active"), std::string::npos);
}

TEST(ProgressTest, IsPlainAsciiWithoutUtf8AndObeysNoName) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(60, false), 1);
  display.update("p", "caf\xc3\xa9 \x1b[31m with a name that is far too long to show", 1, 2, 0);
  const auto screen = screen_after(captured.text());
  EXPECT_EQ(screen[0].rfind("caf? \\x1b[31m", 0), 0U) << screen[0];
  EXPECT_TRUE(std::all_of(screen[0].begin(), screen[0].end(),
                          [](unsigned char c) { return c >= 0x20 && c < 0x7f; }));
}

TEST(ProgressTest, LeavesACleanScreen) {
  CapturedOutput captured;
  ProgressDisplay display(captured.fd(), terminal_of(60), 2);
  display.update("a", "Cars", 1, 2, 0);
  display.update("b", "Dogs", 1, std::nullopt, 200);
  EXPECT_EQ(screen_after(captured.text()).size(), 4U);
  display.finish_project("a", 400);
  const auto screen = screen_after(captured.text());
  EXPECT_EQ(screen.size(), 3U);
  EXPECT_NE(screen[0].find("1 rows"), std::string::npos) << screen[0];
  display.clear();
  EXPECT_EQ(screen_after(captured.text()), std::vector<std::string>{""});
  display.update("b", "Dogs", 2, std::nullopt, 401);
  EXPECT_EQ(screen_after(captured.text()).size(), 3U);
  display.finish();
  EXPECT_EQ(screen_after(captured.text()), std::vector<std::string>{""});
  display.update("b", "Dogs", 3, std::nullopt, 9000);
  EXPECT_EQ(screen_after(captured.text()), std::vector<std::string>{""});
}

TEST(ProgressTest, SurvivesAnOutputThatFails) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    ProgressDisplay display(full, terminal_of(60), 1);
    EXPECT_NO_THROW(display.update("p", "Cars", 1, 2, 0));
    EXPECT_NO_THROW(display.update("p", "Cars", 2, 2, 1000));
  }
  ::close(full);
}

}  // namespace
}  // namespace nexus_mirror::cli
