// Annotation files of rows that a server made up: every format that is made image by image.
//
// Input: three lines, each a list of the API: tags, assets, annotations. Whatever stands in them,
// files of JSON are JSON and files of text are UTF-8.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>

#include "exports/class_numbers.h"
#include "exports/format_list.h"
#include "exports/format_run.h"
#include "exports/image_order.h"
#include "exports/project_data.h"
#include "fuzz/target.h"
#include "nexus/decoder.h"
#include "nexus_mirror/error.h"
#include "store/database.h"
#include "store/project_images.h"
#include "store/table_writer.h"
#include "support/memory_files.h"
#include "text/utf8.h"

namespace nexus_mirror::fuzz {
namespace {

const std::array kTables = {&objects::projects, &objects::tags, &objects::assets,
                            &objects::annotations};

// A mirror that holds the rows of one input while it lives.
class Mirror {
 public:
  Mirror() { database().execute("BEGIN"); }
  ~Mirror() {
    for (const objects::Table* table : kTables) {
      database().execute("DELETE FROM " + std::string(table->name));
    }
    database().execute("DELETE FROM asset_groups; DELETE FROM project_tags");
  }
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  void put(const objects::Table& table, std::string_view list) {
    objects::RowBatch rows(table);
    std::vector<nexus::UnreadableRow> unreadable;
    const auto document = nexus::Document::parse(std::string(list), "listing", "/fuzz");
    nexus::Decoder::of(table).decode_list(document, {"proj", nullptr}, rows, unreadable);
    store::TableWriter writer(database(), table);
    for (std::size_t i = 0; i < rows.size(); ++i) writer.insert(rows, i);
  }
  void commit() { database().execute("COMMIT"); }

  static store::Database& database() {
    static store::Database mirror(folder() / "formats.db", store::Use::write);
    return mirror;
  }
};

void require_readable(std::string_view format, const std::string& path, const std::string& bytes) {
  if (format.find("tfrecord") != format.npos) return;
  const std::string where = std::string(format) + "/" + path;
  require(text::valid_utf8(bytes) == bytes, where + " is UTF-8");
  if (!path.ends_with(".json")) return;
  simdjson::dom::parser parser;
  require(parser.parse(bytes).error() == simdjson::SUCCESS, where + " is JSON");
}

void export_all() {
  store::Snapshot snapshot(folder() / "formats.db");
  auto project = exports::read_project(snapshot, "proj");
  require(project.has_value(), "the project is there");
  for (const exports::Category& category : project->categories) {
    require(std::abs(category.tag_index) < std::int64_t{1} << 53, "a class has a number");
  }
  project->keypoints = store::most_keypoints(snapshot, "proj");
  exports::order_images(snapshot, "proj");
  const auto formats = exports::image_formats();
  std::deque<exports::FormatSettings> settings;
  std::deque<testing::MemoryFiles> files;
  std::deque<exports::FormatRun> runs;
  for (const auto& [name, format] : formats) {
    exports::FormatSettings& each = settings.emplace_back();
    each.format = name;
    each.split.split_ratio = 0.3;
    runs.emplace_back(format, *project, each, files.emplace_back());
    exports::classes_json(*project, format.traits(*project).class_ids);
  }
  exports::for_each_image(
      snapshot, *project, {folder()},
      [&](exports::ImageRow& row) {
        for (auto& run : runs) run.take(row);
      },
      [&](std::string_view orphan) {
        for (auto& run : runs) run.orphan(orphan);
      });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].finish();
    for (const auto& [path, file] : files[i].files) {
      require_readable(formats[i].name, path, file.bytes);
    }
  }
}

void run(std::string_view input) {
  Mirror mirror;
  try {
    mirror.put(objects::projects,
               R"([{"id":"proj","name":"n","type":"ObjectDetection","tags":["a","car"]}])");
    for (std::size_t table = 1; table < kTables.size(); ++table) {
      const std::size_t end = std::min(input.find('\n'), input.size());
      const std::string_view list = input.substr(0, end);
      if (!list.empty()) mirror.put(*kTables[table], list);
      input.remove_prefix(std::min(end + 1, input.size()));
    }
    mirror.commit();
  } catch (const Error& error) {
    mirror.commit();
    require(error.code() == ErrorCode::bad_response, "a bad answer is said to be one");
    return;
  }
  export_all();
}

std::vector<std::string> seeds() {
  const auto list = [](const std::string& file, std::size_t most) {
    std::string rows;
    for (const auto& row : source_lines("tests/corpus/" + file + ".ndjson", most)) {
      rows += (rows.empty() ? "[" : ",") + row;
    }
    return rows + "]\n";
  };
  const std::string tag = R"([{"index":0,"name":"car"},{"index":1,"name":"a","extra":1}])";
  const auto drawn = [&tag](const std::string& asset, const std::string& annotations) {
    return tag + R"(
[{"id":"s","filename":"a b.jpg","metadata":{"width":64,"height":32},"mimeType":"image/jpeg")" +
           asset + "}]\n[" + annotations + "]";
  };
  const auto shape = [](const std::string& type, const std::string& bound) {
    return R"({"id":"n","assetId":"s","tag":"car","boundType":")" + type + R"(","bound":)" + bound +
           "}";
  };
  return {list("tags", 2) + list("assets", 2) + list("annotations", 4),
          drawn("", shape("Rectangle", "[[0.1,0.1],[0.1,0.5],[0.5,0.5],[0.5,0.1]]")),
          drawn("", shape("Rectangle", "[[0.1,0.1],[0.2,0.5],[0.5,0.5],[0.5,0.1]]")),
          drawn("", shape("Polygon", "[[0.1,0.1],[0.9,0.9],[0.9,0.1],[0.1,0.9]]")),
          drawn("", shape("Polygon", "[[-1e300,1e308],[0,0],[1e-320,5]]")),
          drawn("", shape("Keypoints", "[[0.1,0.1,2],[0.2,0.2,0],[0.3,0.3,1e300]]")),
          drawn("", shape("Classification", "[]")),
          drawn(R"(,"status":"Annotated","groups":["g"])", shape("Bitmask3D", R"({"a":1})")),
          R"([{"index":9223372036854775807,"name":"car"}])"
          "\n[]\n[]",
          R"([{"index":-9223372036854775808,"name":"c\u0000"}])"
          "\n"
          R"([{"id":"v","filename":"../v.mp4","mimeType":"video/mp4","metadata":{"width":1e6,)"
          R"("height":1000000000000}}])"
          "\n"
          R"([{"id":"n","assetId":"v","tag":"c\u0000","frame":-1,"boundType":"Rectangle","bound":)"
          R"([[0,0],[1,1]]},{"id":"o","assetId":"gone"}])"};
}

const Registration kFormat({"format", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
