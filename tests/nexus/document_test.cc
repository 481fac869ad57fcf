#include "nexus/document.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "nexus_mirror/error.h"
#include "support/decoded_rows.h"

namespace nexus_mirror::nexus {
namespace {

Document parse(const std::string& body) {
  return Document::parse(body, "listing", "/projects/p/tags");
}

std::size_t count_rows(const Document& document) {
  std::size_t count = 0;
  std::vector<UnreadableRow> unreadable;
  document.for_each_row([&](const simdjson::dom::element&) { ++count; }, unreadable);
  EXPECT_TRUE(unreadable.empty());
  return count;
}

// Fails unless `action` throws Error(bad_response) that says `what` and where.
template <typename Action>
void expect_bad_response(const Action& action, const std::string& what) {
  try {
    action();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_response);
    EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("/projects/p/tags"), std::string::npos);
  }
}

TEST(DocumentTest, ReadsPagesWithCursorsInBothSpellings) {
  for (const char* key : {"nextPage", "next_page"}) {
    const Document page = parse(R"({"data": [{}, {}], ")" + std::string(key) + R"(": "c=1"})");
    EXPECT_EQ(page.next_page(), "c=1") << key;
    EXPECT_EQ(count_rows(page), 2U);
  }
}

TEST(DocumentTest, EndsWhereThereIsNoCursor) {
  for (const char* body :
       {R"({"data": []})", R"({"data": [], "nextPage": null})", R"({"data": [], "nextPage": ""})",
        R"({"next_page": null, "data": []})", "[]", "[{}, {}]"}) {
    EXPECT_EQ(parse(body).next_page(), std::nullopt) << body;
  }
  EXPECT_EQ(count_rows(parse(" [{}, {}, {}]\n")), 3U);
}

TEST(DocumentTest, RefusesACursorThatIsNoText) {
  expect_bad_response([] { parse(R"({"data": [], "nextPage": 7})"); }, "cursor");
}

TEST(DocumentTest, RefusesWhatIsNoJson) {
  expect_bad_response([] { parse(""); }, "empty");
  for (const char* body : {"<html>502 Bad Gateway</html>", "{", "[{\"id\": \"a\"}", "[1,", "nul",
                           R"({"data": [{"id": "a"}, {"id": "b)", R"({"data": [{}]}})", "[{}] []",
                           "[{\"id\": \"\xff\"}"}) {
    expect_bad_response([&] { parse(body); }, "no JSON");
  }
}

TEST(DocumentTest, RefusesWhatHoldsNoList) {
  for (const char* body : {"{}", R"({"data": {}})", R"({"data": null})", "7", "\"text\""}) {
    expect_bad_response([&] { count_rows(parse(body)); }, "no list");
  }
  expect_bad_response([] { parse("[]").object(); }, "not one readable object");
}

TEST(DocumentTest, FindsTextOfTheRoot) {
  const Document document = parse(R"({"code": "ForbiddenError", "status": 403})");
  EXPECT_EQ(document.text_at("code"), "ForbiddenError");
  EXPECT_EQ(document.text_at("status"), std::nullopt);
  EXPECT_EQ(document.text_at("message"), std::nullopt);
}

TEST(DocumentTest, StaysUsableWhenMoved) {
  Document first = parse(R"({"data": [{}], "nextPage": "x"})");
  Document second = std::move(first);
  EXPECT_EQ(count_rows(second), 1U);
  EXPECT_EQ(second.next_page(), "x");
}

class SpoiledRowTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SpoiledRowTest, SpoilsNoOtherRow) {
  const std::string rows = R"([{"id": "w1", "name": "a"}, {"id": "w2", "createDate": )" +
                           std::string(GetParam()) + R"(}, {"id": "w3", "name": "c"}])";
  for (const std::string& body : {rows, R"({"nextPage": "n", "data": )" + rows + "}"}) {
    const Document document = parse(body);
    objects::RowBatch batch(objects::workspaces);
    std::vector<UnreadableRow> unreadable;
    Decoder::of(objects::workspaces).decode_list(document, {}, batch, unreadable);
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch.row(0)[0].text(), "w1");
    EXPECT_EQ(batch.row(1)[0].text(), "w3");
    ASSERT_EQ(unreadable.size(), 1U);
    EXPECT_EQ(unreadable[0].id, "w2");
    EXPECT_FALSE(unreadable[0].reason.empty());
    EXPECT_EQ(document.next_page().value_or("none"), body == rows ? "none" : "n");
  }
}

INSTANTIATE_TEST_SUITE_P(Values, SpoiledRowTest,
                         ::testing::Values("1e999", "-1e999", "123456789012345678901234567890",
                                           "1.5", "\"x\"", "18446744073709551615"));

// What the page says besides its rows is read as of one that has no such number.
TEST(SpoiledPageTest, HasTheCursorOfAPageReadAtOnce) {
  for (const char* cursors :
       {R"("nextPage": "", "next_page": "b")", R"("next_page": "b", "nextPage": "a")",
        R"("next_page": "b", "nextPage": null)",
        R"("nextPage": "a", "nextPage": "b", "next_page": 5)", R"("x": 1)"}) {
    const std::string begin = R"({"data": [{"id": "w1"}], )" + std::string(cursors);
    EXPECT_EQ(parse(begin + R"(, "y": 1e999})").next_page(), parse(begin + "}").next_page())
        << cursors;
  }
  for (const char* number : {"1", "1e999"}) {
    expect_bad_response(
        [&] { parse(R"({"data": [], "nextPage": 7, "x": )" + std::string(number) + "}"); },
        "cursor is no text");
  }
}

TEST(SpoiledPageTest, ReportsRowsThatAreNoObjectsOneByOne) {
  for (const char* number : {"1", "1e999"}) {
    const auto decoded = testing::decode(
        objects::workspaces,
        R"([{"id": "w1"}, null, [1, [2]], "x", {"id": "w2"}, {"n": )" + std::string(number) + "}]");
    EXPECT_EQ(decoded.rows.size(), 2U) << number;
    EXPECT_EQ(decoded.unreadable.size(), 4U) << number;
  }
}

TEST(SpoiledPageTest, TakesTheFirstOfTwoLists) {
  const std::string lists = R"({"data": [{"id": "w1"}], "data": [{"id": "w2"}, {"id": "w3"}])";
  EXPECT_EQ(count_rows(parse(lists + "}")), 1U);
  EXPECT_EQ(count_rows(parse(lists + R"(, "x": 1e999})")), 1U);
}

TEST(DocumentTest, RefusesOneObjectThatHoldsSuchANumber) {
  expect_bad_response([] { parse(R"({"id": "a", "x": 1e999})"); }, "no JSON");
}

TEST(DocumentTest, RefusesWhatIsTooDeep) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  expect_bad_response([&] { parse("{\"id\": " + deep + "}"); }, "no JSON");
  const auto one_row = testing::decode(objects::workspaces, deep);
  EXPECT_TRUE(one_row.rows.empty());
  EXPECT_EQ(one_row.unreadable.size(), 1U);
  const std::string objects = "[{\"id\": \"a\", \"x\": " + std::string(5000, '[') +
                              std::string(5000, ']') + "}, {\"id\": \"b\"}]";
  // Whether the row alone goes or the page, nothing of such a row comes in.
  try {
    const auto decoded = testing::decode(objects::workspaces, objects);
    ASSERT_EQ(decoded.rows.size(), 1U);
    EXPECT_EQ(std::get<std::string>(decoded.rows[0].at("id")), "b");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_response);
  }
}

// What a reader sees of an answer: its cursor, its rows, what was wrong, or why there is nothing.
std::string seen_of(const std::string& body) {
  try {
    const Document page = parse(body);
    std::string seen = page.next_page().value_or("-") + ":";
    std::vector<UnreadableRow> unreadable;
    const auto note = [&](const simdjson::dom::element& row) {
      seen += " " + simdjson::minify(row);
    };
    page.for_each_row(note, unreadable);
    for (const UnreadableRow& row : unreadable) seen += " !" + row.id + " " + row.reason;
    return seen;
  } catch (const Error& error) {
    return error.what();
  }
}

std::string object_of(const std::string& body) {
  try {
    const Document answer = parse(body);
    const std::string text = answer.text_at("id").value_or("-");
    return text + " " + simdjson::minify(answer.object());
  } catch (const Error& error) {
    return error.what();
  }
}

// A page above 1 MiB is parsed row by row, and nobody can tell.
TEST(DocumentTest, ALargeAnswerIsReadAsASmallOne) {
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  for (const std::string body :
       {R"({"data": [{"id": "a"}, {"id": "b", "x": [1, {"y": "]}"}]}], "nextPage": "c\u0041"})",
        R"({"next_page": "c", "data": []})",
        R"({"data": [{}], "nextPage": null, "next_page": "d"})",
        R"({"data": [{}], "nextPage": 7})",
        R"({"data": [{}], "nextPage": "", "next_page": "e"})",
        R"([{"id": "a"}, null, 7, "text", true, [1, 2]])",
        R"([])",
        R"({"data": []})",
        R"({})",
        R"({"data": {"id": "a"}, "id": "b"})",
        R"({"data": null})",
        R"({"data": "text", "id": "c"})",
        R"({"logs": [{"t": 1}], "id": "d"})",
        R"("text")",
        R"(7)",
        R"(null)",
        R"([{"id": "\ud83d"}, {"id": "\ud83d\ude00"}, {"id": "\\ud83d"}])",
        R"([{"id": "a", "n": 1e999}, {"id": "b"}])",
        R"({"data": [{"id": "a"}], "data": [{}, {}]})",
        R"({"data": [{"id": "a"}, {"id": "b)",
        R"([{"id": "a"}] x)",
        R"([{"id": "a"},])",
        R"([{"id": "a"} {"id": "b"}])",
        R"([{"id": "a", "b": nul}])",
        R"({"data": [{}], "x": tru})",
        R"(<html>)",
        R"([1,)",
        R"({"data": [{}]]})"}) {
    for (const std::string& small : {body, "\xff" + body, body + deep}) {
      const std::string large = small + std::string((1 << 20) + 1, ' ');
      EXPECT_EQ(seen_of(large), seen_of(small)) << small;
      EXPECT_EQ(object_of(large), object_of(small)) << small;
    }
  }
  const std::string row = R"({"id": "a", "x": )" + deep + "}";
  for (const std::string& small : {"[" + row + ", {}]", R"({"data": [)" + row + "]}"}) {
    EXPECT_EQ(seen_of(small + std::string((1 << 20) + 1, ' ')), seen_of(small)) << small;
  }
}

}  // namespace
}  // namespace nexus_mirror::nexus
