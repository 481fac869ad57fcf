#include "env/user.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>

#include "env/file.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;    // has an account on every Debian
constexpr uid_t kNameless = 61004;  // has none

class UserTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
    fs::permissions(folder_.path(), fs::perms(0755));
  }

  fs::path make_file(const fs::path& name, const std::string& text, uid_t owner, mode_t mode) {
    const fs::path file = folder_ / name;
    std::ofstream(file) << text;
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    EXPECT_EQ(::chown(file.c_str(), owner, owner), 0);
    return file;
  }

  fs::path make_folder(const fs::path& name, uid_t owner) {
    fs::create_directory(folder_ / name);
    EXPECT_EQ(::chown((folder_ / name).c_str(), owner, owner), 0);
    return folder_ / name;
  }

  // What `say` says in a process that has gone on as `user`.
  std::string as(const User& user, const std::vector<fs::path>& keep,
                 const std::function<std::string()>& say) const {
    const fs::path file = folder_ / "said";
    std::ofstream out(file);
    const pid_t child = ::fork();
    if (child == 0) {
      const int error = go_on_as(user, keep);
      out << (error == 0 ? say() : "error " + std::to_string(error)) << std::flush;
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return text_at(file);
  }

  static std::string text_at(const fs::path& file) {
    std::ifstream in(file);
    if (!in) return "unreadable";
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(UserTest, OwnsAFileOrTheFolderThatIsToHoldIt) {
  const fs::path folder = make_folder("state", kNobody);
  const fs::path file = make_file("state/mirror.db", "", kNameless, 0600);
  EXPECT_EQ(text_of(owner_of(file).value()), "uid 61004");
  EXPECT_EQ(owner_of(file)->gid, kNameless);
  EXPECT_EQ(text_of(owner_of(folder / "none.db").value()), "nobody (uid 65534)");
  EXPECT_EQ(owner_of(folder / "new" / "folders" / "none.db")->uid, kNobody);
  EXPECT_EQ(owner_of(folder_ / "none.db")->uid, 0U);
  fs::create_symlink(file, folder_ / "link.db");
  EXPECT_EQ(owner_of(folder_ / "link.db")->uid, kNameless);
  EXPECT_EQ(owner_of(file / "below"), std::nullopt);
}

TEST_F(UserTest, IsGoneOnAsForGood) {
  for (const uid_t uid : {kNobody, kNameless}) {
    const User user = owner_of(make_file("file", "", uid, 0600)).value();
    const std::string said = as(user, {}, [&] {
      uid_t real = 0, effective = 0, saved = 0;
      ::getresuid(&real, &effective, &saved);
      gid_t real_group = 0, group = 0, saved_group = 0;
      ::getresgid(&real_group, &group, &saved_group);
      gid_t groups[64];
      const int count = ::getgroups(64, groups);
      std::string text = std::to_string(real) + " " + std::to_string(effective) + " " +
                         std::to_string(saved) + " groups " + std::to_string(real_group) + " " +
                         std::to_string(group) + " " + std::to_string(saved_group);
      for (int i = 0; i < count; ++i) text += " +" + std::to_string(groups[i]);
      if (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0) text += " and back";
      return text + " as " + text_of(*gone_on_as()) + (is_root() ? " root" : "");
    });
    const std::string number = std::to_string(uid);
    EXPECT_EQ(said, number + " " + number + " " + number + " groups " + number + " " + number +
                        " " + number + (uid == kNobody ? " +65534" : "") + " as " + text_of(user));
  }
  EXPECT_EQ(gone_on_as(), nullptr);
}

TEST_F(UserTest, KeepsWhatRootAloneMayRead) {
  const fs::path key = make_file("key", "secret\n", 0, 0600);
  const fs::path open = make_file("open", "for all\n", 0, 0644);
  fs::create_directory(folder_ / "private");
  fs::permissions(folder_ / "private", fs::perms(0700));
  const fs::path inside = make_file("private/key", std::string(40000, 'k'), 0, 0644);
  const fs::path none = folder_ / "none", left_out = make_file("left out", "?", 0, 0600);
  const std::string said = as({kNameless, kNameless}, {key, open, inside, none}, [&] {
    std::string text = text_at(key) + ' ' + text_at(readable_path(key)) +
                       text_at(readable_path(key));  // from its beginning each time
    if (text_at(readable_path(inside)) != std::string(40000, 'k')) text += "inside differs ";
    for (const fs::path& as_it_was : {open, none, left_out}) {
      if (readable_path(as_it_was) != as_it_was) text += as_it_was.string();
    }
    // Nor does another process of this user get at it.
    const fs::path mine =
        fs::path("/proc") / std::to_string(::getpid()) / "fd" / readable_path(key).filename();
    int status = 0;
    const pid_t other = ::fork();
    if (other == 0) ::_exit(text_at(mine) == "unreadable" ? 0 : 1);
    ::waitpid(other, &status, 0);
    return text + (status == 0 ? "kept" : "shown");
  });
  EXPECT_EQ(said, "unreadable secret\nsecret\nkept");
}

TEST_F(UserTest, WhatSomebodyElseLeftHasARemedy) {
  const fs::path ours = make_folder("ours", kNameless);
  make_folder("ours/project", 0);
  make_folder("ours/project/annotations", 0);
  make_file("ours/project/annotations/it's.txt", "", kNameless, 0644);
  make_file("ours/$(name)'s", "", 0, 0644);
  make_folder("theirs", 0);
  const auto remedy = [&](int error, const fs::path& path) {
    return as({kNameless, kNameless}, {},
              [&] { return remedy_for(error, folder_ / path, "as ever"); });
  };
  const std::string root = " belongs to root (uid 0): as root, run chown -hR 61004:61004 ";
  const std::string project = (ours / "project").string();
  for (const char* path : {"ours/project/annotations/it's.txt", "ours/project/new/file"}) {
    EXPECT_EQ(remedy(EACCES, path), project + root + project);
  }
  const std::string odd = (ours / "$(name)'s").string();
  EXPECT_EQ(remedy(EPERM, "ours/$(name)'s"),
            odd + root + "'" + (ours / "$(name)").string() + "'\\''s'");
  EXPECT_EQ(remedy(ENOSPC, "ours/project/file"), "as ever");
  EXPECT_EQ(remedy(EACCES, "theirs/file"), "as ever") << "root's folder is root's to give";
  EXPECT_EQ(remedy(EACCES, "ours/none"), "as ever");
  EXPECT_EQ(remedy_for(EACCES, ours / "project", "as ever"), "as ever") << "root needs none";
}

}  // namespace
}  // namespace nexus_mirror::env
