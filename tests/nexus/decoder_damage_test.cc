// Pages that were cut short or hit by a wrong byte: an Error or rows, and nothing else.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <random>

#include "nexus/decoder.h"
#include "nexus/export_answers.h"
#include "nexus_mirror/error.h"
#include "support/places.h"

namespace nexus_mirror::nexus {
namespace {

struct Listed {
  const char* kind;  // file of tests/corpus
  const objects::Table* table;
};

constexpr Listed kListed[] = {
    {"projects", &objects::projects},
    {"users", &objects::project_users},
    {"tags", &objects::tags},
    {"ontologies", &objects::ontologies},
    {"assets", &objects::assets},
    {"annotations", &objects::annotations},
    {"workflows", &objects::workflows},
    {"runs", &objects::runs},
    {"insights", &objects::insights},
    {"artifacts", &objects::artifacts},
    {"models", &objects::models},
    {"deployments", &objects::deployments},
    {"operations", &objects::operations},
    {"runlogs", &objects::run_logs},
};
// Bytes that mean something to JSON, among others.
constexpr std::string_view kBytes = "\"\\{}[]:,0123456789.-+eEtfnul \n\x01\x7f\x80\xc3\xed\xff";
constexpr std::size_t kRows = 4;       // of the corpus on a page
constexpr std::size_t kMutants = 400;  // of each page, and as many that are cut

std::vector<std::string> first_lines(const std::string& kind) {
  std::ifstream file(testing::in_source("tests/corpus/") + kind + ".ndjson");
  std::vector<std::string> lines;
  for (std::string line; lines.size() < kRows && std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string list_of(const std::vector<std::string>& lines) {
  std::string list = "[";
  for (const std::string& line : lines) list += (list.size() > 1 ? "," : "") + line;
  return list + "]";
}

// What was taken in had better be what the mirror promises: JSON where a column holds JSON.
void expect_sound(const objects::RowBatch& rows) {
  const auto fields = rows.table().fields;
  simdjson::dom::parser parser;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t i = 0; i < rows.columns(); ++i) {
      const objects::Cell& cell = rows.row(row)[i];
      if (cell.null() || (i < fields.size() && !fields[i].json())) continue;
      ASSERT_EQ(parser.parse(std::string(cell.text())).error(), simdjson::SUCCESS) << cell.text();
    }
  }
}

class DamageTest : public ::testing::Test {
 protected:
  // Reads `body` in every way in which an answer is read.
  void read(const std::string& body, const objects::Table& table) {
    SCOPED_TRACE(body);
    ++pages_;
    objects::RowBatch rows(table);
    std::vector<UnreadableRow> unreadable;
    attempt([&] {
      const Document document = Document::parse(body, "listing", "rows");
      ++parsed_;
      document.next_page();
      document.text_at("message");
      attempt([&] { Decoder::of(table).decode_list(document, kContext, rows, unreadable); });
      attempt([&] { Decoder::of(table).decode_object(document, kContext, rows, unreadable); });
      attempt([&] { read_specially(document, unreadable); });
    });
    expect_sound(rows);
    rows_ += rows.size();
    unreadable_ += unreadable.size();
  }

  static void read_specially(const Document& document, std::vector<UnreadableRow>& unreadable) {
    objects::RowBatch artifacts(objects::artifacts), models(objects::models);
    objects::RowBatch logs(objects::run_logs), project(objects::projects);
    Decoder::of(objects::artifacts).decode_list(document, kContext, artifacts, unreadable);
    for (const NamedExports& named : decode_exports(document, kContext, models, unreadable)) {
      keep_named_formats(artifacts, named, models, 0);
    }
    decode_models(document, kContext, "artifact", models, unreadable);
    project.add_row();
    merge_groups(document, project, unreadable);
    decode_run_log(document, kContext, "run", "log", logs, unreadable);
    annotation_export(document);
  }

  // Anything but an Error of the right kind ends the test.
  static void attempt(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_response) << error.what();
    }
  }

  std::size_t below(std::size_t end) { return chance_() % end; }

  void TearDown() override {
    std::cout << pages_ << " damaged pages, " << parsed_ << " of them JSON: " << rows_ << " rows, "
              << unreadable_ << " kept out\n";
  }

  inline static const Context kContext{"proj", nullptr};
  std::mt19937 chance_{20240229};
  std::size_t pages_ = 0, parsed_ = 0, rows_ = 0, unreadable_ = 0;
};

TEST_F(DamageTest, OfAnyPageIsAnErrorOrLeavesRows) {
  for (const auto& [kind, table] : kListed) {
    const std::vector<std::string> lines = first_lines(kind);
    ASSERT_FALSE(lines.empty()) << kind;
    const std::string list = list_of(lines);
    for (const std::string& page :
         {list, "{\"nextPage\":null,\"data\":" + list + "}",
          "{\"data\":" + list + ",\"next_page\":\"" + std::string(40, 'c') + "\"}", lines[0]}) {
      for (std::size_t i = 0; i < kMutants; ++i) {
        read(page.substr(0, below(page.size())), *table);
        std::string mutant = page;
        for (std::size_t hits = 1 + below(3); hits > 0; --hits) {
          mutant[below(mutant.size())] = kBytes[below(kBytes.size())];
        }
        read(mutant, *table);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(rows_, 10'000U) << "hardly any page was still to be read";
  EXPECT_GT(unreadable_, 1'000U);
  EXPECT_GT(pages_ - parsed_, 10'000U) << "hardly any page was damaged";
}

// One row that JSON cannot say, and then the same damage around it: these go through the other
// parser, which looks at values only when asked.
TEST_F(DamageTest, BesideARowThatCannotBeSaidIsAnErrorOrLeavesRows) {
  for (const std::string before : {"", "\"nextPage\":null,", "\"nextPage\":\"c\",\"x\":[{}],"}) {
    const std::string page =
        "{" + before +
        "\"data\":[{\"id\":\"a\",\"frame\":1e999},{\"id\":\"b\",\"name\":\"\\n\"}"
        ",{\"id\":\"c\",\"bound\":[[0.1,0.2]]}],\"next_page\":null}";
    for (std::size_t i = 0; i < page.size(); ++i) {
      read(page.substr(0, i), objects::annotations);
      for (const char byte : kBytes) {
        std::string mutant = page;
        mutant[i] = byte;
        read(mutant, objects::annotations);
      }
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(rows_, 1'000U);
}

// Every way to write a value wrong, where the program looks at a value itself.
TEST_F(DamageTest, OfTheValuesThatDecideIsAnErrorOrLeavesRows) {
  const std::string values[] = {"nul",   "n",    "nulll",    "tru",         "fals", "-",
                                "1e999", "\"",   "\"\\",     "\"\\ud800\"", "[",    "{",
                                "]",     "}",    "",         ":",           ",",    "0x1",
                                "1.",    "\xff", "\"\xff\"", "null",        "true"};
  for (const std::string& first : values) {
    for (const std::string& second : values) {
      for (const char* key : {"nextPage", "next_page", "data", "id", "code", "download"}) {
        read("{\"" + std::string(key) + "\":" + first + ",\"data\":" + second + "}", objects::tags);
        read("{\"data\":[" + first + "," + second + "],\"" + key + "\":" + second + "}",
             objects::tags);
        read("[{\"" + std::string(key) + "\":" + first + "},{\"index\":1e999},{\"" + key +
                 "\":" + second + "}]",
             objects::tags);
      }
    }
  }
  EXPECT_GT(pages_, 9'000U);
}

}  // namespace
}  // namespace nexus_mirror::nexus
