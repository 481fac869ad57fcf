// The store of content: whole or not there (CONTRACT.md 8.1, 8.2, 8.7).
#include "content/content_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "content/content_folder.h"
#include "nexus_mirror/error.h"
#include "support/faulty_files.h"
#include "support/power_cut.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::content {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMirror = "0123456789abcdef0123456789abcdef";
// Of "abc": FIPS 180-4; RFC 1321, A.5; `printf abc | crc32c`.
constexpr const char* kAbcSha256 =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class ContentStoreTest : public ::testing::Test {
 protected:
  fs::path dir() const { return folder_ / "files"; }
  std::unique_ptr<ContentStore> open(mode_t mode = 0600) const {
    return std::make_unique<ContentStore>(dir(), mode, kMirror, false);
  }
  // Stores `bytes` and returns their SHA-256.
  static std::string put(ContentStore& store, const std::string& bytes,
                         const std::string& key = "key") {
    const auto attempt = store.begin(key, "");
    attempt->write(bytes);
    std::string sha256 = attempt->finish().sha256;
    attempt->seal();
    return sha256;
  }
  static std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t partials() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(dir() / "partial"), fs::directory_iterator()));
  }
  const testing::TemporaryFolder folder_;
};

TEST_F(ContentStoreTest, ContentLiesUnderItsHashAndIsNeverChanged) {
  const auto store = open();
  EXPECT_EQ(put(*store, "abc"), kAbcSha256);
  const fs::path path = dir() / "sha256/ba" / kAbcSha256;
  EXPECT_FALSE(fs::exists(path)) << "before it is on the disk";
  EXPECT_EQ(store->waiting(), 1U);
  store->settle();
  EXPECT_EQ(bytes_of(path), "abc");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0444U);
  EXPECT_EQ(partials(), 0U);
  EXPECT_EQ(store->waiting(), 0U);
}

TEST_F(ContentStoreTest, HashesAreThoseOfTheStorage) {
  const auto attempt = open()->begin("key", "");
  attempt->write("12345");
  attempt->write("6789");
  const ContentHashes hashes = attempt->finish();
  EXPECT_EQ(hashes.crc32c, "4waSgw==");
  EXPECT_EQ(hashes.md5, "JfnnlDI7RTiF9RgfG2JNCw==");
  EXPECT_EQ(hashes.bytes, 9U);
}

TEST_F(ContentStoreTest, TheSameContentIsOneFile) {
  const auto store = open();
  put(*store, "abc", "one");
  store->settle();
  const auto before = fs::last_write_time(content_path(dir(), kAbcSha256));
  put(*store, "abc", "two");
  put(*store, "abc", "three");
  store->settle();
  EXPECT_EQ(fs::last_write_time(content_path(dir(), kAbcSha256)), before);
  EXPECT_EQ(partials(), 0U);
}

TEST_F(ContentStoreTest, AnAttemptWithAValidatorGoesOnInAnotherProcess) {
  {
    const auto store = open();
    store->begin("key", "\"tag\"")->write("ab");
    store->begin("other", "\"tag\"")->write("xy");
    store->begin("none", "")->write("zz");
    EXPECT_EQ(partials(), 2U) << "one without a validator is of no use";
  }
  const auto store = open();
  EXPECT_EQ(store->resume("unknown", {}), nullptr);
  auto attempt = store->resume("key", {});
  ASSERT_NE(attempt, nullptr);
  EXPECT_EQ(attempt->validator(), "\"tag\"");
  EXPECT_EQ(attempt->bytes(), 2U);
  attempt->write("c");
  EXPECT_EQ(attempt->finish().sha256, kAbcSha256);
  attempt->seal();
  attempt.reset();
  store->forget_partials();
  store->settle();
  EXPECT_EQ(partials(), 0U);
  EXPECT_EQ(bytes_of(content_path(dir(), kAbcSha256)), "abc");
}

TEST_F(ContentStoreTest, WhatThisProcessLeftIsKeptForTheNext) {
  const auto store = open();
  store->begin("key", "\"tag\"")->write("ab");
  store->forget_partials();
  EXPECT_EQ(partials(), 1U);
  const auto attempt = store->resume("key", {});
  ASSERT_NE(attempt, nullptr);
  EXPECT_EQ(attempt->bytes(), 2U);
  attempt->drop();
  EXPECT_EQ(partials(), 0U);
}

TEST_F(ContentStoreTest, AValidatorThatFitsNoNameIsNone) {
  const auto store = open();
  const auto attempt = store->begin("key", std::string(200, 'e'));
  EXPECT_EQ(attempt->validator(), "");
}

TEST_F(ContentStoreTest, WhatNobodyCanGoOnWithGoesAtTheStart) {
  open();
  for (const char* const name : {"x", "0123", "rubbish-zz-1"}) {
    std::ofstream(dir() / "partial" / name) << "bytes";
  }
  const auto store = open();
  EXPECT_EQ(partials(), 0U);
}

TEST_F(ContentStoreTest, TheFolderIsOpenToWhomTheMirrorIs) {
  open(0640);
  struct stat status {};
  ASSERT_EQ(::stat((dir() / "sha256").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750U);
}

TEST_F(ContentStoreTest, OneMirrorOneFolder) {
  open();
  EXPECT_EQ(content_owner(dir()), kMirror);
  const std::string other(32, 'f');
  try {
    ContentStore store(dir(), 0600, other, false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
  }
  ContentStore(dir(), 0600, other, true);
  EXPECT_EQ(content_owner(dir()), other);
}

TEST_F(ContentStoreTest, NoOtherNameLeadsToAFile) {
  open();
  for (const char* const name : {"", "..", "../../secret", "BA7816BF"}) {
    EXPECT_FALSE(is_content_name(name)) << name;
    EXPECT_FALSE(content_bytes(dir(), name)) << name;
  }
  std::string upper = kAbcSha256;
  upper.front() = 'B';
  EXPECT_FALSE(is_content_name(upper));
}

// What is there is sound, and a store that opens it goes on as if nothing had been.
void expect_healed(const fs::path& dir, const std::string& what) {
  const auto expect_sound = [&] {
    for_each_content(dir, [&](const std::string& sha256, std::uint64_t) {
      EXPECT_EQ(hash_file(content_path(dir, sha256), {})->sha256, sha256) << what;
    });
  };
  expect_sound();
  ContentStore store(dir, 0600, kMirror, true);  // of the mark a part may be lost
  const auto attempt = store.begin("abc", "");
  attempt->write("abc");
  EXPECT_EQ(attempt->finish().sha256, kAbcSha256);
  attempt->seal();
  store.settle();
  store.forget_partials();
  expect_sound();
  EXPECT_TRUE(content_bytes(dir, kAbcSha256)) << what;
  EXPECT_TRUE(fs::is_empty(dir / "partial")) << what;
}

// Makes a store, an attempt that stays, two contents, and content that is there already.
void work(const fs::path& dir) {
  ContentStore store(dir, 0600, kMirror, false);
  const auto put = [&](const std::string& bytes) {
    const auto attempt = store.begin(bytes, "");
    attempt->write(bytes);
    attempt->finish();
    attempt->seal();
  };
  store.begin("half", "\"tag\"")->write("ab");
  put("abc");
  put(std::string(100000, 'x'));
  store.settle();
  put("abc");
  put("more");
  store.settle();
}

TEST_F(ContentStoreTest, WhateverCallFailsNothingFalseIsStored) {
  using testing::DiskFault;
  for (const DiskFault fault : {DiskFault::io_error, DiskFault::short_write}) {
    for (const auto repeat : {testing::Repeat::once, testing::Repeat::from_then_on}) {
      for (std::uint64_t n = 1;; ++n) {
        fs::remove_all(dir());
        testing::FaultyFiles files({testing::kFileChanges, n, fault, repeat});
        try {
          work(dir());
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::machine) << error.what();
        }
        files.heal();
        if (!files.reached()) break;
        expect_healed(dir(), files.hit());
      }
    }
  }
}

TEST_F(ContentStoreTest, APowerCutLeavesNothingFalse) {
  const fs::path place = folder_ / "place", copy = folder_ / "copy";
  fs::create_directory(place);
  testing::DiskRecord record(place);
  work(place / "files");
  record.finish();
  ASSERT_GT(record.changes(), 20U);
  for (std::size_t n = 0; n <= record.changes(); ++n) {
    for (const testing::Loss loss : testing::kLosses) {
      record.replay(n, loss, static_cast<std::uint32_t>(n), copy);
      expect_healed(copy / "files", record.change(std::max<std::size_t>(n, 1)));
    }
  }
}

}  // namespace
}  // namespace nexus_mirror::content
