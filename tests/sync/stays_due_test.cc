// What could not be read as a whole is asked for again, whichever sync comes next.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>

#include "support/odd_nexus.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kAssets = "/projects/p/assets";
constexpr const char* kAnnotations = "/projects/p/annotations";

std::string page(const std::string& rows, const std::string& next = {}) {
  return "{\"data\":[" + rows + "]" + (next.empty() ? "" : ",\"nextPage\":\"" + next + "\"") + "}";
}

std::string rows_of(int count, const std::string& more = {}) {
  std::string rows;
  for (int i = 0; i < count; ++i) {
    rows += (i > 0 ? "," : "") + std::string(R"({"id":"n)") + std::to_string(i) + "\"" + more + "}";
  }
  return rows;
}

OddNexus::Answers one_project() {
  return {{"/workspace", R"({"id":"ws","name":"w"})"},
          {"/workspace/projects", R"([{"id":"p","name":"one","type":"ObjectDetection",)"
                                  R"("statistic":{"totalAnnotations":3}}])"},
          {kAssets, page(R"({"id":"a","filename":"a.png"})")},
          {kAnnotations, page(rows_of(3, R"(,"assetId":"a")"))}};
}

OddNexus::Answers with_run(const std::string& log) {
  OddNexus::Answers answers = one_project();
  answers["/projects/p/runs"] =
      R"([{"id":"r","logIds":["l"],"status":{"overview":"Finished"},"updateDate":5}])";
  answers["/projects/p/runs/logs/l"] = log;
  return answers;
}

constexpr const char* kGoodLog = R"({"id":"l","logs":[{"ev":"e","t":1},{"ev":"f","t":2}]})";

TEST(StaysDueTest, ARunLogThatAnswersWithoutEntries) {
  for (const char* bad : {"{}", R"({"id":"l"})", R"({"logs":{}})", R"({"logs":"soon"})"}) {
    SCOPED_TRACE(bad);
    OddNexus nexus(with_run(bad));
    const Mirror mirror(settings_of(nexus));
    const Ended ended = mirror.sync();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("reading run_logs l: "), std::string::npos) << ended.err;
    EXPECT_EQ(mirror.sync({"--quick"}).status, 1) << "and so does the next one say";
    nexus.answers().at("/projects/p/runs/logs/l") = kGoodLog;
    const Ended next = mirror.sync();
    EXPECT_EQ(next.status, 0) << next.err;
    EXPECT_EQ(mirror.value("SELECT group_concat(ev) FROM run_logs"), "e,f");
  }
}

TEST(StaysDueTest, ARunLogThatIsEmptyIsRead) {
  for (const char* empty : {R"({"id":"l","logs":[]})", R"({"id":"l","event":null})"}) {
    const OddNexus nexus(with_run(empty));
    const Mirror mirror(settings_of(nexus));
    ASSERT_EQ(mirror.sync().status, 0) << empty;
    const std::size_t asked = nexus.server().requests().size();
    ASSERT_EQ(mirror.sync().status, 0) << empty;
    for (std::size_t i = asked; i < nexus.server().requests().size(); ++i) {
      EXPECT_EQ(nexus.server().requests()[i].find("/runs/logs/"), std::string::npos);
    }
  }
}

TEST(StaysDueTest, ADryRunOfEverythingSaysNothing) {
  OddNexus::Answers answers = with_run(kGoodLog);
  answers["/projects/p/insights"] = R"([{"runId":"r"}])";
  const OddNexus nexus(answers);
  const Mirror mirror(settings_of(nexus));
  for (int times = 0; times < 2; ++times) {
    const Ended dry = mirror.sync({"--dry-run"});
    EXPECT_EQ(dry.status, 0) << dry.err;
    ASSERT_EQ(mirror.sync().status, 0);
  }
}

TEST(StaysDueTest, ALogOfTwoRunsIsStoredForBoth) {
  OddNexus::Answers answers = with_run(kGoodLog);
  answers["/projects/p/runs"] =
      R"([{"id":"r","logIds":["l"],"status":{"overview":"Finished"},"updateDate":5},)"
      R"({"id":"s","logIds":["l"],"status":{"overview":"Finished"},"updateDate":5}])";
  const OddNexus nexus(answers);
  const Mirror mirror(settings_of(nexus));
  ASSERT_EQ(mirror.sync().status, 0);
  EXPECT_EQ(mirror.rows("SELECT run_id, count(*) FROM run_logs GROUP BY 1"),
            (std::vector<std::string>{"r|2", "s|2"}));
}

TEST(StaysDueTest, ARowThatAFullSyncCouldNotReadIsLookedForByAQuickOne) {
  OddNexus nexus(one_project());
  const std::string good = nexus.answers().at(kAnnotations);
  nexus.answers().at(kAnnotations) =
      replaced(good, R"("id":"n1")", R"("id":"n1","createDate":"soon")");
  const Mirror mirror(settings_of(nexus));
  EXPECT_EQ(mirror.sync().status, 1);
  EXPECT_EQ(mirror.sync({"--quick"}).status, 1);
  nexus.answers().at(kAnnotations) = good;
  const Ended ended = mirror.sync({"--quick"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror.value("SELECT count(*) FROM annotations"), "3");
  EXPECT_EQ(mirror.value("SELECT count(*) FROM pending_assets"), "0");
  const std::size_t asked = nexus.server().requests().size();
  ASSERT_EQ(mirror.sync({"--quick"}).status, 0);
  for (std::size_t i = asked; i < nexus.server().requests().size(); ++i) {
    EXPECT_EQ(nexus.server().requests()[i].find("/annotations?"), std::string::npos);
  }
}

TEST(StaysDueTest, WhatTheGuardRefusedAQuickSyncRefusesToo) {
  OddNexus nexus(one_project());
  nexus.answers().at(kAnnotations) = page(rows_of(60, R"(,"assetId":"a")"));
  const Mirror mirror(settings_of(nexus));
  ASSERT_EQ(mirror.sync().status, 0);
  nexus.answers().at(kAnnotations) = page(rows_of(3, R"(,"assetId":"a")"));
  EXPECT_EQ(mirror.sync().status, 6);
  EXPECT_EQ(mirror.sync({"--quick"}).status, 6);
  EXPECT_EQ(mirror.sync({"--quick", "--allow-mass-delete"}).status, 0);
  EXPECT_EQ(mirror.value("SELECT count(*) FROM annotations"), "3");
  EXPECT_EQ(mirror.sync({"--quick"}).status, 0);
}

TEST(StaysDueTest, ARowWhoseFateIsUnknownIsAskedForAgain) {
  for (const char* odd : {"", "{}", R"({"id":"another"})", R"({"id":"n2","createDate":[]})"}) {
    SCOPED_TRACE(odd);
    bool silent = true;
    OddNexus nexus(one_project(), [&](const std::string& target) -> std::optional<Reply> {
      if (!silent || target.find("/annotations/") == target.npos) return std::nullopt;
      return Reply{odd[0] == '\0' ? answer(500, "") : answer(200, odd)};
    });
    MirrorSettings settings = settings_of(nexus);
    const Mirror mirror(settings);
    ASSERT_EQ(mirror.sync().status, 0);
    nexus.answers().at(kAnnotations) = page(rows_of(2, R"(,"assetId":"a")"));
    EXPECT_EQ(mirror.sync().status, 1);
    EXPECT_EQ(mirror.value("SELECT count(*) FROM annotations"), "3");
    EXPECT_EQ(mirror.sync({"--quick"}).status, 1);
    silent = false;
    EXPECT_EQ(mirror.sync({"--quick"}).status, 0);
    EXPECT_EQ(mirror.value("SELECT count(*) FROM annotations"), "2");
  }
}

// A listing of assets whose second page the server does not answer at first.
class GoesOnTest : public ::testing::Test {
 protected:
  GoesOnTest()
      : nexus_(one_project(), [this](const std::string& target) -> std::optional<Reply> {
          if (!silent_ || target.find("page=c2") == target.npos) return std::nullopt;
          return Reply{answer(500, "")};
        }) {
    nexus_.answers().at(kAssets) = page(R"({"id":"a"},{"id":"b"},{"id":"c"})");
    MirrorSettings settings = settings_of(nexus_);
    mirror_ = std::make_unique<Mirror>(settings);
    EXPECT_EQ(mirror_->sync().status, 0);
  }

  // One sync that ends at the second page, and one that goes on there.
  Ended sync_in_two(const std::string& first_page, const std::string& second_page) {
    nexus_.answers().at(kAssets) = page(first_page, "c2");
    nexus_.answers()[std::string(kAssets) + "?limit=1000&page=c2"] = page(second_page);
    silent_ = true;
    EXPECT_EQ(mirror_->sync().status, 1);
    silent_ = false;
    const std::size_t asked = nexus_.server().requests().size();
    const Ended ended = mirror_->sync();
    for (std::size_t i = asked; i < nexus_.server().requests().size(); ++i) {
      EXPECT_EQ(nexus_.server().requests()[i].find("/assets?limit=1000 "), std::string::npos)
          << "the first page was fetched again";
    }
    return ended;
  }
  std::string assets() const {
    return mirror_->value("SELECT group_concat(id, ' ') FROM (SELECT id FROM assets ORDER BY id)");
  }

  bool silent_ = false;
  OddNexus nexus_;
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(GoesOnTest, AndKnowsThatAnEarlierPageHadARowWithoutAnId) {
  const Ended ended =
      sync_in_two(R"({"id":"a","filename":"new"},{"filename":"c"})", R"({"id":"b"})");
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("row without an id"), std::string::npos) << ended.err;
  EXPECT_EQ(assets(), "a b c");
}

TEST_F(GoesOnTest, AndSaysWhichRowAnEarlierPageKeptOut) {
  const Ended ended =
      sync_in_two(R"({"id":"a","filename":"new"},{"id":"b","createDate":"x"})", R"({"id":"c"})");
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("reading assets b: "), std::string::npos) << ended.err;
  EXPECT_EQ(assets(), "a b c");
  nexus_.answers().at(kAssets) = page(R"({"id":"a"},{"id":"b"},{"id":"c"})");
  EXPECT_EQ(mirror_->sync().status, 0) << "said until it is read, and no longer";
}

TEST_F(GoesOnTest, AndDeletesWhatNoPageHad) {
  const Ended ended = sync_in_two(R"({"id":"a","filename":"new"})", R"({"id":"b"})");
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(assets(), "a b");
}

// It is killed when all pages are in the mirror and a row that none had is asked for by its id.
TEST(KilledAtTheEndOfAListing, GoesOnThereAndAsksForNoPageAgain) {
  VictimOfNexus victim;
  const std::string more = R"(,"assetId":"a","status":"new")";
  std::optional<Mirror> mirror;
  const auto kill = victim.at("/annotations/n2");
  OddNexus nexus(one_project(), [&](const std::string& target) -> std::optional<Reply> {
    if (target.find("page=c2") != target.npos) {
      return Reply{answer(200, page(R"({"id":"n1")" + more + "}"))};
    }
    // The writer commits when it has nothing else to do.
    while (victim.lives() && target.find("/annotations/n2") != target.npos &&
           mirror->value("SELECT count(*) FROM checkpoints "
                         "WHERE entity = 'annotations' AND done = 2") != "1") {
      std::this_thread::yield();
    }
    return kill(target);
  });
  mirror.emplace(settings_of(nexus));
  ASSERT_EQ(mirror->sync().status, 0);
  nexus.answers().at(kAnnotations) = page(R"({"id":"n0")" + more + "}", "c2");
  victim.arm();
  EXPECT_EQ(victim.dies(mirror->start({"sync"})).status, 128 + SIGKILL);
  const std::size_t asked = nexus.server().requests().size();
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  for (std::size_t i = asked; i < nexus.server().requests().size(); ++i) {
    EXPECT_EQ(nexus.server().requests()[i].find("/annotations?"), std::string::npos);
  }
  EXPECT_EQ(mirror->value("SELECT count(*) FROM annotations"), "2");
}

// Each request for assets is answered with the same rows and a cursor that nobody has seen.
TEST(EndlessListingTest, OfRowsThatHaveBeenMetIsAnError) {
  int asked = 0;
  const OddNexus nexus(one_project(), [&](const std::string& target) -> std::optional<Reply> {
    if (target.find("/assets?") == target.npos) return std::nullopt;
    return Reply{answer(200, page(R"({"id":"a"},{"id":"b"})", "c" + std::to_string(++asked)))};
  });
  const Mirror mirror(settings_of(nexus));
  for (const auto& options : {std::vector<std::string>{"--dry-run"}, {}, {"--quick"}}) {
    asked = 0;
    const Ended ended = mirror.sync(options);
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("listing assets: the server sends pages of rows that it has sent "
                             "before without end"),
              std::string::npos)
        << ended.err;
    EXPECT_LT(asked, 120);
  }
}

// Nor does a page without a row, or with one that cannot be read, bring anything new.
TEST(EndlessListingTest, WhateverLiesBetweenIsAnError) {
  const std::vector<std::vector<std::string>> kinds = {
      {R"({"id":"a"})", ""}, {R"({"filename":"x"})"}, {R"({"id":"b","createDate":"x"})"}};
  for (const auto& rows : kinds) {
    SCOPED_TRACE(rows.front());
    int asked = 0;
    const OddNexus nexus(one_project(), [&](const std::string& target) -> std::optional<Reply> {
      if (target.find("/assets?") == target.npos) return std::nullopt;
      const std::string row = rows[static_cast<std::size_t>(asked) % rows.size()];
      return Reply{answer(200, page(row, "c" + std::to_string(++asked)))};
    });
    const Mirror mirror(settings_of(nexus));
    for (const auto& options : {std::vector<std::string>{"--dry-run"}, {}}) {
      asked = 0;
      const Ended ended = mirror.sync(options);
      EXPECT_EQ(ended.status, 1) << ended.err;
      EXPECT_NE(ended.err.find("without end"), std::string::npos);
      EXPECT_LT(asked, 220);
    }
  }
}

TEST(EndlessListingTest, PagesOfRowsThatCannotBeReadEachAreNone) {
  OddNexus::Answers answers = one_project();
  for (int i = 0; i < 150; ++i) {
    answers[std::string(kAssets) + (i == 0 ? "" : "?limit=1000&page=c" + std::to_string(i))] = page(
        R"({"id":"b)" + std::to_string(i) + R"(","createDate":"x"})", "c" + std::to_string(i + 1));
  }
  answers[std::string(kAssets) + "?limit=1000&page=c150"] = page(R"({"id":"a"})");
  const OddNexus nexus(answers);
  const Mirror mirror(settings_of(nexus));
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.err.find("without end"), std::string::npos);
  EXPECT_EQ(mirror.value("SELECT group_concat(id) FROM assets"), "a");
}

// While others edit, rows move to later pages and come twice.
TEST(EndlessListingTest, SomePagesOfRowsThatHaveBeenMetAreNone) {
  OddNexus::Answers answers = one_project();
  for (int i = 0; i < 60; ++i) {
    answers[std::string(kAssets) + (i == 0 ? "" : "?limit=1000&page=c" + std::to_string(i))] =
        page(R"({"id":"a"})", "c" + std::to_string(i + 1));
  }
  answers[std::string(kAssets) + "?limit=1000&page=c60"] = page(R"({"id":"b"})");
  const OddNexus nexus(answers);
  const Mirror mirror(settings_of(nexus));
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror.value("SELECT count(*) FROM assets"), "2");
}

TEST(RowsOfAnotherProjectTest, BelongToTheOneThatListsThemAndGoWithItsListing) {
  OddNexus nexus(one_project());
  nexus.answers().at(kAssets) = page(
      R"({"id":"a","projectId":"nobody"},{"id":"b","projectId":""},{"id":"c","projectId":"p"})");
  const Mirror mirror(settings_of(nexus));
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror.rows("SELECT id, project_id, extra FROM assets ORDER BY id"),
            (std::vector<std::string>{R"(a|p|{"project":"nobody"})", "b|p|NULL", "c|p|NULL"}));
  nexus.answers().at(kAssets) = page(R"({"id":"c","projectId":"p"})");
  EXPECT_EQ(mirror.sync().status, 0);
  EXPECT_EQ(mirror.rows("SELECT id FROM assets"), std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace nexus_mirror::testing
