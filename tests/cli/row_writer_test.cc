#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "cli/row_writer.h"
#include "cli/text.h"
#include "support/captured_output.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::CapturedOutput;
using nexus_mirror::testing::terminal_of;
using store::Row;

constexpr std::monostate kNull{};

std::string write_rows(RowFormat format, const std::vector<std::string>& columns,
                       const std::vector<Row>& rows, const Terminal& terminal = {},
                       const RowStyle& style = {}) {
  CapturedOutput captured(terminal);
  const auto writer = make_row_writer(format, captured.output(), style);
  writer->begin(columns);
  for (const Row& row : rows) writer->row(row);
  writer->end();
  return captured.text();
}

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, display_width(line));
  }
  return widest;
}

std::string text(const char* value) { return value; }

TEST(TableTest, AlignsTextLeftAndNumbersRight) {
  EXPECT_EQ(
      write_rows(RowFormat::table, {"name", "count", "share"},
                 {{text("cars"), std::int64_t{5}, 0.25}, {text("é"), std::int64_t{12345}, kNull}}),
      "name  count  share\n"
      "----  -----  -----\n"
      "cars      5   0.25\n"
      "é     12345\n");
}

TEST(TableTest, AlignsWideCharacters) {
  EXPECT_EQ(
      write_rows(RowFormat::table, {"a", "b"}, {{text("日本"), text("x")}, {text("😀"), text("y")}}),
      "a     b\n"
      "----  -\n"
      "日本  x\n"
      "😀    y\n");
}

TEST(TableTest, ShowsTheHeaderOfAnEmptyResult) {
  EXPECT_EQ(write_rows(RowFormat::table, {"a", "b"}, {}), "a  b\n-  -\n");
  EXPECT_EQ(write_rows(RowFormat::table, {"a"}, {}, terminal_of(60)), "a\n-\n(0 rows)\n");
}

TEST(TableTest, CutsNothingWhereThereIsNoTerminal) {
  const std::string longest(500, 'x');
  EXPECT_NE(
      write_rows(RowFormat::table, {"a", "b"}, {{longest, longest}}).find(longest + "  " + longest),
      std::string::npos);
}

TEST(TableTest, FitsTheTerminalAndSharesItFairly) {
  const Row row = {text("asset_0123456789"), std::string(200, 'x'), std::int64_t{1234567890},
                   text("日本語の長い名前がここに入ります日本語の長い名前")};
  const std::string table =
      write_rows(RowFormat::table, {"id", "url", "n", "name"}, {row}, terminal_of(60));
  EXPECT_LE(widest_line(table), 60U) << table;
  EXPECT_NE(table.find("1234567890"), std::string::npos) << "numbers are not cut\n" << table;
  EXPECT_NE(table.find("…"), std::string::npos);
  EXPECT_NE(table.find("(1 row)\n"), std::string::npos);
  const std::string ascii =
      write_rows(RowFormat::table, {"id", "url", "n", "name"}, {row}, terminal_of(60, false));
  EXPECT_NE(ascii.find("xxx..."), std::string::npos) << ascii;
}

TEST(TableTest, KeepsShortColumnsWholeWhileLongOnesGiveWay) {
  const std::string table =
      write_rows(RowFormat::table, {"status", "url"}, {{text("Completed"), std::string(100, 'u')}},
                 terminal_of(40));
  EXPECT_NE(table.find("Completed  uuuu"), std::string::npos) << table;
  EXPECT_EQ(widest_line(table), 40U) << table;
}

TEST(TableTest, TurnsToBlocksWhereColumnsDoNotFit) {
  std::vector<std::string> columns;
  Row row;
  for (int i = 0; i < 18; ++i) {
    columns.push_back("column_" + std::to_string(i));
    row.emplace_back("value " + std::string(80, 'v'));
  }
  const std::string table = write_rows(RowFormat::table, columns, {row, row}, terminal_of(60));
  EXPECT_LE(widest_line(table), 60U) << table;
  EXPECT_NE(table.find("column_17  value vvv"), std::string::npos) << table;
  EXPECT_NE(table.find("(2 rows)\n"), std::string::npos);
}

TEST(TableTest, KeepsUncutColumnsWhole) {
  const std::string link = "https://storage.example/" + std::string(200, 'p');
  const std::string table = write_rows(RowFormat::table, {"name", "url"}, {{text("x"), link}},
                                       terminal_of(60), {{}, {"url"}});
  EXPECT_NE(table.find(link), std::string::npos) << table;
}

TEST(TableTest, LetsNoEscapeSequenceThrough) {
  const std::string table = write_rows(RowFormat::table, {"a\x1b[31m"},
                                       {{text("\x1b]0;title\x07 \xc2\x9b"
                                              "2J\nline")}},
                                       terminal_of(80));
  for (const char c : table) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(table.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(table.find("\\x1b]0;title\\x07 \\u009b2J\\nline"), std::string::npos) << table;
}

TEST(TableTest, StreamsAfterTheRowsThatDecideTheLayout) {
  CapturedOutput captured;
  const auto writer = make_row_writer(RowFormat::table, captured.output());
  writer->begin({"n"});
  for (std::int64_t i = 0; i < 999; ++i) writer->row({i});
  EXPECT_EQ(captured.text(), "");
  writer->row({std::int64_t{999}});
  writer->row({text("wider than before")});
  writer->row({std::int64_t{1}});
  const std::string table = captured.text();
  EXPECT_EQ(table.substr(0, 12), "  n\n---\n  0\n");
  EXPECT_NE(table.find("999\nwider than before\n  1\n"), std::string::npos);
}

TEST(TableCsvTest, QuotesWhatNeedsIt) {
  EXPECT_EQ(write_rows(RowFormat::csv, {"a", "b,c", "d"},
                       {{text("plain"), text("x,y"), text("say \"hi\"")},
                        {text("two\nlines"), text("cr\r"), text("日本")},
                        {kNull, text(""), std::int64_t{-7}},
                        {0.5, text(" blank "), text("😀")}}),
            "a,\"b,c\",d\n"
            "plain,\"x,y\",\"say \"\"hi\"\"\"\n"
            "\"two\nlines\",\"cr\r\",日本\n"
            ",\"\",-7\n"
            "0.5, blank ,😀\n");
}

TEST(TableCsvTest, WritesNoEmptyLine) {
  EXPECT_EQ(write_rows(RowFormat::csv, {"a"}, {{kNull}, {text("")}}), "a\n\"\"\n\"\"\n");
}

TEST(TableJsonTest, WritesOneArrayOfObjects) {
  EXPECT_EQ(write_rows(RowFormat::json, {"a", "b"},
                       {{std::int64_t{1}, kNull}, {2.5, text("x\"\\\n\t\x1b")}}),
            "[\n{\"a\":1,\"b\":null},\n{\"a\":2.5,\"b\":\"x\\\"\\\\\\n\\t\\u001B\"}\n]\n");
  EXPECT_EQ(write_rows(RowFormat::json, {"a"}, {}), "[]\n");
}

TEST(TableJsonTest, WritesAnObjectALine) {
  EXPECT_EQ(write_rows(RowFormat::ndjson, {"a"}, {{std::int64_t{1}}, {text("b\nc")}}),
            "{\"a\":1}\n{\"a\":\"b\\nc\"}\n");
  EXPECT_EQ(write_rows(RowFormat::ndjson, {"a"}, {}), "");
}

TEST(TableJsonTest, IsAlwaysValidUtf8AndKeepsNul) {
  const std::string json = write_rows(
      RowFormat::json, {"a\xff"}, {{text("x\xc3")}, {std::string("n\0l", 3)}, {text("日本 😀")}});
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  ASSERT_FALSE(document.HasParseError()) << json;
  EXPECT_STREQ(document[0].MemberBegin()->name.GetString(), "a\xef\xbf\xbd");
  EXPECT_STREQ(document[0].MemberBegin()->value.GetString(), "x\xef\xbf\xbd");
  EXPECT_EQ(document[1].MemberBegin()->value.GetStringLength(), 3U);
  EXPECT_STREQ(document[2].MemberBegin()->value.GetString(), "日本 😀");
}

TEST(TableJsonTest, TellsColumnsOfOneNameApart) {
  EXPECT_EQ(write_rows(RowFormat::ndjson, {"id", "id", "id_2", "id"},
                       {{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}}}),
            "{\"id\":1,\"id_3\":2,\"id_2\":3,\"id_4\":4}\n");
}

TEST(TableJsonTest, WritesNumbersExactly) {
  EXPECT_EQ(write_rows(RowFormat::ndjson, {"a", "b", "c", "d"},
                       {{std::numeric_limits<std::int64_t>::min(), 0.1 + 0.2,
                         std::numeric_limits<double>::infinity(), 1e22}}),
            "{\"a\":-9223372036854775808,\"b\":0.30000000000000004,\"c\":null,\"d\":1e+22}\n");
}

TEST(TableJsonTest, EmbedsJsonColumnsOnOneLine) {
  const RowStyle style = {{"after"}, {}};
  EXPECT_EQ(write_rows(RowFormat::ndjson, {"after"},
                       {{text("{\"a\":\n[12345678901234567890123]}")}, {text("no {json")}, {kNull}},
                       {}, style),
            "{\"after\":{\"a\": [12345678901234567890123]}}\n"
            "{\"after\":\"no {json\"}\n"
            "{\"after\":null}\n");
}

}  // namespace
}  // namespace nexus_mirror::cli
