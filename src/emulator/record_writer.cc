#include "emulator/record_writer.h"

#include "emulator/dialect.h"
#include "text/ascii.h"
#include "text/json_writer.h"

namespace nexus_mirror::emulator {
namespace {

// The object without its closing brace, ready for one more member.
void append_open(std::string_view text, std::string& out) {
  out.append(text.substr(0, text.rfind('}')));
  const std::size_t last = out.find_last_not_of(" \t\r\n");
  if (out[last] != '{') out += ',';
}

}  // namespace

void RecordWriter::write_download(std::string_view path, text::JsonWriter& json) {
  std::string link;
  signer_.append_link(path, now_ms_, link);
  json.begin_object();
  json.member("method", "GET");
  json.member(dialect_ == Dialect::v2 ? "expiryDate" : "expiry",
              now_ms_ + signer_.lifetime_s() * 1000);
  json.member("url", link);
  json.end_object();
}

void RecordWriter::append_model(const Record& record, std::string& out) {
  const bool finished = record.facets && text::folded(record.facets->status) == "finished";
  if (!finished || record.link.empty()) {
    out.append(record.text);
    return;
  }
  append_open(record.text, out);
  out.append(R"("download":)");
  text::JsonWriter json;
  write_download(record.link, json);
  out.append(json.text()).append("}");
}

void RecordWriter::append(ObjectKind kind, const ProjectRecords& project, const Record& record,
                          std::string& out) {
  const std::string_view text = record.text;
  if (kind == ObjectKind::assets && record.link_end > 0) {
    out.append(text.substr(0, record.link_begin));
    signer_.append_link(text.substr(record.link_begin, record.link_end - record.link_begin),
                        now_ms_, out);
    out.append(text.substr(record.link_end));
  } else if (kind == ObjectKind::annotations && !include_attributes) {
    out.append(text.substr(0, record.attributes_begin));
    out.append(text.substr(record.attributes_end));
  } else if (kind == ObjectKind::artifacts && include_exports) {
    append_open(text, out);
    out.append(R"("exports":)");
    append_children(ObjectKind::models, project, record.key, out);
    out += '}';
  } else if (kind == ObjectKind::models) {
    append_model(record, out);
  } else {
    out.append(text);
  }
}

void RecordWriter::append_children(ObjectKind kind, const ProjectRecords& project,
                                   std::string_view parent, std::string& out) {
  const RecordList& list = project.list(kind);
  Record scratch;
  char separator = '[';
  for (const std::size_t position : list.children(parent)) {
    out += separator;
    append(kind, project, list.at(position, scratch), out);
    separator = ',';
  }
  out.append(separator == '[' ? "[]" : "]");
}

}  // namespace nexus_mirror::emulator
