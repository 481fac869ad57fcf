// What exports read that is not the mirror's own, and what they draw of it: names of assets and
// projects, bounds, the manifest and JSON files of an earlier run, names in archives.
//
// Input: a byte for which, then the bytes.
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>

#include "exports/annotations_in_order.h"
#include "exports/class_numbers.h"
#include "exports/entry_path.h"
#include "exports/file_names.h"
#include "exports/formats/polygon.h"
#include "exports/formats/rle.h"
#include "exports/json_file.h"
#include "exports/manifest.h"
#include "exports/project_data.h"
#include "exports/split.h"
#include "fuzz/target.h"
#include "nexus_mirror/error.h"
#include "text/utf8.h"

namespace nexus_mirror::fuzz {
namespace {

void require_component(const std::string& name, std::size_t most) {
  require(!name.empty() && name.size() <= most && name != "." && name != "..", "a name is one");
  require(name.find_first_of("/\\") == name.npos && text::valid_utf8(name) == name,
          "a name stays where it is put");
  require(std::none_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20; }),
          "a name has no control characters");
}

void names(std::string_view input) {
  constexpr std::size_t kLongestComponent = 255;
  require_component(exports::safe_folder(input), kLongestComponent);
  const std::string stem = exports::safe_stem(input);
  require_component(stem, exports::kLongestStem);
  require(exports::safe_stem(stem + ".x") == stem, "what is safe stays");
  require_component(stem + exports::safe_extension(input), kLongestComponent);
  require_component(exports::with_id(stem, input.substr(0, 24), false), kLongestComponent);
  if (exports::is_safe_name(input)) {
    const exports::EntryPath path = exports::entry_path(input);
    require(path.reason.empty() && !path.components.empty(), "a safe name stays below");
  }
  require(exports::slug(input).size() <= exports::kLongestSlug, "a slug is short");
  exports::stem_key(input);
  exports::name_key(input);
  for (const auto rule : {exports::NameRule::without_blanks, exports::NameRule::darknet}) {
    const std::string fitting = exports::fitting(rule, stem);
    require(exports::fits(rule, fitting + ".jpg", fitting), "what is made to fit fits");
  }
}

void archive_names(std::string_view input) {
  const exports::EntryPath path = exports::entry_path(input);
  if (!path.reason.empty()) return;
  for (const std::string& part : path.components) {
    require(!part.empty() && part != "." && part != "..", "a component is a name");
    require(part.find_first_of(std::string_view("/\0", 2)) == part.npos, "and one");
  }
}

// The pixels that a mask has, read back as pycocotools does.
std::int64_t pixels_of(std::string_view text) {
  std::vector<std::int64_t> runs;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    int shift = 0;
    for (bool more = true; more; shift += 5) {
      require(at < text.size() && text[at] >= '0' && text[at] <= 'o', "a mask is of its letters");
      const std::int64_t group = text[at++] - '0';
      value |= (group & 0x1f) << shift;
      more = (group & 0x20) != 0;
      if (!more && (group & 0x10) != 0) value |= -(std::int64_t{1} << (shift + 5));
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    require(value >= 0, "a run has a length");
    runs.push_back(value);
  }
  std::int64_t pixels = 0;
  for (const std::int64_t run : runs) pixels += run;
  require(runs.size() > 1, "a mask is not empty");
  return pixels;
}

void bounds(std::string_view input) {
  constexpr std::size_t kMostPoints = 200;
  const std::int64_t width = 1 + take_byte(input) * 8, height = 1 + take_byte(input) * 8;
  std::vector<exports::Point> points;
  if (!exports::parse_points(input, points) || points.empty()) return;
  points.resize(std::min(points.size(), kMostPoints));
  exports::formats::Ring ring;
  exports::formats::to_pixels(points, width, height, ring);
  const double area = exports::formats::covered_area(ring);
  require(!(area < 0), "no area is negative");
  std::string mask;
  exports::formats::append_mask(mask, ring, width, height);
  require(pixels_of(mask) == width * height, "a mask has all pixels of its image");
}

void earlier_files(std::string_view input) {
  const std::filesystem::path file = folder() / "manifest.json";
  std::ofstream(file, std::ios::binary | std::ios::trunc) << std::string(input);
  exports::read_head(file);
  exports::for_each_path(file, [](std::string_view) {});
  const auto bytes = exports::read_file(file);
  require(bytes == std::string(input), "a file is read whole");
  const rapidjson::Document json = exports::read_json(input);
  exports::number_of(json, "written_at");
  exports::text_of(json, "project_id");
  exports::list_of(json, "models");
  const std::string classes = R"([{"id":1,"name":"car"},{"id":2,"name":"bus"}])";
  exports::compare_classes(std::string(input), classes);
  exports::compare_classes(classes, std::string(input));
}

void split(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view metadata = input.substr(std::min(end + 1, input.size()));
  exports::SplitSettings settings;
  settings.split_ratio = 0.5;
  settings.split_by = std::string(input.substr(0, std::min<std::size_t>(end, 60)));
  try {
    const exports::Splitter splitter(settings);
    const exports::SplitSubject subject{"id", metadata.substr(0, 100), metadata, {}};
    require(splitter.split_of(subject) == splitter.split_of(subject), "a set is for ever");
    require(!splitter.text_of(subject).empty(), "something is hashed");
  } catch (const Error& error) {
    require(error.code() == ErrorCode::config, "a bad expression is the configuration's");
  }
}

constexpr std::array kReaders = {names, archive_names, bounds, earlier_files, split};

void run(std::string_view input) { kReaders[take_byte(input) % kReaders.size()](input); }

std::vector<std::string> seeds() {
  const std::vector<std::vector<std::string>> inputs = {
      {"img 1.jpg", "../../etc/passwd", "con.txt", "C:\\x.png", ".hidden", "a/b/raw.jpg",
       "\xff\x01", std::string(300, 'x') + ".jpeg",
       "a\xe2\x80\xa8"
       "b.tar.gz"},
      {"a/b", "../x", "a\\..\\b", "C:x", "./", "a//b/./c"},
      {"\x08\x08[[0.1,0.2],[0.9,0.2],[0.5,0.8]]", "\x01\x10[[0,0,2],[1e300,1,1e300]]",
       "\x40\x40[[0.1,0.1],[0.9,0.9],[0.9,0.1],[0.1,0.9]]", "\x02\x02[[-1e9,5],[3,-2],[4,4]]"},
      {R"({"project_id":"p","project_name":"n","sync_id":1,"written_at":2,"exports":[{"files":)"
       R"([{"path":"annotations/coco/a.json","sha256":"0","bytes":1}]}]})",
       R"([{"id":1,"name":"bus"}])", R"({"models":[{"url":null}],"written_at":1e5})", "[[[[[",
       "{\"a\":\"\\ud800\"}"},
      {"filename:(.*)_\nimg_1.jpg", "metadata:a\n{\"a\":1.50}", "metadata:b\n{\"b\":{\"c\":[]}}",
       "group\n", "filename:(\nx"}};
  std::vector<std::string> all;
  for (std::size_t reader = 0; reader < inputs.size(); ++reader) {
    for (const std::string& each : inputs[reader]) all.push_back(static_cast<char>(reader) + each);
  }
  all.push_back(std::string(1, '\x03') + std::string(200'000, '['));
  return all;
}

const Registration kExport({"export", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
