// A folder of its own for each test that reads configuration files.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/loader.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/error.h"
#include "support/temporary_folder.h"

namespace nexus_mirror {

class ConfigFolder : public ::testing::Test {
 protected:
  // Others may read what is in it, as far as its own mode says so.
  void SetUp() override { ::chmod(folder_.c_str(), 0755); }

  void TearDown() override {
    for (const auto& [name, value] : environment_) {
      value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
    }
  }

  // Sets an environment variable (nullptr: removes it) until the end of the test.
  void set_environment(const std::string& name, const char* value) {
    const char* old = std::getenv(name.c_str());
    environment_.try_emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    value == nullptr ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value, 1);
  }

  std::filesystem::path write(std::string_view text, const std::string& name = "nexus-mirror.toml",
                              mode_t mode = 0600) {
    const std::filesystem::path file = folder_ / name;
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

  // A file whose only fault can be `lines`, which begin at line 4.
  static std::string with_workspace(std::string_view lines) {
    return "[[workspace]]\nname = \"vision-team\"\nsecret_key_env = \"NEXUS_SECRET_KEY\"\n" +
           std::string(lines);
  }

  // What is wrong with `text` as a file, as "line:column: message".
  std::vector<std::string> problems(std::string_view text) {
    const std::filesystem::path file = write(text);
    std::vector<std::string> lines;
    for (const config::Problem& problem : config::load(file).problems) {
      const std::string line = config::problem_text(file, problem);
      lines.push_back(line.substr(file.string().size() + 1));
    }
    return lines;
  }

  // The only problem of with_workspace(lines); every problem, when there are others.
  std::string problem(std::string_view lines) { return joined(problems(with_workspace(lines))); }

  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text.append(text.empty() ? "" : "\n").append(line);
    return text;
  }

  Config load(std::string_view lines) { return load_config(write(with_workspace(lines))); }

  // The text of the Error(config) that `action` throws, "" when it throws none.
  template <class Action>
  static std::string config_error(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      return error.what();
    }
    return "";
  }

  const testing::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();

 private:
  std::map<std::string, std::optional<std::string>> environment_;  // as it was before
};

}  // namespace nexus_mirror
