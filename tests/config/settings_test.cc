// Every setting of the list: accepted, mistyped, of the wrong type, printed.
#include "config/settings.h"

#include <algorithm>
#include <clocale>
#include <locale>
#include <set>

#include "config/spelling.h"
#include "support/config_folder.h"
#include "support/places.h"

namespace nexus_mirror {
namespace {

using config::Setting;
using config::SettingKind;

// Every key of CONTRACT.md 2 that the program knows, with a value that is not its default.
constexpr std::string_view every_key = R"([mirror]
database   = "/srv/mirror.db"
export_dir = "/srv/exports"
mode       = "0640"
history    = "0"

[[workspace]]
name            = "env"
endpoint        = "https://nexus.example.com:8443/v2"
secret_key_env  = "OTHER_KEY"
ca_file         = "/etc/ca.pem"
client_certificate = "/etc/client.pem"
client_key      = "/etc/client.key"
projects        = ["Factory *", "proj_1"]
exclude         = ["Old"]

[[workspace]]
name            = "file"
secret_key_file = "/etc/key"

[[workspace]]
name            = "credential"
secret_credential = "nexus-key"

[[workspace]]
name            = "itself"
secret_key      = "0123abcd"

[http]
page_size = 100
concurrency = 8
requests_per_second = 2.5
connect_timeout = "500ms"
read_timeout = "1h"
answer_timeout = "2h"
max_retries = 0
proxy = "http://proxy:3128"
max_response = "64MiB"

[sync]
interval      = "1s"
jitter        = "0"
mode          = "quick"
full_interval = "7d"
run_logs      = false
skip          = ["sequences", "run_matrices"]
max_delete_fraction = 1
link_refresh_margin = "1h30m"
stale_after   = "2h"

[[export]]
projects    = ["Factory *"]
formats     = ["coco", "yolo"]
split_ratio = 0.2
test_ratio = 0.1
sets = { train = ["a"], test = ["c", "d"] }
split_by = "filename:^(.*)_f[0-9]+"
seed        = -7
images      = false
normalized  = false
statuses    = ["completed"]
groups      = ["main"]

[export_models]
links = false

[files]
dir             = "kept"
images          = ["*"]
models          = ["cars"]
exclude         = ["old*"]
concurrency     = 4
bandwidth       = "20MiB"
min_free        = "1GiB"
keep_unused     = "7d"
groups          = ["main"]
statuses        = ["Completed"]
max_file        = "100MB"
time_limit      = "1h"
verify          = 10

[hooks]
on_change = ["true", "--queue", ""]
timeout   = "5s"
heartbeat_url = "https://hc.example.com/ping"

[daemon]
listen = "127.0.0.1:9464"
)";

// A value of a type that the setting must refuse.
std::string wrong_value(const Setting& setting) {
  switch (setting.kind) {
    case SettingKind::integer:
    case SettingKind::real:
    case SettingKind::boolean:
      return "\"text\"";
    case SettingKind::size:
      return "true";
    default:
      return "15";
  }
}

// "[http]\npage_size = VALUE" behind a complete workspace, or a workspace of its own.
std::string lines_with(const Setting& setting, const std::string& key, const std::string& value) {
  const bool repeated = config::find_section(setting.section)->repeated;
  std::string lines = repeated ? "[[" : "[";
  lines.append(setting.section).append(repeated ? "]]\n" : "]\n");
  return lines + "  " + key + " = " + value + "\n";
}

class ConfigSettings : public ConfigFolder {
 protected:
  // All values as the program would print them, without the file's name.
  static std::string printed(const Config& config) { return print_config(config); }
};

TEST_F(ConfigSettings, EveryKeyIsAccepted) {
  const std::filesystem::path file = write(every_key);
  const Config config = load_config(file);
  EXPECT_EQ(config.file, file);
  EXPECT_EQ(config.mirror.database, "/srv/mirror.db");
  EXPECT_EQ(config.mirror.export_dir, "/srv/exports");
  EXPECT_EQ(config.mirror.mode, 0640U);
  EXPECT_EQ(config.mirror.history, Milliseconds(0));
  ASSERT_EQ(config.workspaces.size(), 4U);
  const WorkspaceConfig& workspace = config.workspaces[0];
  EXPECT_EQ(workspace.name, "env");
  EXPECT_EQ(workspace.endpoint, "https://nexus.example.com:8443/v2");
  EXPECT_EQ(workspace.secret_key_env, "OTHER_KEY");
  EXPECT_EQ(workspace.ca_file, "/etc/ca.pem");
  EXPECT_EQ(workspace.client_certificate, "/etc/client.pem");
  EXPECT_EQ(workspace.client_key, "/etc/client.key");
  EXPECT_EQ(workspace.projects, (std::vector<std::string>{"Factory *", "proj_1"}));
  EXPECT_EQ(workspace.exclude, std::vector<std::string>{"Old"});
  EXPECT_EQ(config.workspaces[1].secret_key_file, "/etc/key");
  EXPECT_EQ(config.workspaces[2].secret_credential, "nexus-key");
  EXPECT_EQ(config.workspaces[3].secret_key, "0123abcd");
  EXPECT_EQ(config.http.page_size, 100);
  EXPECT_EQ(config.http.concurrency, 8);
  EXPECT_EQ(config.http.requests_per_second, 2.5);
  EXPECT_EQ(config.http.connect_timeout, Milliseconds(500));
  EXPECT_EQ(config.http.read_timeout, std::chrono::hours(1));
  EXPECT_EQ(config.http.answer_timeout, std::chrono::hours(2));
  EXPECT_EQ(config.http.max_retries, 0);
  EXPECT_EQ(config.http.proxy, "http://proxy:3128");
  EXPECT_EQ(config.http.max_response, 64LL << 20);
  EXPECT_EQ(config.sync.interval, std::chrono::seconds(1));
  EXPECT_EQ(config.sync.jitter, Milliseconds(0));
  EXPECT_EQ(config.sync.mode, SyncMode::quick);
  EXPECT_EQ(config.sync.full_interval, std::chrono::hours(168));
  EXPECT_FALSE(config.sync.run_logs);
  EXPECT_EQ(config.sync.skip, (std::vector<std::string>{"sequences", "run_matrices"}));
  EXPECT_EQ(config.sync.max_delete_fraction, 1.0);
  EXPECT_EQ(config.sync.link_refresh_margin, std::chrono::minutes(90));
  EXPECT_EQ(config.sync.stale_after, std::chrono::hours(2));
  EXPECT_EQ(config.files.dir, file.parent_path() / "kept");
  EXPECT_EQ(config.files.images, std::vector<std::string>{"*"});
  EXPECT_EQ(config.files.exclude, std::vector<std::string>{"old*"});
  EXPECT_EQ(config.files.bandwidth, 20 << 20);
  EXPECT_EQ(config.files.keep_unused, std::chrono::hours(168));
  EXPECT_EQ(config.files.max_file, 100000000);
  EXPECT_EQ(config.files.time_limit, std::chrono::hours(1));
  EXPECT_EQ(config.files.verify, 10);
  ASSERT_EQ(config.exports.size(), 1U);
  const ExportConfig& one = config.exports[0];
  EXPECT_EQ(one.projects, std::vector<std::string>{"Factory *"});
  EXPECT_EQ(one.formats, (std::vector<std::string>{"coco", "yolo"}));
  EXPECT_EQ(one.split_ratio, 0.2);
  EXPECT_EQ(one.test_ratio, 0.1);
  EXPECT_EQ(one.sets, (GroupSets{{"a"}, {}, {"c", "d"}}));
  EXPECT_EQ(one.split_by, "filename:^(.*)_f[0-9]+");
  EXPECT_EQ(one.seed, -7);
  EXPECT_FALSE(one.images);
  EXPECT_FALSE(one.normalized);
  EXPECT_EQ(one.statuses, std::vector<std::string>{"Completed"});
  EXPECT_EQ(one.groups, std::vector<std::string>{"main"});
  EXPECT_FALSE(config.export_model_links);
  EXPECT_EQ(config.hooks.on_change, (std::vector<std::string>{"true", "--queue", ""}));
  EXPECT_EQ(config.hooks.timeout, std::chrono::seconds(5));
  EXPECT_EQ(config.hooks.heartbeat_url, "https://hc.example.com/ping");
  EXPECT_EQ(config.daemon_listen, "127.0.0.1:9464");
}

TEST_F(ConfigSettings, TheListHasEveryKeyOfTheFileAboveAndNoOther) {
  std::set<std::string> keys;
  std::size_t begin = 0;
  std::string section;
  while (begin < every_key.size()) {
    const std::size_t end = every_key.find('\n', begin);
    const std::string_view line = every_key.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with('[')) {
      section = line.substr(line.rfind('[') + 1, line.find(']') - line.rfind('[') - 1);
    } else if (!line.empty()) {
      keys.insert(section + "." + std::string(line.substr(0, line.find(' '))));
    }
  }
  std::set<std::string> listed;
  for (const Setting& setting : config::settings()) {
    listed.insert(std::string(setting.section) + "." + std::string(setting.key));
    EXPECT_FALSE(setting.meaning.empty()) << setting.key;
    EXPECT_EQ(setting.meaning.find('\n'), std::string_view::npos) << setting.key;
  }
  EXPECT_EQ(listed, keys);
  EXPECT_EQ(listed.size(), config::settings().size()) << "a key is listed twice";
}

TEST_F(ConfigSettings, EveryKeyIsSuggestedWhenMistyped) {
  for (const Setting& setting : config::settings()) {
    const std::string key(setting.key);
    std::string swapped = key;
    std::swap(swapped[1], swapped[2]);
    const std::string missing = key.substr(0, key.size() - 1);
    for (const std::string& mistyped : {swapped, missing, key + "x"}) {
      if (config::find_setting(setting.section, mistyped) != nullptr) continue;
      // In a section of its own there may be more to say: a [[workspace]] that has no name.
      const std::string found = problem(lines_with(setting, mistyped, "1"));
      EXPECT_NE(found.find("5:3: unknown key \"" + mistyped + "\" in ["), std::string::npos)
          << found;
      EXPECT_NE(found.find("(did you mean \"" + key + "\"?)"), std::string::npos) << found;
    }
  }
}

TEST_F(ConfigSettings, EveryWrongTypeIsReportedWhereItStands) {
  for (const Setting& setting : config::settings()) {
    const std::string key(setting.key);
    const std::string place = "5:" + std::to_string(3 + key.size() + 3) + ": ";
    const std::string value = wrong_value(setting);
    const std::string found = problem(lines_with(setting, key, value));
    EXPECT_NE(found.find(place + key + " must be "), std::string::npos) << found;
    const std::string_view type = value == "15"     ? "not a whole number"
                                  : value == "true" ? "not true or false"
                                                    : "not text";
    EXPECT_NE(found.find(type), std::string::npos) << found;
  }
}

TEST_F(ConfigSettings, TablesAndDatesAreNoValues) {
  for (const Setting& setting : config::settings()) {
    const std::string key(setting.key);
    for (const std::string value : {"{a = 1}", "2024-01-25", "12:30:00", "nan", "[[1]]"}) {
      const std::string found = problem(lines_with(setting, key, value));
      EXPECT_NE(found.find(": " + key), std::string::npos) << key << " = " << value << found;
    }
  }
}

TEST_F(ConfigSettings, EveryRangeEndsWhereItSays) {
  for (const Setting& setting : config::settings()) {
    if (setting.low == setting.high || setting.key == "seed") continue;
    const std::string key(setting.key);
    const auto accepted = [&](std::int64_t number) {
      const bool duration =
          setting.kind == SettingKind::duration || setting.kind == SettingKind::other_duration;
      const std::string text = std::to_string(number);
      const std::string value = duration ? '"' + (number < 0 ? text : text + "ms") + '"' : text;
      return problem(lines_with(setting, key, value)).find(": " + key + " must") ==
             std::string::npos;
    };
    EXPECT_TRUE(accepted(setting.low)) << key;
    EXPECT_TRUE(accepted(setting.high)) << key;
    EXPECT_FALSE(accepted(setting.low - 1)) << key;
    EXPECT_FALSE(accepted(setting.high + 1)) << key;
  }
}

TEST_F(ConfigSettings, PrintedSettingsReadBackTheSame) {
  std::string text(every_key);
  const std::string secret = "\n[[workspace]]\nname            = \"itself\"\nsecret_key      = ";
  text.replace(text.find(secret), secret.size() + std::string_view("\"0123abcd\"").size(), "");
  const Config config = load_config(write(text));
  const std::string first = printed(config);
  EXPECT_EQ(printed(load_config(write(first, "printed.toml"))), first);
  for (const Setting& setting : config::settings()) {
    const bool left_out = setting.section == "workspace" && setting.key == "secret_key";
    EXPECT_EQ(first.find("\n" + std::string(setting.key) + " = ") == std::string::npos, left_out)
        << setting.key;
  }
}

TEST_F(ConfigSettings, PrintedTextIsEscaped) {
  Config config = load("projects = ['quote \" backslash \\ tab', \"Käfer\", \"line\\nbreak\"]");
  const Config again = load_config(write(print_config(config), "printed.toml"));
  EXPECT_EQ(again.workspaces[0].projects, config.workspaces[0].projects);
  EXPECT_EQ(again.workspaces[0].projects[2], "line\nbreak");
}

TEST_F(ConfigSettings, PrintingHidesSecrets) {
  const Config config =
      load_config(write("[[workspace]]\nname = \"x\"\nsecret_key = \"hunter2\"\n[http]\n"
                        "proxy = \"http://me:hunter2@proxy:3128\"\n[hooks]\n"
                        "heartbeat_url = \"https://hc.example.com/?key=hunter2\"\n"));
  const std::string text = print_config(config);
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("secret_key = \"***\""), std::string::npos) << text;
  EXPECT_NE(text.find("proxy = \"http://***@proxy:3128\""), std::string::npos) << text;
  EXPECT_NE(text.find("heartbeat_url = \"https://hc.example.com/?***\""), std::string::npos);
  EXPECT_EQ(joined(problems(text)), "");
}

TEST_F(ConfigSettings, DefaultsAreThoseOfTheHeader) {
  Config defaults;
  defaults.workspaces.emplace_back();
  defaults.workspaces[0].name = "vision-team";
  defaults.workspaces[0].secret_key_env = "NEXUS_SECRET_KEY";
  EXPECT_EQ(printed(load("")), printed(defaults));
  EXPECT_EQ(config::default_value(*config::find_setting("sync", "interval")), "\"15m\"");
  EXPECT_EQ(config::default_value(*config::find_setting("export", "seed")), "1337");
  EXPECT_EQ(config::value_description(*config::find_setting("http", "page_size")),
            "a whole number from 1 to 100000");
}

TEST_F(ConfigSettings, TheSampleStatesTheDefaults) {
  const std::filesystem::path sample = testing::in_source("config/nexus-mirror.toml");
  Config config = load_config(sample);
  ASSERT_EQ(config.workspaces.size(), 1U);
  EXPECT_EQ(config.workspaces[0].secret_key_env, "NEXUS_SECRET_KEY");
  Config defaults;
  defaults.workspaces = {WorkspaceConfig{}};
  defaults.workspaces[0].name = config.workspaces[0].name;
  defaults.workspaces[0].secret_key_env = "NEXUS_SECRET_KEY";
  EXPECT_EQ(printed(config), printed(defaults));
}

TEST_F(ConfigSettings, TheSampleHasEveryKeyWithItsDefault) {
  std::ifstream sample(testing::in_source("config/nexus-mirror.toml"));
  std::string uncommented, line;
  while (std::getline(sample, line)) {
    const bool setting = line.starts_with('#') && line.size() > 1 && line[1] != ' ';
    uncommented += (setting ? line.substr(1) : line) + "\n";
  }
  const std::filesystem::path file = write(uncommented);
  const Config config = load_config(file);
  Config defaults;
  defaults.workspaces = config.workspaces;
  defaults.exports.emplace_back();
  EXPECT_EQ(printed(config), printed(defaults));
  for (const Setting& setting : config::settings()) {
    EXPECT_NE(uncommented.find("\n" + std::string(setting.key) + " = "), std::string::npos)
        << setting.key;
  }
}

// As in German: 0,5 and 1.337.
struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST_F(ConfigSettings, TheLocaleDoesNotMatter) {
  const std::string expected = printed(load_config(write(every_key)));
  const std::locale before =
      std::locale::global(std::locale(std::locale::classic(), new DecimalComma));
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
  const std::string found = printed(load_config(write(every_key)));
  const std::string out_of_range = problem("[http]\npage_size = 1000000");
  std::setlocale(LC_ALL, "C");
  std::locale::global(before);
  EXPECT_EQ(found, expected);
  EXPECT_NE(found.find("split_ratio = 0.2\n"), std::string::npos);
  EXPECT_EQ(out_of_range, "5:13: page_size must be a whole number from 1 to 100000, not 1000000");
}

TEST(Spelling, CountsEdits) {
  EXPECT_EQ(config::edit_distance("", ""), 0U);
  EXPECT_EQ(config::edit_distance("abc", ""), 3U);
  EXPECT_EQ(config::edit_distance("", "abc"), 3U);
  EXPECT_EQ(config::edit_distance("databse", "database"), 1U);
  EXPECT_EQ(config::edit_distance("itnerval", "interval"), 1U);
  EXPECT_EQ(config::edit_distance("kitten", "sitting"), 3U);
}

TEST(Spelling, FindsTheNearestWordIfOneIsNear) {
  const std::vector<std::string_view> known = {"interval", "jitter", "mode"};
  EXPECT_EQ(config::nearest_word("Intervall", known), "interval");
  EXPECT_EQ(config::nearest_word("mode", known), "mode");
  EXPECT_EQ(config::nearest_word("concurrency", known), std::nullopt);
  EXPECT_EQ(config::nearest_word("", known), std::nullopt);
  EXPECT_EQ(config::nearest_word(std::string(1 << 20, 'x'), known), std::nullopt);
}

TEST(Spelling, QuotesOnOneShortLine) {
  EXPECT_EQ(config::in_quotes("a\nb"), "\"a b\"");
  EXPECT_EQ(config::in_quotes(std::string(60, 'x')), '"' + std::string(60, 'x') + '"');
  EXPECT_EQ(config::in_quotes(std::string(59, 'x') + "ää"), '"' + std::string(59, 'x') + "...\"");
}

}  // namespace
}  // namespace nexus_mirror
