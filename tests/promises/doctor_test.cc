// CONTRACT.md 1, doctor: each topic has its line, and what is wrong is said there with the remedy.
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "support/http_server.h"
#include "support/mirror_run.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

class DoctorTest : public PromiseTest {
 protected:
  // The line of `topic`; the first of several.
  static std::string line_of(const std::string& out, const std::string& topic) {
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(topic + " ")) return line;
    }
    return "no line " + topic + " in " + out;
  }

  // Runs it on a configuration of one workspace.
  Ended doctor(const std::string& endpoint, const std::string& lines = {},
               const std::string& mirror = {}, const std::string& tables = {},
               std::vector<std::string> options = {}) {
    std::ofstream(folder_ / "nexus-mirror.toml")
        << "[mirror]\ndatabase = \"mirror.db\"\nexport_dir = \"exports\"\n"
        << mirror << "[[workspace]]\nname = \"one\"\nendpoint = \"" << endpoint
        << "\"\nsecret_key_env = \"OUR_KEY\"\n"
        << lines << tables;
    options.insert(options.begin(), "doctor");
    return run(options);
  }
  Ended run(std::vector<std::string> arguments, const std::string& key = kKey) const {
    const fs::path file = folder_ / "nexus-mirror.toml";
    arguments.insert(arguments.begin(), {"--config", file.string()});
    MirrorProcess process(output_.path(), std::move(arguments),
                          {"OUR_KEY=" + key, "HOME=" + folder_.path().string(),
                           "SYSTEMD_UNIT_PATH=" + (folder_ / "units").string()});
    return process.wait();
  }

  static void expect(const Ended& ended, const std::string& topic, const std::string& health,
                     const std::string& part) {
    const std::string line = line_of(ended.out, topic);
    EXPECT_NE(line.find(" " + health + " "), std::string::npos) << line << ended.err;
    EXPECT_NE(line.find(part), std::string::npos) << line;
    EXPECT_EQ(ended.status, ended.out.find(" fault ") == std::string::npos ? 0 : 1);
    EXPECT_EQ((ended.out + ended.err).find(kKey), std::string::npos);
  }

  const TemporaryFolder folder_, output_;
};

TEST_F(DoctorTest, HasALineATopicInItsOrderAndWritesNothing) {
  serve();
  const Ended before = doctor(emulator().url());
  EXPECT_EQ(before.status, 0) << before.out << before.err;
  expect(before, "mirror", "warning", "run nexus-mirror sync");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
  ASSERT_EQ(run({"sync", "--project", kKeypoints}).status, 0);
  ASSERT_EQ(run({"sync"}).status, 0);
  const auto state = [&] {
    return run_shell("cd " + quoted(folder_.path().string()) +
                     " && find . -printf '%p %s %T@\\n' | sort")
        .output;
  };
  const std::string was = state();
  const Ended after = run({"doctor"});
  EXPECT_EQ(after.status, 0) << after.out;
  EXPECT_EQ(state(), was);
  std::string topics;
  std::istringstream lines(after.out);
  for (std::string line; std::getline(lines, line);) topics += line.substr(0, line.find(' ')) + " ";
  EXPECT_EQ(topics,
            "configuration key server clock certificates disk rights mirror exports files replicas "
            "hooks units ");
  EXPECT_EQ(after.out.find(" warning "), std::string::npos) << after.out;
  const Ended json = run({"doctor", "--json"});
  EXPECT_EQ(json.out.find("[{\"topic\":\"configuration\",\"status\":\"ok\",\"message\":\""), 0U);
}

TEST_F(DoctorTest, AConfigurationThatIsMissingOrBadIsAFault) {
  expect(run({"doctor"}), "configuration", "fault", "no such file");
  std::ofstream(folder_ / "nexus-mirror.toml")
      << "[[workspace]]\nname = \"x\"\nsecret_key_env = \"K\"\nodd = 1\n";
  const Ended bad = run({"doctor"});
  expect(bad, "configuration", "fault", "nexus-mirror.toml:4:1");
  expect(bad, "units", "warning", "not looked at");
  EXPECT_EQ(run({"doctor", "--no-such"}).status, 2);
  serve();
  expect(doctor(emulator().url(), {}, "", "[files]\nimages = [\"*\"]\ndir = \"exports/in\"\n"),
         "configuration", "fault", "lie in one another");
}

TEST_F(DoctorTest, TheKeyIsWhatTheServerSaysOfIt) {
  serve();
  const Ended good = doctor(emulator().url());
  expect(good, "key", "ok", "5 projects");
  const Ended wrong = run({"doctor"}, "0123456789abcdef");
  expect(wrong, "key", "fault", "refused");
  expect(wrong, "server", "ok", "answers");
  EXPECT_EQ((wrong.out + wrong.err).find("0123456789abcdef"), std::string::npos);
  expect(run({"doctor"}, ""), "key", "fault", "is empty");
  expect(doctor(emulator().url(), "projects = [\"no-such\"]\n"), "key", "warning",
         "no project is called 'no-such'");
  const std::string second = "[[workspace]]\nname = \"two\"\nendpoint = \"" + emulator().url() +
                             "\"\nsecret_key_env = \"NONE\"\n";
  const Ended both = doctor(emulator().url(), {}, {}, second);
  EXPECT_NE(both.out.find("\nkey            ok       one: "), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("\nkey            fault    two: "), std::string::npos) << both.out;
}

TEST_F(DoctorTest, AServerThatIsNotThereOrIsNoneIsAFault) {
  const Ended dead = doctor("http://127.0.0.1:1");
  expect(dead, "server", "fault", "Connection refused");
  expect(dead, "key", "warning", "nobody knows");
  expect(dead, "clock", "warning", "not looked at");
  const HttpServer page([](const std::string&, int) { return Reply{answer(200, "<html>")}; });
  expect(doctor(page.url()), "server", "fault", "is the endpoint");
  EXPECT_EQ(page.requests().size(), 1U);
  const HttpServer broken([](const std::string&, int) { return Reply{answer(503, "")}; });
  expect(doctor(broken.url(), {}, {}, "[http]\nmax_retries = 8\n"), "server", "fault", "503");
  EXPECT_EQ(broken.requests().size(), 1U);
}

TEST_F(DoctorTest, ASilentServerIsGivenUp) {
  const HttpServer silent([](const std::string&, int) { return Reply{"", Reply::Then::stall}; });
  expect(doctor(silent.url(), {}, {}, "[http]\nread_timeout = \"1s\"\n"), "server", "fault",
         "no answer within");
  EXPECT_EQ(silent.requests().size(), 1U);
}

TEST_F(DoctorTest, TheClockIsComparedWithTheServers) {
  std::int64_t ahead = 0;
  const HttpServer server([&](const std::string& request, int) {
    const std::time_t now = std::time(nullptr) + ahead;
    char date[64];
    std::strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", std::gmtime(&now));
    const bool list = request.find("/workspace/projects") != std::string::npos;
    return Reply{answer(200, list ? "[]" : R"({"id":"ws_1","name":"W"})", date)};
  });
  expect(doctor(server.url()), "clock", "ok", "server");
  ahead = 50;
  expect(doctor(server.url()), "clock", "ok", "server");
  ahead = 70;
  expect(doctor(server.url()), "clock", "warning", "behind the server's");
  ahead = -250;
  expect(doctor(server.url()), "clock", "warning", "ahead of the server's");
  ahead = -320;
  expect(doctor(server.url()), "clock", "fault", "ahead of the server's");
}

TEST_F(DoctorTest, TheCertificateHasItsDays) {
  if (!has_program("openssl")) GTEST_SKIP() << "openssl is not installed";
  const auto serve_for = [&](int days, const std::string& name) {
    const ShellResult made = run_shell(
        "cd " + quoted(folder_.path().string()) + " && openssl req -x509 -newkey ec -pkeyopt " +
        "ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -subj /CN=x -days " +
        std::to_string(days) + " -addext subjectAltName=" + name + " 2>&1");
    ASSERT_EQ(made.status, 0) << made.output;
    serve({"--tls-cert", (folder_ / "c.pem").string(), "--tls-key", (folder_ / "k.pem").string()});
  };
  const std::string trust = "ca_file = \"c.pem\"\n";
  serve_for(60, "IP:127.0.0.1");
  expect(doctor(emulator().url(), trust), "certificates", "ok", "ends in 59 days");
  expect(doctor(emulator().url()), "certificates", "fault", "is not trusted");
  serve_for(9, "IP:127.0.0.1");
  expect(doctor(emulator().url(), trust), "certificates", "warning", "ends in 8 days");
  serve_for(60, "DNS:elsewhere.example");
  expect(doctor(emulator().url(), trust), "certificates", "fault", "is for another name");
}

TEST_F(DoctorTest, MirrorAndExportsThatAreNotOurs) {
  serve();
  std::ofstream(folder_ / "mirror.db") << "this is no database, whatever it is called";
  expect(doctor(emulator().url()), "mirror", "fault", "");
  fs::remove(folder_ / "mirror.db");
  ASSERT_EQ(run({"sync", "--project", kKeypoints}).status, 0);
  expect(run({"doctor"}), "mirror", "warning", "no sync of all");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    fs::remove((folder_ / "mirror.db").string() + suffix);
  }
  expect(run({"doctor"}), "exports", "fault", "--adopt");
}

TEST_F(DoctorTest, AHookThatCannotBeRunIsAFault) {
  serve();
  expect(doctor(emulator().url(), {}, {}, "[hooks]\non_change = [\"/no/such\"]\n"), "hooks",
         "fault", "/no/such is no program");
  expect(doctor(emulator().url(), {}, {}, "[hooks]\non_change = [\"sh\"]\n"), "hooks", "ok", "sh");
}

TEST_F(DoctorTest, FoldersThatCannotBeWrittenTo) {
  serve();
  std::ofstream(folder_ / "exports") << "a file";
  expect(doctor(emulator().url()), "rights", "fault", "is not a folder");
}

TEST_F(DoctorTest, ADaemonIsSeen) {
  serve();
  const std::string one = "projects = [\"" + std::string(kKeypoints) + "\"]\n";
  expect(doctor(emulator().url(), one), "units", "ok", "no daemon runs");
  MirrorProcess daemon(output_.path(),
                       {"--config", (folder_ / "nexus-mirror.toml").string(), "daemon"},
                       {std::string("OUR_KEY=") + kKey});
  while (daemon.running() && daemon.err_so_far().find("ready") == std::string::npos) {
  }
  expect(run({"doctor"}), "units", "ok", "a daemon works on this mirror");
  daemon.terminate();
  EXPECT_EQ(daemon.wait().status, 0);
}

}  // namespace
}  // namespace nexus_mirror::testing
