#include "nexus_mirror/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

#include "error/current_error.h"
#include "error/scarcity.h"

namespace nexus_mirror {
namespace {

TEST(Error, SaysWhatWasDoneToWhatWhyAndWhatToDo) {
  const Error error(ErrorCode::machine, "opening", "/var/lib/mirror.db", "disk full", "make room");
  EXPECT_STREQ(error.what(), "opening /var/lib/mirror.db: disk full; make room");
  EXPECT_EQ(error.code(), ErrorCode::machine);
  EXPECT_EQ(error.doing(), "opening");
  EXPECT_EQ(error.subject(), "/var/lib/mirror.db");
  EXPECT_EQ(error.reason(), "disk full");
  EXPECT_EQ(error.hint(), "make room");
  EXPECT_EQ(error.http_status(), 0);
}

TEST(Error, LeavesOutWhatIsEmpty) {
  EXPECT_STREQ(Error(ErrorCode::usage, "", "--page", "no such option").what(),
               "--page: no such option");
  EXPECT_STREQ(Error(ErrorCode::usage, "reading", "", "", "").what(), "reading");
  EXPECT_STREQ(Error(ErrorCode::usage, "", "", "too late", "").what(), "too late");
}

TEST(Error, IsOneLineWhateverTheServerSaid) {
  const Error error(ErrorCode::bad_response, "listing", "proj\n1", "bad\r\nbody\x1b[31m\x7f");
  EXPECT_STREQ(error.what(), "listing proj 1: bad  body [31m ");
}

TEST(Error, KeepsTheStatusOfAnAnswer) {
  const Error error = Error::from_status(503, "listing assets", "proj_1", "overloaded", "wait");
  EXPECT_EQ(error.code(), ErrorCode::http_status);
  EXPECT_EQ(error.http_status(), 503);
  EXPECT_STREQ(error.what(), "listing assets proj_1: overloaded; wait");
}

TEST(Error, EveryCodeHasItsExitStatus) {
  const std::vector<std::pair<ErrorCode, int>> expected = {
      {ErrorCode::usage, 2},        {ErrorCode::config, 2},      {ErrorCode::key_refused, 3},
      {ErrorCode::unreachable, 4},  {ErrorCode::timeout, 4},     {ErrorCode::http_status, 1},
      {ErrorCode::bad_response, 1}, {ErrorCode::machine, 5},     {ErrorCode::guard, 6},
      {ErrorCode::busy, 7},         {ErrorCode::interrupted, 1}, {ErrorCode::exports, 1},
  };
  for (const auto& [code, status] : expected) {
    EXPECT_EQ(static_cast<int>(exit_code(code)), status) << static_cast<int>(code);
  }
}

// What is left of `thrown` as an Error.
template <typename Thrown>
Error caught(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return current_error(ErrorCode::machine, "syncing", "project cars");
  }
}

TEST(CurrentError, AnErrorStaysAsItIs) {
  const Error error = caught(Error::from_status(503, "listing", "assets", "overloaded", "wait"));
  EXPECT_STREQ(error.what(), "listing assets: overloaded; wait");
  EXPECT_EQ(error.code(), ErrorCode::http_status);
  EXPECT_EQ(error.http_status(), 503);
}

TEST(CurrentError, AnythingElseGetsItsSubject) {
  EXPECT_EQ(caught(std::bad_alloc()).reason(), "out of memory");
  EXPECT_EQ(caught(std::bad_alloc()).hint(), scarcity_remedy(ENOMEM));
  EXPECT_STREQ(caught(std::runtime_error("no\nway")).what(), "syncing project cars: no way");
  EXPECT_STREQ(caught(7).what(), "syncing project cars: an exception of a kind that nobody knows");
  EXPECT_EQ(caught(7).code(), ErrorCode::machine);
}

TEST(OneLine, KeepsEverythingButControlCharacters) {
  EXPECT_EQ(one_line("a\tb\nc"), "a b c");
  EXPECT_EQ(one_line(std::string("zero\0byte", 9)), "zero byte");
  EXPECT_EQ(one_line("Käfer ~ 甲虫"), "Käfer ~ 甲虫");
  EXPECT_EQ(one_line(""), "");
}

}  // namespace
}  // namespace nexus_mirror
