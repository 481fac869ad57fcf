#include <gtest/gtest.h>

#include <limits>

#include "text/json_writer.h"

namespace nexus_mirror::text {
namespace {

TEST(JsonWriterTest, PutsCommasAndColons) {
  JsonWriter json;
  json.begin_object();
  json.member("text", "a");
  json.member("yes", true);
  json.member("number", 7);
  json.member("big", std::numeric_limits<std::uint64_t>::max());
  json.member("list", std::vector<std::string>{"a", "b"});
  json.begin_array("objects");
  for (int i = 0; i < 2; ++i) {
    json.begin_object();
    json.end_object();
  }
  json.begin_array();
  json.value(1);
  json.value("b");
  json.end_array();
  json.end_array();
  json.begin_object("last");
  json.raw_member("raw", "{\"x\":[1]}");
  json.member("none", nullptr);
  json.end_object();
  json.end_object();
  EXPECT_EQ(json.text(),
            "{\"text\":\"a\",\"yes\":true,\"number\":7,\"big\":18446744073709551615,"
            "\"list\":[\"a\",\"b\"],\"objects\":[{},{},[1,\"b\"]],"
            "\"last\":{\"raw\":{\"x\":[1]},\"none\":null}}");
}

TEST(JsonWriterTest, WritesWhatIsAbsentAsNull) {
  JsonWriter json;
  json.begin_array();
  json.value(std::optional<int>());
  json.value(std::optional<std::string>());
  json.value(std::optional<std::string>("x"));
  json.value(std::numeric_limits<double>::infinity());
  json.real(std::numeric_limits<double>::quiet_NaN());
  json.end_array();
  EXPECT_EQ(json.take(), "[null,null,\"x\",null,null]");
}

TEST(JsonWriterTest, WritesRealsInBothForms) {
  JsonWriter json;
  json.begin_array();
  json.value(3.0);
  json.real(3.0);
  json.value(0.25);
  json.end_array();
  EXPECT_EQ(json.take(), "[3,3.0,0.25]");
}

TEST(JsonWriterTest, BreaksLinesBehindCommas) {
  JsonWriter json;
  json.begin_array();
  json.new_line();
  json.value(1);
  json.new_line();
  json.value(2);
  json.new_line();
  json.end_array();
  EXPECT_EQ(json.take(), "[\n1,\n2\n]");
}

TEST(JsonWriterTest, GoesOnWhereItWasTaken) {
  JsonWriter json;
  json.begin_array();
  json.value(1);
  EXPECT_EQ(json.take(), "[1");
  json.value(2);
  EXPECT_EQ(json.take(), ",2");
  json.clear();
  json.value(3);
  EXPECT_EQ(json.take(), "3");
}

TEST(JsonTest, EscapesInTwoForms) {
  const std::string_view text("q\"b\\/\n\t\x01\x1f\x7f\b\0", 12);
  std::string codes, letters;
  append_string(codes, text);
  append_string(letters, text, Escapes::letters);
  EXPECT_EQ(codes, "\"q\\\"b\\\\/\\n\\u0009\\u0001\\u001f\x7f\\u0008\\u0000\"");
  EXPECT_EQ(letters, "\"q\\\"b\\\\/\\n\\t\\u0001\\u001F\x7f\\b\\u0000\"");
}

TEST(JsonTest, IsValidUtf8WhateverComesIn) {
  std::string json;
  append_string(json,
                "K\xc3\xa4"
                "fer \xff\xe7\x94\xb2 \xe2\x82");
  EXPECT_EQ(json,
            "\"K\xc3\xa4"
            "fer \xef\xbf\xbd\xe7\x94\xb2 \xef\xbf\xbd\"");
  JsonWriter writer;
  writer.begin_object();
  writer.member("\xff", "\xff");
  writer.end_object();
  EXPECT_EQ(writer.text(), "{\"\xef\xbf\xbd\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace nexus_mirror::text
