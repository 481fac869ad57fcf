#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "cli/progress_events.h"
#include "cli/progress_lines.h"
#include "cli/progress_screen.h"
#include "cli/sync_progress.h"
#include "cli/text.h"
#include "support/captured_output.h"
#include "support/fake_env.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CapturedOutput;
using nexus_mirror::testing::FakeEnv;
using nexus_mirror::testing::terminal_of;
using Doing = sync::ExportProgress::Doing;
using std::chrono::milliseconds;

// What a terminal shows after `bytes`: enough of one for the sequences of ProgressScreen.
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

class ProgressTest : public ::testing::Test {
 protected:
  void pass(std::int64_t ms) { env_.clock += ms; }
  std::vector<std::string> lines(const Terminal& terminal = terminal_of(80)) const {
    return progress_lines(progress_.picture(), terminal);
  }

  FakeEnv env_;
  SyncProgress progress_{env_};
};

TEST_F(ProgressTest, ShowsRowsShareSpeedAndTimeLeft) {
  progress_.projects_expected({{"p", "Cars", 1'000'000}, {"q", "Dogs", 1'000'000}});
  progress_.project_rows("p", "Cars", 0, 1'000'000);
  pass(10'000);
  progress_.project_rows("p", "Cars", 250'000, 1'000'000);
  const auto shown = lines();
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0],
            "Cars                                 250,000/1,000,000  25%   25,000/s ETA 0:30");
  EXPECT_EQ(shown[1], "rows  12%  ETA 1:10  0 of 2 projects  250,000 of 2,000,000 rows  25,000/s");
}

TEST_F(ProgressTest, SaysBeforeTheFirstAnswerThatItAsks) {
  EXPECT_EQ(lines(), std::vector<std::string>{"sync  asking the server"});
}

// CONTRACT.md 8: files, bytes, rate and time left over all.
TEST_F(ProgressTest, ShowsFilesBytesRateAndTimeLeft) {
  progress_.files_fetched({0, 2000, 0, 40 << 20});
  pass(10'000);
  progress_.files_fetched({500, 2000, 10 << 20, 40 << 20});
  EXPECT_EQ(lines(), std::vector<std::string>{"files  25%  ETA 0:30  500 of 2,000 files  "
                                              "10.0 MiB of 40.0 MiB  1.0 MiB/s"});
  // Where the server says no sizes the files themselves tell.
  pass(10'000);
  progress_.files_fetched({1000, 2000, 20 << 20, 0});
  EXPECT_EQ(lines(), std::vector<std::string>{"files  50%  ETA 0:20  1,000 of 2,000 files  "
                                              "20.0 MiB  1.0 MiB/s"});
}

TEST_F(ProgressTest, ExportsAndThePlacingOfPicturesMoveToo) {
  progress_.exporting({Doing::writing, "p", "Cars", 0, 400, 0, 1000});
  pass(4'000);
  progress_.exporting({Doing::writing, "p", "Cars", 200, 400, 200, 1000});
  EXPECT_NE(lines().at(0).find("200/400  50% images' annotations"), std::string::npos)
      << lines()[0];
  EXPECT_EQ(lines().at(1), "exports  20%  ETA 0:16  200 of 1,000 images' annotations");
  progress_.exporting({Doing::placing, "p", "Cars", 300, 400, 400, 1000});
  EXPECT_NE(lines().at(0).find("300/400  75% pictures placed"), std::string::npos);
  progress_.exporting({Doing::renaming, "p", "Cars", 1, 4, 400, 1000});
  EXPECT_NE(lines().at(0).find("1/4  25% files put in place"), std::string::npos);
}

TEST_F(ProgressTest, DoesNotCountRowsOfAnEarlierSyncAsSpeed) {
  progress_.projects_expected({{"p", "Cars", 1'000'000}});
  progress_.project_resumed("p", "Cars", 900'000);
  progress_.project_rows("p", "Cars", 900'000, 1'000'000);
  pass(1'000);
  progress_.project_rows("p", "Cars", 901'000, 1'000'000);
  EXPECT_NE(lines()[0].find("901,000/1,000,000  90%    1,000/s ETA 1:39"), std::string::npos)
      << lines()[0];
  EXPECT_EQ(lines()[1].rfind("rows  90%  ETA 1:39", 0), 0U) << lines()[1];
}

// Finished ones are a number, and what moves comes before what waits.
TEST_F(ProgressTest, ShowsActiveProjectsFirstAndFinishedOnesAsANumber) {
  for (const char* id : {"a", "b", "c"}) progress_.project_rows(id, id, 0, 10);
  pass(5'000);
  progress_.project_rows("b", "b", 5, 10);
  progress_.project_rows("c", "c", 10, 10);
  progress_.project_finished("c");
  progress_.project_finished("c");
  const auto shown = lines();
  ASSERT_EQ(shown.size(), 3U);
  EXPECT_EQ(shown[0].rfind("b ", 0), 0U);
  EXPECT_EQ(shown[1].rfind("a ", 0), 0U);
  EXPECT_NE(shown[2].find("1 of 3 projects"), std::string::npos) << shown[2];
}

// What the server counted is no more to come than it has sent.
TEST_F(ProgressTest, AProjectThatIsThroughIsWhole) {
  progress_.projects_expected({{"p", "Cars", 100}, {"q", "Dogs", 100}});
  progress_.project_rows("p", "Cars", 50, 100);
  progress_.project_finished("p");
  progress_.project_rows("q", "Dogs", 50, 100);
  EXPECT_EQ(lines().back().rfind("rows  66%", 0), 0U) << lines().back();
}

TEST_F(ProgressTest, SaysThatItWaitsForTheServer) {
  progress_.project_rows("p", "Cars", 0, 10);
  progress_.waiting("", milliseconds(60'000));  // for a hook, say
  EXPECT_EQ(lines().back().find("waiting"), std::string::npos);
  progress_.waiting("vision-team", milliseconds(30'000));
  EXPECT_NE(lines().back().find("waiting 0:30 for the server"), std::string::npos);
  progress_.exchanged({});
  EXPECT_EQ(lines().back().find("waiting"), std::string::npos);
}

TEST_F(ProgressTest, StaysInsideNarrowAndLowTerminals) {
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    progress_.project_rows(number, "日本語のプロジェクト名がとても長い場合 " + number, 123'456'789,
                           987'654'321);
    pass(1000);
  }
  for (const std::size_t width : {1U, 20U, 40U, 60U, 80U, 200U}) {
    for (const std::size_t height : {1U, 2U, 3U, 10U, 100U}) {
      Terminal terminal = terminal_of(width);
      terminal.height = height;
      const auto shown = lines(terminal);
      EXPECT_LT(shown.size(), std::max<std::size_t>(height, 2)) << height;
      for (const std::string& line : shown) {
        EXPECT_LT(display_width(line), std::max<std::size_t>(width, 2)) << width << line;
      }
      EXPECT_EQ(shown.back().rfind(width < 10 ? "" : "rows", 0), 0U) << shown.back();
    }
  }
}

TEST_F(ProgressTest, IsPlainAsciiWithoutUtf8AndObeysNoName) {
  progress_.project_rows("p", "caf\xc3\xa9 \x1b[31m with a name that is far too long to show", 1,
                         2);
  const std::string line = lines(terminal_of(80, false)).at(0);
  EXPECT_EQ(line.rfind("caf? \\x1b[31m", 0), 0U) << line;
  EXPECT_TRUE(
      std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; }));
}

TEST(ProgressScreenTest, WritesOverItsLinesAndLeavesACleanScreen) {
  CapturedOutput captured;
  ProgressScreen screen(captured.fd(), terminal_of(60));
  const auto show = [&](std::vector<std::string> lines) {
    screen.show([&](const Terminal&) { return lines; });
  };
  show({"Cars", "Dogs", "rows"});
  EXPECT_EQ(screen_after(captured.text()), (std::vector<std::string>{"Cars", "Dogs", "rows", ""}));
  show({"Dogs", "rows"});
  EXPECT_EQ(screen_after(captured.text()), (std::vector<std::string>{"Dogs", "rows", ""}));
  screen.above([&] { ASSERT_EQ(::write(captured.fd(), "above\n", 6), 6); });
  show({"rows"});
  EXPECT_EQ(screen_after(captured.text()), (std::vector<std::string>{"above", "rows", ""}));
  screen.finish();
  EXPECT_EQ(screen_after(captured.text()), (std::vector<std::string>{"above", ""}));
  show({"late"});
  EXPECT_EQ(screen_after(captured.text()), (std::vector<std::string>{"above", ""}));
}

// A terminal that became narrower has broken the lines that stand there.
TEST(ProgressScreenTest, WritesOverLinesThatANarrowerTerminalHasBroken) {
  CapturedOutput captured;
  ProgressScreen screen(captured.fd(), terminal_of(10));
  const std::string wide(25, 'x');
  screen.show([&](const Terminal&) { return std::vector<std::string>{wide, "rows"}; });
  screen.show([&](const Terminal&) { return std::vector<std::string>{"Cars", "rows"}; });
  EXPECT_NE(captured.text().find("\x1b[4A"), std::string::npos) << "three rows and one";
}

// Ctrl-S, and a reader that does not read, hold up nothing.
TEST(ProgressScreenTest, NothingWaitsForAReaderThatDoesNotRead) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const std::string page(4096, 'x');
  while (::write(ends[1], page.data(), page.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, 0), 0) << "from here on a write would wait";
  ProgressScreen screen(ends[1], terminal_of(60));
  screen.show([](const Terminal&) { return std::vector<std::string>{"rows"}; });
  screen.finish();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ProgressScreenTest, DrawsNothingWithoutATerminalThatCanMoveItsCursor) {
  Terminal dumb = terminal_of(80);
  dumb.moves_cursor = false;
  for (const Terminal& terminal : {Terminal{}, dumb}) {
    CapturedOutput captured;
    ProgressScreen screen(captured.fd(), terminal);
    screen.show([](const Terminal&) { return std::vector<std::string>{"rows"}; });
    EXPECT_EQ(captured.text(), "");
  }
}

TEST(ProgressScreenTest, SurvivesAnOutputThatFails) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  {
    ProgressScreen screen(full, terminal_of(60));
    EXPECT_NO_THROW(screen.show([](const Terminal&) { return std::vector<std::string>{"1"}; }));
    EXPECT_NO_THROW(screen.show([](const Terminal&) { return std::vector<std::string>{"2"}; }));
  }
  ::close(full);
}

TEST_F(ProgressTest, EventsAreOneJsonLineEach) {
  CapturedOutput captured;
  ProgressEvents events(captured.fd());
  progress_.began(7, "full");
  progress_.projects_expected({{"p", "Ca\"rs\n", 100}});
  events.start(progress_.picture());
  progress_.project_rows("p", "Ca\"rs\n", 0, 100);
  pass(2'000);
  progress_.project_rows("p", "Ca\"rs\n", 40, 100);
  events.progress(progress_.picture());
  progress_.files_fetched({1, 4, 10, 0});
  events.progress(progress_.picture());
  progress_.exporting({Doing::placing, "p", "Ca\"rs\n", 3, 4, 100, 100});
  events.progress(progress_.picture());
  events.error("Cars", "listing: gone");
  events.error("", "no network");
  sync::SyncResult result;
  result.result = sync::Outcome::partial;
  result.exit = ExitCode::partial;
  result.rows = {3, 2, 1};
  events.end(result);
  EXPECT_EQ(
      captured.text(),
      R"({"event":"start","sync_id":7,"mode":"full","projects":1}
{"event":"progress","phase":"sync","project_id":"p","project":"Ca\"rs\n","rows":40,"total":100,)"
      R"("rows_per_s":20,"files":0,"files_total":0,"bytes":0,"bytes_total":0,"bytes_per_s":0,"eta_s":3,)"
      R"("whole":{"rows":40,"total":100,"projects":1,"finished":0}}
{"event":"progress","phase":"files","project_id":null,"project":null,"rows":null,"total":null,)"
      R"("rows_per_s":0,"files":1,"files_total":4,"bytes":10,"bytes_total":0,"bytes_per_s":0,"eta_s":null,)"
      R"("whole":{"rows":40,"total":100,"projects":1,"finished":0}}
{"event":"progress","phase":"placing","project_id":"p","project":"Ca\"rs\n","rows":3,"total":4,)"
      R"("rows_per_s":0,"files":1,"files_total":4,"bytes":10,"bytes_total":0,"bytes_per_s":0,"eta_s":0,)"
      R"("whole":{"rows":40,"total":100,"projects":1,"finished":0}}
{"event":"error","project":"Cars","message":"listing: gone"}
{"event":"error","project":null,"message":"no network"}
{"event":"end","result":"partial","exit":1,"rows":6,"files":0,"exports":0,"inserted":3,"updated":2,"deleted":1}
)");
}

}  // namespace
}  // namespace nexus_mirror::cli
