// CONTRACT.md 9: what became of the data sets between two moments, and what a model came from.
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class Promise9Diff : public PromiseTest {
 protected:
  Promise9Diff() {
    serve();
    mirror_ = mirror(kBloodCells);
    EXPECT_EQ(mirror_->sync().status, 0);
    lines_ = corpus_lines("annotations", kBloodCells);
  }

  // "column: value" of the JSON that a command prints, as SQL sees it.
  std::string value(const std::vector<std::string>& command, const std::string& path) {
    const Ended ended = mirror_->run(command);
    EXPECT_EQ(ended.status, 0) << ended.err;
    std::string json;
    for (const char c : ended.out) json.append(c == '\'' ? 2 : 1, c);
    return mirror_->value("SELECT '" + json + "' ->> '" + path + "'");
  }
  std::string diff(const std::string& path) {
    return value({"diff", "--since", "1", "--json"}, path);
  }
  static std::string tag_of(const std::string& line) {
    const std::size_t at = line.find("\"tag\":\"") + 7;
    return line.substr(at, line.find('"', at) - at);
  }
  // The line with another bound, whose IoU with it is told by `find`.
  static std::string moved(const std::string& line) {
    const std::size_t begin = line.find("\"bound\":"), end = line.find("]]", begin) + 2;
    return line.substr(0, begin) + "\"bound\":[[0,0],[0,0.5],[0.5,0.5],[0.5,0]]" + line.substr(end);
  }

  std::unique_ptr<Mirror> mirror_;
  std::vector<std::string> lines_;
};

TEST_F(Promise9Diff, CountsEachObjectOnceByWhatBecameOfIt) {
  const std::string retagged = id_of(lines_[0]), gone = id_of(lines_[1]),
                    moved_id = id_of(lines_[2]), changed = id_of(lines_[3]);
  const std::string tag = tag_of(lines_[0]);
  const std::int64_t before =
      mirror_->number("SELECT count(*) FROM annotations WHERE tag = '" + tag + "'");
  put("annotations", retagged, moved(replaced(lines_[0], "\"tag\":\"" + tag, "\"tag\":\"Other")));
  remove("annotations", gone);
  put("annotations", moved_id, moved(lines_[2]));
  put("annotations", changed, replaced(lines_[3], "\"createDate\":", "\"createDate\":1"));
  put("annotations", "annot_new", replaced(lines_[4], id_of(lines_[4]), "annot_new"));
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(diff("$.projects[0].annotations"),
            R"({"added":1,"removed":1,"moved":1,"retagged":1,"changed":1})");
  EXPECT_EQ(diff("$.projects[0].id"), kBloodCells);
  EXPECT_EQ(diff("$.projects[1]"), "NULL");
  EXPECT_EQ(diff("$.since"), mirror_->value("SELECT finished_at FROM syncs WHERE id = 1"));
  EXPECT_EQ(diff("$.until"), mirror_->value("SELECT finished_at FROM syncs WHERE id = 2"));
  // Counts of a class, then and now.
  const Ended csv = mirror_->run({"diff", "--since", "1", "--format", "csv"});
  EXPECT_EQ(csv.status, 0);
  EXPECT_NE(csv.out.find(
                "," + tag + "," + std::to_string(before) + "," +
                mirror_->value("SELECT count(*) FROM annotations WHERE tag = '" + tag + "'") + ","),
            std::string::npos)
      << csv.out;
  EXPECT_NE(csv.out.find(",Other,0,1,0,0,0,1,0\n"), std::string::npos) << csv.out;
  // A row each, with how far it moved.
  const Ended rows = mirror_->run({"diff", "--since", "1", "--rows", "--format", "csv"});
  EXPECT_EQ(rows.status, 0);
  for (const std::string& part :
       {retagged + ",", gone + ",", moved_id + ",", changed + ",", std::string("annot_new,")}) {
    EXPECT_NE(rows.out.find(std::string(kBloodCells) + ",annotations," + part), std::string::npos)
        << part << rows.out;
  }
  EXPECT_NE(rows.out.find("retagged," + tag + ",Other,0"), std::string::npos) << rows.out;
}

TEST_F(Promise9Diff, WhatIsUndoneIsNoDifference) {
  put("annotations", id_of(lines_[0]), moved(lines_[0]));
  ASSERT_EQ(mirror_->sync().status, 0);
  put("annotations", id_of(lines_[0]), lines_[0]);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(diff("$.projects"), "[]");
  EXPECT_EQ(
      value({"diff", "--since", "1", "--until", "2", "--json"}, "$.projects[0].annotations.moved"),
      "1");
  EXPECT_EQ(value({"diff", "--since", "2", "--until", "2", "--json"}, "$.projects"), "[]");
  const Ended turned = mirror_->run({"diff", "--since", "3", "--until", "1"});
  EXPECT_EQ(turned.status, 2);
  EXPECT_NE(turned.err.find("it is before --since"), std::string::npos) << turned.err;
}

TEST_F(Promise9Diff, AnImageOfAnotherStatusIsTold) {
  const std::string line = corpus_line("assets", kBloodCells);
  const std::size_t at = line.find("\"status\":\"") + 10;
  put("assets", id_of(line), line.substr(0, at) + "Completed" + line.substr(line.find('"', at)));
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(diff("$.projects[0].assets"),
            R"({"added":0,"removed":0,"status_changed":1,"changed":0})");
}

TEST_F(Promise9Diff, LineageSaysWhatAModelWasTrainedOn) {
  const std::string model = mirror_->value("SELECT min(id) FROM models"),
                    run = mirror_->value(
                        "SELECT a.run_id FROM artifacts a JOIN models m ON "
                        "m.artifact_id = a.id ORDER BY m.id LIMIT 1");
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.run.id"), run);
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.models[0].id"), model);
  EXPECT_EQ(value({"lineage", run, "--json"}, "$.artifact"), "NULL");
  // The corpus' runs are older than the mirror.
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.data_set"), "NULL");
  const std::string line = corpus_line("runs", run),
                    now = std::to_string(
                        mirror_->number("SELECT finished_at FROM syncs WHERE id = 1") + 1);
  const std::size_t at = line.find("\"createDate\":") + 13;
  put("runs", run, line.substr(0, at) + now + line.substr(line.find_first_of(",}", at)));
  remove("annotations", id_of(lines_[0]));
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.data_set.sync_id"), "1");
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.data_set.exact"), "1");
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.data_set.annotations"),
            std::to_string(lines_.size()));
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.since_then.annotations.removed"), "1");
  const Ended tree =
      mirror_->run({"lineage", model, "--export", (mirror_->folder() / "trained").string()});
  EXPECT_EQ(tree.status, 0) << tree.err;
  EXPECT_NE(tree.out.find("as of sync 1"), std::string::npos) << tree.out;
  remove("models", model);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(value({"lineage", model, "--json"}, "$.run.id"), run);  // it is gone
  EXPECT_EQ(mirror_->run({"lineage", "nothing"}).status, 2);
}

}  // namespace
}  // namespace nexus_mirror::testing
