#include "exports/file_names.h"

#include <gtest/gtest.h>

namespace nexus_mirror::exports {
namespace {

TEST(FileNamesTest, StemsOfOrdinaryNamesStay) {
  for (const auto& [name, stem] : {std::pair("cat.jpg", "cat"),
                                   {"photo.tar.gz", "photo.tar"},
                                   {"no extension", "no extension"},
                                   {"\xe7\x8c\xab.png", "\xe7\x8c\xab"},
                                   {"a, b (1).jpg", "a, b (1)"},
                                   {"console.jpg", "console"}}) {
    EXPECT_EQ(safe_stem(name), stem);
    EXPECT_TRUE(has_safe_stem(name)) << name;
    EXPECT_TRUE(is_safe_name(name)) << name;
  }
}

TEST(FileNamesTest, HostileStemsBecomeOneHarmlessComponent) {
  for (const std::string& name :
       {std::string("../x.jpg"), std::string("/etc/passwd"), std::string("..\\x.jpg"),
        std::string("a\nb.jpg"), std::string("a\0b.jpg", 7), std::string(".hidden"),
        std::string(".."), std::string("."), std::string(), std::string("CON"),
        std::string("con.jpg"), std::string("Lpt1.png"), std::string(300, 'n') + ".jpg",
        std::string("bad\xff.jpg"), std::string("\xc2\x85.jpg"), std::string("C:x.jpg")}) {
    const std::string stem = safe_stem(name);
    EXPECT_FALSE(has_safe_stem(name)) << name;
    EXPECT_FALSE(stem.empty());
    EXPECT_LE(stem.size(), kLongestStem);
    EXPECT_EQ(stem.find_first_of(std::string("/\\\n\0\xff", 5)), std::string::npos) << stem;
    EXPECT_FALSE(stem.starts_with('.')) << stem;
    EXPECT_TRUE(has_safe_stem(stem + ".txt")) << stem;
  }
}

TEST(FileNamesTest, ALongNameIsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xe7\x8c\xab";
  const std::string stem = safe_stem(name + ".jpg");
  EXPECT_EQ(stem.size() % 3, 0U);
  EXPECT_TRUE(name.starts_with(stem));
}

TEST(FileNamesTest, NamesInFilesMayHaveFoldersButLeadNowhere) {
  EXPECT_TRUE(is_safe_name("folder/cat.jpg"));
  for (const std::string& name :
       {std::string("../cat.jpg"), std::string("a/../b.jpg"), std::string("/cat.jpg"),
        std::string("a//b.jpg"), std::string("C:\\cat.jpg"), std::string("\\\\host\\cat.jpg"),
        std::string("a/.."), std::string(), std::string("a\tb"), std::string("a/"),
        std::string(256, 'x')}) {
    EXPECT_FALSE(is_safe_name(name)) << name;
  }
}

TEST(FileNamesTest, AnIdTellsNamesApart) {
  EXPECT_EQ(with_id("cat", "asset_8208740a-2d9c-46e8", false), "cat_asset_8208740a");
  EXPECT_EQ(with_id("cat", "asset_8208740a-2d9c-46e8", true), "cat_asset_8208740a-2d9c-46e8");
  EXPECT_EQ(with_id("cat", "a/b", false), "cat_a_b");
  EXPECT_NE(with_id("cat", "a/b", true), with_id("cat", "a_b", true));
  const std::string longer = std::string(80, 'i');
  EXPECT_NE(with_id("cat", longer + "1", true), with_id("cat", longer + "2", true));
  EXPECT_LE(with_id(std::string(300, 's'), longer, true).size(), 240U);
}

TEST(FileNamesTest, NamesThatADiskTakesForOneHaveOneKey) {
  EXPECT_EQ(stem_key("\u00c4"), stem_key("a\u0308"));
  EXPECT_NE(stem_key("a."), stem_key("a")) << "an extension follows";
  EXPECT_EQ(name_key("Folder/\u00c4.JPG"), name_key("folder\\a\u0308.jpg"));
  EXPECT_EQ(name_key("folder. /cat.jpg.. "), name_key("folder/cat.jpg"));
  EXPECT_NE(name_key("folder/cat.jpg"), name_key("folder cat.jpg"));
  EXPECT_NE(name_key(".cat"), name_key("cat"));
}

TEST(FileNamesTest, WhatAReaderStumblesOverIsReplaced) {
  EXPECT_EQ(fitting(NameRule::any, "a b"), "a b");
  EXPECT_EQ(fitting(NameRule::without_blanks, " a\u00a0b\u3000c\td"), "_a_b_c_d");
  EXPECT_EQ(fitting(NameRule::darknet, "raw images.jpgraw"), "Raw Images_jpgRaw");
  EXPECT_EQ(fitting(NameRule::darknet, "Raw JPEGImages.jpeg"), "Raw JPEGImages.jpeg");
  EXPECT_FALSE(fits(NameRule::without_blanks, "a b/c.jpg", "c"));
  EXPECT_FALSE(fits(NameRule::without_blanks, "c.jpg", "a b_c"));
  EXPECT_TRUE(fits(NameRule::without_blanks, "images.jpg", "images"));
  EXPECT_TRUE(fits(NameRule::darknet, "a b.jpg", "a b")) << "lines are read whole";
  EXPECT_FALSE(fits(NameRule::darknet, "a.jpg.jpg", "a.jpg"));
}

TEST(FileNamesTest, AFolderIsTheIdWhereThatIsHarmless) {
  EXPECT_EQ(safe_folder("proj_9004a21df7b040ace4674c4879603fe8"),
            "proj_9004a21df7b040ace4674c4879603fe8");
  for (const std::string& id : {std::string("../x"), std::string(".."), std::string("by-name"),
                                std::string(), std::string("a/b"), std::string("index.json"),
                                std::string(200, 'p'), std::string(".staging")}) {
    const std::string folder = safe_folder(id);
    EXPECT_NE(folder, id);
    EXPECT_EQ(folder.find('/'), std::string::npos);
    EXPECT_FALSE(folder.starts_with('.'));
    EXPECT_LE(folder.size(), 120U);
  }
  EXPECT_NE(safe_folder("a/b"), safe_folder("a_b"));
  EXPECT_NE(safe_folder("a/b"), safe_folder("a\\b"));
}

TEST(FileNamesTest, Slugs) {
  EXPECT_EQ(slug("Blood  Cells (v2)!"), "blood-cells-v2");
  EXPECT_EQ(slug("--a--"), "a");
  EXPECT_EQ(slug("caf\xc3\xa9"), "caf");
  EXPECT_EQ(slug("\xe7\x8c\xab"), "");
  EXPECT_EQ(slug(std::string(251, 'N')), std::string(100, 'n'));
  EXPECT_EQ(slug(std::string(99, 'n') + " n"), std::string(99, 'n')) << "no '-' at the cut";
}

TEST(FileNamesTest, ExtensionsAreLettersAndDigits) {
  EXPECT_EQ(safe_extension("cat.jpg"), ".jpg");
  EXPECT_EQ(safe_extension("cat"), "");
  EXPECT_EQ(extension("a.b/cat.tar.jpg"), ".jpg");
  EXPECT_EQ(extension("a.b/cat"), "");
  EXPECT_EQ(extension("a/.cat"), "");
  EXPECT_EQ(safe_extension("cat.j/pg"), "");
  EXPECT_EQ(safe_extension(".jpg"), "");
}

}  // namespace
}  // namespace nexus_mirror::exports
