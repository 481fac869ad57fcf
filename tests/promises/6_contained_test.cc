// CONTRACT.md 4.6: what is broken harms neither its neighbours nor what is stored.
#include <atomic>

#include "support/http_server.h"
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class Promise6Contained : public PromiseTest {
 protected:
  // A fault for every request of the keypoints project that contains `path`.
  void break_keypoints(const std::string& path, const std::string& kind) {
    fault(R"({"match":"/projects/)" + std::string(kKeypoints) + path + R"(","nth":0,)" + kind +
          "}");
  }

  std::string annotations_of(const Mirror& mirror, const std::string& project) {
    return mirror.value("SELECT count(*) FROM annotations WHERE project_id = '" + project + "'");
  }
};

TEST_F(Promise6Contained, AProjectThatFailsDoesNotStopTheOthers) {
  // One that is listed before it, and one after.
  const char* const kAfter = "proj_f2b49a01b8b6f17b0706a3030003713b";
  const std::string projects = std::string(kBloodCells) + "\", \"" + kKeypoints + "\", \"" + kAfter;
  for (const std::string kind :
       {R"("fault":"status","status":403)", R"("fault":"status","status":503)",
        R"("fault":"status","status":400)", R"("fault":"html")", R"("fault":"empty")",
        R"("fault":"not_json")", R"("fault":"reset")", R"("fault":"cut")"}) {
    SCOPED_TRACE(kind);
    const auto mirror = this->mirror(projects);
    break_keypoints("/annotations", kind);
    const Ended ended = mirror->sync({"--no-export"});
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << ended.err;
    EXPECT_EQ(annotations_of(*mirror, kKeypoints), "0");
    EXPECT_EQ(annotations_of(*mirror, kBloodCells), "4888");
    EXPECT_EQ(annotations_of(*mirror, kAfter), "364");
    EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "partial");
    clear_faults();
    EXPECT_EQ(mirror->sync({"--no-export"}).status, 0);
    EXPECT_EQ(annotations_of(*mirror, kKeypoints), "125");
    EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 4888 + 125 + 364);
  }
}

TEST_F(Promise6Contained, AProjectThatFailsKeepsTheRowsThatItHas) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  for (const std::string kind : {R"("fault":"status","status":403)", R"("fault":"html")"}) {
    break_keypoints("", kind);
    EXPECT_EQ(mirror->sync().status, 1);
    EXPECT_TRUE(mirror->dump() == before) << kind;
    clear_faults();
  }
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == before);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0);
}

TEST_F(Promise6Contained, ARowThatCannotBeReadIsKeptOutAlone) {
  const auto mirror = this->mirror(kKeypoints);
  const std::string line = corpus_line("annotations", kKeypoints);
  const std::string id = "\"id\":\"" + id_of(line) + "\"";
  const auto bad = [&](const std::string& name, const std::string& from, const std::string& to) {
    put("annotations", name, replaced(replaced(line, id, "\"id\":\"" + name + "\""), from, to));
  };
  bad("annot_tag", "\"tag\":", "\"tag\":7,\"x\":");
  bad("annot_text", "\"createDate\":", "\"createDate\":\"soon\",\"x\":");
  bad("annot_object", "\"createDate\":", "\"createDate\":{},\"x\":");
  put("annotations", "annot_none", replaced(line, id + ",", ""));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 125) << ended.err;
  for (const char* name : {"annot_tag", "annot_text", "annot_object"}) {
    EXPECT_NE(ended.err.find(name), std::string::npos) << ended.err;
  }
  EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "partial");
}

// The emulator takes in no such number, so it is put in between.
TEST_F(Promise6Contained, ANumberThatIsNoneTakesNoPageAlong) {
  serve();
  const auto lines = corpus_lines("annotations", kKeypoints);
  const std::string id = id_of(lines[3]);
  std::atomic<bool> broken = false;
  const HttpServer proxy([&](const std::string& request, int) -> Reply {
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    FetchedAnswer sent = fetch("GET", emulator().url() + target, {{"Secret-Key", kKey}});
    if (broken && target.find("/annotations?") != std::string::npos) {
      const std::size_t number = sent.body.find("\"createDate\":", sent.body.find(id));
      sent.body.insert(number, "\"frame\":1e999,");
    }
    return {answer(sent.status, sent.body)};
  });
  MirrorSettings wanted = settings(kKeypoints);
  wanted.endpoint = proxy.url();
  const Mirror mirror(wanted);
  const Ended good = mirror.sync();
  ASSERT_EQ(good.status, 0) << good.err;
  put("annotations", id_of(lines[4]), replaced(lines[4], "\"person\"", "\"walker\""));
  broken = true;
  const Ended ended = mirror.sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(id), std::string::npos) << ended.err;
  EXPECT_EQ(mirror.rows("SELECT entity_id, op FROM changes WHERE sync_id = 2"),
            (std::vector<std::string>{id_of(lines[4]) + "|update"}));
  EXPECT_EQ(annotations_of(mirror, kKeypoints), "125");
}

TEST_F(Promise6Contained, TheOldRowOfAnUnreadableOneStays) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  const std::string asset = corpus_line("assets", kKeypoints);
  const std::string annotation = corpus_line("annotations", kKeypoints);
  put("assets", id_of(asset), replaced(asset, "\"height\":", "\"height\":\"tall\",\"h\":"));
  put("annotations", id_of(annotation),
      replaced(annotation, "\"createDate\":", "\"createDate\":[],\"x\":"));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(id_of(asset)), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find(id_of(annotation)), std::string::npos) << ended.err;
  EXPECT_TRUE(mirror->dump() == before);
  put("assets", id_of(asset), asset);
  put("annotations", id_of(annotation), annotation);
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(mirror->dump() == before);
}

TEST_F(Promise6Contained, RowsThatAreGoneStayWhileAListingHasAnUnreadableRowWithoutId) {
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  remove("annotations", id_of(lines[0]));
  put("annotations", id_of(lines[1]), replaced(lines[1], "\"id\":", "\"name\":"));
  EXPECT_EQ(mirror->sync().status, 1);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE id = '" + id_of(lines[1]) + "'"),
            1);
}

TEST_F(Promise6Contained, AProjectThatCannotBeReadLeavesTheOthers) {
  const auto mirror = this->mirror();
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string before = mirror->dump();
  const std::string line = corpus_line("projects", kKeypoints);
  put("projects", kKeypoints, replaced(line, "\"createDate\":", "\"createDate\":\"x\",\"y\":"));
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(kKeypoints), std::string::npos) << ended.err;
  EXPECT_TRUE(mirror->dump() == before);
}

}  // namespace
}  // namespace nexus_mirror::testing
