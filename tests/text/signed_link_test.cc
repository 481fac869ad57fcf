#include "text/signed_link.h"

#include <gtest/gtest.h>

namespace nexus_mirror::text {
namespace {

constexpr std::string_view kSigned =
    "https://storage.googleapis.com/b/f?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date="
    "20240125T100924Z&X-Goog-Expires=86400&X-Goog-Signature=abc";

TEST(SignedLinkTest, IsKnownByEverySpellingOfItsSignature) {
  for (const std::string_view key :
       {"X-Goog-Signature", "X-Amz-Signature", "x-amz-signature", "X-GOOG-SIGNATURE",
        "X-Any-Signature", "Signature", "signature", "sig", "SIG", "Sig"}) {
    for (const std::string_view before : {"?", "?a=1&", "?a=1;", "?x=https://h/p?"}) {
      const std::string link = "https://x/y" + std::string(before) + std::string(key) + "=abc";
      EXPECT_TRUE(is_signed(link)) << link;
      EXPECT_EQ(without_signature(link), "https://x/y");
    }
  }
  EXPECT_TRUE(is_signed(kSigned));
  EXPECT_TRUE(is_signed("HTTP://localhost/f?sig=1"));
}

TEST(SignedLinkTest, IsNothingElse) {
  for (const std::string_view text :
       {"", "https://x/y", "https://x/y?q=Signature", "https://x/y?page=1", "https://x/y?sig",
        "https://x/y?design=1", "https://x/y?my_sig=1", "https://x/y?signatures=1",
        "https://x/sig=1", "ask ?sig=abc", "ftp://x/y?sig=abc", "?sig=abc"}) {
    EXPECT_FALSE(is_signed(text)) << text;
    EXPECT_EQ(without_signature(text), text);
  }
}

TEST(SignedLinkTest, LeadsToTheSameFileWhateverItsQuery) {
  EXPECT_EQ(link_base(kSigned), "https://storage.googleapis.com/b/f");
  EXPECT_TRUE(same_link("https://x/y?sig=1", "https://x/y?sig=2"));
  EXPECT_TRUE(same_link("https://x/y?sig=1", "https://x/y"));
  EXPECT_FALSE(same_link("https://x/y?sig=1", "https://x/z?sig=1"));
  EXPECT_FALSE(same_link("", "https://x/z"));
}

TEST(SignedLinkTest, SaysWhenItDies) {
  EXPECT_EQ(link_expiry(kSigned), 1706263764000);
  EXPECT_EQ(link_expiry("https://x/y?X-Amz-Date=20240125T100924Z&X-Amz-Expires=60"), 1706177424000);
  EXPECT_EQ(link_expiry("https://x/y?x-amz-expires=60&x-amz-date=20240125T100924Z"), 1706177424000);
  for (const std::string_view link :
       {"", "https://x/y", "https://x/y?X-Goog-Date=20240125T100924Z",
        "https://x/y?X-Goog-Date=20241325T100924Z&X-Goog-Expires=60",
        "https://x/y?X-Goog-Date=yesterday&X-Goog-Expires=60",
        "https://x/y?X-Goog-Date=20240125T100924Z&X-Goog-Expires=soon",
        "https://x/y?X-Goog-Date=20240125T100924Z&X-Goog-Expires=6x"}) {
    EXPECT_EQ(link_expiry(link), std::nullopt) << link;
  }
}

TEST(SignedLinkTest, IsShownInProseWithoutItsQuery) {
  EXPECT_EQ(without_link_queries("see https://x/y?sig=1, or <http://z?a>? and gs://b/c?d"),
            "see https://x/y or <http://z>? and gs://b/c");
  EXPECT_EQ(without_link_queries("why? no link"), "why? no link");
}

}  // namespace
}  // namespace nexus_mirror::text
