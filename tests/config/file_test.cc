// Finding, reading and checking configuration files, and the secrets that they name.
#include <algorithm>

#include "config/loader.h"
#include "config/value_reader.h"
#include "support/config_folder.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;

constexpr const char* key = "0123456789abcdef";

class ConfigFile : public ConfigFolder {
 protected:
  void SetUp() override {
    ConfigFolder::SetUp();
    set_environment("NEXUS_SECRET_KEY", key);
    set_environment("CREDENTIALS_DIRECTORY", nullptr);
  }

  // What config check says about a mirror in this folder, without the file's name.
  std::string checked(const std::string& workspace, const std::string& rest = "") {
    const fs::path file = write("[[workspace]]\nname = \"x\"\n" + workspace + "\n[mirror]\n" +
                                "database = \"data/mirror.db\"\nexport_dir = \"exports\"\n" + rest);
    std::vector<std::string> lines = check_config(file);
    for (std::string& line : lines) {
      EXPECT_EQ(line.find(file.string()), 0U) << line;
      line = line.substr(file.string().size() + 1);
    }
    return joined(lines);
  }

  // Runs `action` as a user who is not root, whom permissions would not stop.
  template <class Action>
  static auto as_nobody(const Action& action) {
    constexpr uid_t nobody = 65534;
    const bool root = ::geteuid() == 0;
    if (root) {
      EXPECT_EQ(::seteuid(nobody), 0);
    }
    auto result = action();
    if (root) {
      EXPECT_EQ(::seteuid(0), 0);
    }
    return result;
  }
};

TEST_F(ConfigFile, IsFoundWhereItIsNamed) {
  set_environment("NEXUS_MIRROR_CONFIG", "/named/by/environment.toml");
  EXPECT_EQ(find_config("/named/on/line.toml"), "/named/on/line.toml");
  EXPECT_EQ(find_config(""), "/named/by/environment.toml");
}

TEST_F(ConfigFile, IsFoundInTheFirstPlaceThatHasOne) {
  set_environment("NEXUS_MIRROR_CONFIG", "");
  set_environment("HOME", folder_.c_str());
  fs::create_directories(folder_ / "work");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "work");
  const bool system_wide = fs::exists("/etc/nexus-mirror/config.toml");
  const std::string nowhere = system_wide ? "" : config_error([] { find_config(""); });
  fs::create_directories(folder_ / ".config/nexus-mirror");
  write("", ".config/nexus-mirror/config.toml");
  const fs::path in_home = find_config("");
  write("", "work/nexus-mirror.toml");
  const fs::path here = find_config("");
  fs::current_path(before);

  EXPECT_EQ(in_home, folder_ / ".config/nexus-mirror/config.toml");
  EXPECT_EQ(here, "nexus-mirror.toml");
  if (system_wide) return;
  EXPECT_EQ(nowhere,
            "looking for the configuration: there is none at ./nexus-mirror.toml, "
            "~/.config/nexus-mirror/config.toml or /etc/nexus-mirror/config.toml; "
            "nexus-mirror config init writes one; or name yours with --config or "
            "NEXUS_MIRROR_CONFIG");
}

TEST_F(ConfigFile, ThatCannotBeReadIsReported) {
  const std::string missing = (folder_ / "missing.toml").string();
  EXPECT_EQ(config_error([&] { load_config(missing); }),
            "reading configuration " + missing +
                ": cannot be read: no such file; correct --config or NEXUS_MIRROR_CONFIG");
  EXPECT_EQ(joined(check_config(missing)), missing + ": cannot be read: no such file");
  EXPECT_EQ(joined(check_config(folder_)),
            folder_.string() + ": cannot be read: is a folder, not a file");
  const fs::path closed = write(with_workspace(""), "closed.toml", 0000);
  EXPECT_EQ(as_nobody([&] { return joined(check_config(closed)); }),
            closed.string() + ": cannot be read: this user may not read it");
  const fs::path large = write(std::string((1 << 20) + 1, '\n'), "large.toml");
  EXPECT_EQ(joined(check_config(large)), large.string() + ": cannot be read: is larger than 1 MiB");
}

TEST_F(ConfigFile, ThatIsNoTomlIsReportedWhereItIsNot) {
  EXPECT_EQ(joined(problems("")).find("1:1: the file is empty; add the lines [[workspace]]"), 0U);
  EXPECT_EQ(joined(problems(" \n\r\n\t")).find("1:1: the file is empty; "), 0U);
  EXPECT_EQ(problem("[http]\npage_size 100").find("5:11: not valid TOML: "), 0U);
  EXPECT_EQ(problem("[http]\npage_size = 1\npage_size = 2").find("6:"), 0U);
  EXPECT_NE(problem("[http]\npage_size = 1\npage_size = 2").find("is there already"),
            std::string::npos);
  EXPECT_NE(problem("projects = [\"\xff\"]").find("UTF-8"), std::string::npos);
  EXPECT_EQ(problem("projects = [\"\xff\"]").find("4:"), 0U);
  // The file ends within a text: told where its last line ends.
  EXPECT_EQ(problem("x = \"a").find("4:7: not valid TOML: "), 0U);
  EXPECT_EQ(problem("x = \"a\n").find("4:7: not valid TOML: "), 0U);
  EXPECT_NE(problem(std::string_view("a\0b = 1", 7)).find("not valid TOML: "), std::string::npos);
}

TEST_F(ConfigFile, MayBeginWithAByteOrderMark) {
  EXPECT_EQ(joined(problems("\xef\xbb\xbf" + with_workspace(""))), "");
}

TEST_F(ConfigFile, ThatHoldsAKeyIsForItsOwnerOnly) {
  const std::string text = "[[workspace]]\nname = \"x\"\nsecret_key = \"0123456789abcdef\"\n";
  for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0644}}) {
    const fs::path file = write(text, "open.toml", mode);
    EXPECT_EQ(config_error([&] { load_config(file); }),
              "reading configuration " + file.string() +
                  ":3:14: secret_key stands in a file that others can read; run chmod 600 " +
                  file.string());
  }
  EXPECT_EQ(load_config(write(text, "closed.toml", 0600)).workspaces[0].secret_key, key);
  EXPECT_NO_THROW(load_config(write(with_workspace("secret_key = \"\""), "none.toml", 0644)));
}

TEST_F(ConfigFile, LoadingDoesNotLookForSecrets) {
  set_environment("NEXUS_SECRET_KEY", nullptr);
  EXPECT_NO_THROW(load("ca_file = \"missing.pem\""));
}

class SecretKey : public ConfigFile {
 protected:
  static std::string failure(const WorkspaceConfig& workspace) {
    const std::string text = config_error([&] { resolve_secret_key(workspace); });
    EXPECT_EQ(text.find(key), std::string::npos) << text;
    return text;
  }

  WorkspaceConfig workspace_ = [] {
    WorkspaceConfig workspace;
    workspace.name = "x";
    return workspace;
  }();
};

TEST_F(SecretKey, ComesFromTheEnvironment) {
  workspace_.secret_key_env = "NEXUS_SECRET_KEY";
  EXPECT_EQ(resolve_secret_key(workspace_), key);
  set_environment("NEXUS_SECRET_KEY", "");
  EXPECT_EQ(failure(workspace_),
            "reading the key of workspace x: the environment variable NEXUS_SECRET_KEY is empty; "
            "put the workspace's secret key there");
  set_environment("NEXUS_SECRET_KEY", nullptr);
  EXPECT_EQ(failure(workspace_),
            "reading the key of workspace x: the environment variable NEXUS_SECRET_KEY is not "
            "set; set it to the secret key");
}

TEST_F(SecretKey, ComesFromAFile) {
  workspace_.secret_key_file = write(std::string(key) + "\r\n", "key");
  EXPECT_EQ(resolve_secret_key(workspace_), key);
  workspace_.secret_key_file = write("\n", "empty");
  EXPECT_NE(failure(workspace_).find("/empty is empty; "), std::string::npos);
  workspace_.secret_key_file = folder_ / "missing";
  EXPECT_NE(failure(workspace_).find("/missing cannot be read: no such file; "), std::string::npos);
  workspace_.secret_key_file = folder_;
  EXPECT_NE(failure(workspace_).find(" is a folder, not a file; "), std::string::npos);
}

TEST_F(SecretKey, ComesFromACredential) {
  workspace_.secret_credential = "nexus-key";
  EXPECT_NE(failure(workspace_).find("CREDENTIALS_DIRECTORY is not set"), std::string::npos);
  set_environment("CREDENTIALS_DIRECTORY", folder_.c_str());
  EXPECT_NE(failure(workspace_).find("the credential nexus-key cannot be read: no such file"),
            std::string::npos);
  // As the units give it when there is no file with the key.
  write("\n", "nexus-key");
  EXPECT_NE(
      failure(workspace_)
          .find("the credential nexus-key is empty; put the workspace's secret key into the file "
                "that the service's LoadCredential=nexus-key names"),
      std::string::npos);
  write(std::string(key) + "\n", "nexus-key");
  EXPECT_EQ(resolve_secret_key(workspace_), key);
}

TEST_F(SecretKey, ComesFromTheConfiguration) {
  workspace_.secret_key = key;
  EXPECT_EQ(resolve_secret_key(workspace_), key);
}

TEST_F(SecretKey, IsNotNeededWithACertificate) {
  workspace_.client_certificate = "/etc/client.pem";
  EXPECT_EQ(resolve_secret_key(workspace_), std::nullopt);
}

TEST_F(SecretKey, ThatNoHeaderCanCarryIsRefusedUnseen) {
  for (const char* bad :
       {"0123456789abcdef\nSecond: line", "0123456789abcdef x", "0123456789abcdef\xc3\xa4"}) {
    workspace_.secret_key_file = write(bad, "key");
    EXPECT_NE(failure(workspace_).find("holds spaces or characters that a header cannot carry"),
              std::string::npos);
  }
}

TEST_F(ConfigFile, CheckIsSilentWhenAllIsThere) {
  EXPECT_EQ(checked("secret_key_env = \"NEXUS_SECRET_KEY\""), "");
  fs::create_directories(folder_ / "data");
  write("", "data/mirror.db");
  EXPECT_EQ(checked("secret_key_env = \"NEXUS_SECRET_KEY\"", "[hooks]\non_change = [\"true\"]"),
            "");
}

TEST_F(ConfigFile, CheckLooksForSecretsAndFiles) {
  set_environment("NEXUS_SECRET_KEY", nullptr);
  write("", "empty.pem");
  write("pem", "client.key");
  const std::string place = folder_.string();
  EXPECT_EQ(checked("secret_key_env = \"NEXUS_SECRET_KEY\"\nca_file = \"missing.pem\"\n"
                    "client_certificate = \"empty.pem\"\nclient_key = \"client.key\""),
            "3:18: reading the key of workspace x: the environment variable NEXUS_SECRET_KEY is "
            "not set; set it to the secret key\n"
            "4:11: ca_file " +
                place +
                "/missing.pem cannot be read: no such file\n"
                "5:22: client_certificate " +
                place + "/empty.pem is empty");
  EXPECT_EQ(checked("secret_credential = \"nexus-key\"").find("3:21: reading the key"), 0U);
}

TEST_F(ConfigFile, CheckWarnsOfAKeyThatOthersCanRead) {
  const fs::path secret = write(key, "key", 0644);
  EXPECT_EQ(
      checked("secret_key_file = \"key\""),
      "3:19: warning: others can read " + secret.string() + "; run chmod 600 " + secret.string());
  ::chmod(secret.c_str(), 0600);
  EXPECT_EQ(checked("secret_key_file = \"key\""), "");
}

TEST_F(ConfigFile, CheckLooksWhetherTheMirrorCanBeWritten) {
  const std::string workspace = "secret_key_env = \"NEXUS_SECRET_KEY\"";
  const std::string place = folder_.string();
  write("", "data");
  EXPECT_EQ(checked(workspace), "5:12: the database's folder " + place +
                                    "/data cannot be used: " + place + "/data is not a folder");
  fs::remove(folder_ / "data");
  fs::create_directories(folder_ / "data/mirror.db");
  EXPECT_EQ(checked(workspace),
            "5:12: database " + place + "/data/mirror.db is a folder; name a file in it");
  fs::remove_all(folder_ / "data");

  const fs::path file =
      write("[[workspace]]\nname = \"x\"\n" + workspace +
                "\n[mirror]\ndatabase = \"data/mirror.db\"\nexport_dir = \"exports\"\n",
            "read-only.toml", 0644);
  ::chmod(folder_.c_str(), 0555);
  const std::vector<std::string> lines = as_nobody([&] { return check_config(file); });
  ::chmod(folder_.c_str(), 0755);
  ASSERT_EQ(lines.size(), 2U) << joined(lines);
  EXPECT_EQ(lines[0], file.string() + ":5:12: the database's folder " + place +
                          "/data cannot be created: " + place +
                          " cannot be written to by this user");
  EXPECT_EQ(lines[1], file.string() + ":6:14: export_dir " + place +
                          "/exports cannot be created: " + place +
                          " cannot be written to by this user");
}

TEST_F(ConfigFile, CheckKeepsFoldersApart) {
  struct Case {
    std::string mirror, files, said;  // where, and the keys that are to be named
  };
  const Case cases[] = {
      {"database = \"m.db\"\nexport_dir = \"exports\"", "", ""},
      {"database = \"m.db\"\nexport_dir = \".\"", "", ""},
      {"database = \"index.json\"\nexport_dir = \".\"", "", "5:12: database"},
      {"database = \"by-name\"\nexport_dir = \".\"", "", "5:12: database"},
      {"database = \"exports/p/m.db\"\nexport_dir = \"exports\"", "", "5:12: database"},
      {"database = \"m.db\"\nexport_dir = \"exports\"", "images = [\"*\"]", ""},
      {"database = \"m.db\"\nexport_dir = \".\"", "images = [\"*\"]", "6:14: [files] dir"},
      {"database = \"m.db\"\nexport_dir = \"e\"", "dir = \"e\"", "8:7: [files] dir"},
      {"database = \"m.db\"\nexport_dir = \"e\"", "dir = \"e/f\"", "8:7: [files] dir"},
      {"database = \"m.db\"\nexport_dir = \"f/e\"", "dir = \"f\"", "8:7: [files] dir"},
      {"database = \"m.db\"\nexport_dir = \"e\"", "dir = \"./x/../e\"", "8:7: [files] dir"},
      {"database = \"m.db\"\nexport_dir = \"e\"", "dir = \"ef\"", ""},
  };
  for (const auto& [mirror, files, said] : cases) {
    SCOPED_TRACE(mirror + files);
    const fs::path file =
        write("[[workspace]]\nname = \"x\"\nsecret_key_env = \"NEXUS_SECRET_KEY\"\n[mirror]\n" +
                  mirror + "\n[files]\n" + files + "\n",
              "apart.toml");
    const std::string all = joined(check_config(file));
    EXPECT_EQ(all.empty(), said.empty()) << all;
    EXPECT_TRUE(all.starts_with(said.empty() ? "" : file.string() + ":" + said)) << all;
    EXPECT_EQ(all.find("export_dir") == std::string::npos, said.empty()) << all;
  }
}

// As a reload does, to which systemd shows the service's credentials not.
TEST_F(ConfigFile, CheckLeavesCredentialsOutWhereTheyAreOutOfSight) {
  const fs::path file = write(
      "[[workspace]]\nname = \"a\"\nsecret_credential = \"key\"\n"
      "[[workspace]]\nname = \"b\"\nsecret_key_env = \"NO_SUCH_KEY\"\n");
  const auto workspaces = [&](config::Credentials credentials) {
    std::string named;
    for (const config::Problem& problem : config::find_problems(file, credentials)) {
      if (problem.message.find("workspace a") != std::string::npos) named += "a";
      if (problem.message.find("workspace b") != std::string::npos) named += "b";
    }
    return named;
  };
  EXPECT_EQ(workspaces(config::Credentials::in_sight), "ab");
  EXPECT_EQ(workspaces(config::Credentials::out_of_sight), "b");
}

TEST_F(ConfigFile, CheckSeesWhatWouldNotStartOrBeNoKey) {
  const auto hook = [&](const std::string& text) {
    const fs::path program = write(text, "hook.sh");
    fs::permissions(program, fs::perms(0755));
    std::string all;
    for (const config::Problem& problem : config::find_problems(
             write("[[workspace]]\nname = \"a\"\nsecret_key_env = \"HOME\"\n[hooks]\non_change = "
                   "[\"" +
                   program.string() + "\"]\n"))) {
      if (problem.message.starts_with("on_change")) all += problem.message;
    }
    return all;
  };
  EXPECT_EQ(hook("#!/bin/sh\n"), "");
  EXPECT_NE(hook("echo\n").find("does not begin with a line like #!/bin/sh"), std::string::npos);
  EXPECT_NE(hook("#!/bin/sh\r\n").find("LF line ends"), std::string::npos);
  EXPECT_EQ(config::secret_problem("5f1d0c4b7a3e9286=="), "");
  EXPECT_EQ(config::secret_problem("\"5f1d0c4b\""), "stands in quotes, which are no part of a key");
  EXPECT_NE(config::secret_problem("NEXUS_SECRET_KEY=5f1d0c4b7a3e9286"), "");
}

TEST_F(ConfigFile, CheckLooksForTheHook) {
  const std::string workspace = "secret_key_env = \"NEXUS_SECRET_KEY\"";
  write("#!/bin/sh\n", "hook", 0644);
  EXPECT_EQ(
      checked(workspace, "[hooks]\non_change = [\"./hook\"]"),
      "8:13: on_change: " + (folder_ / "hook").string() + " is no program that this user can run");
  EXPECT_EQ(checked(workspace, "[hooks]\non_change = [\"no-such-program\"]"),
            "8:13: on_change: there is no program no-such-program in PATH");
}

TEST_F(ConfigFile, CheckReportsTheFileAndItsSurroundingsTogether) {
  set_environment("NEXUS_SECRET_KEY", nullptr);
  const std::string found =
      checked("secret_key_env = \"NEXUS_SECRET_KEY\"", "[http]\npage_sise = 1");
  EXPECT_NE(found.find("3:18: reading the key"), std::string::npos) << found;
  EXPECT_NE(found.find("\n8:1: unknown key"), std::string::npos) << found;
}

}  // namespace
}  // namespace nexus_mirror
