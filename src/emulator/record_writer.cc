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

void RecordWriter::write_download(std::string file, text::JsonWriter& json) {
  signer_.append_query(now_ms_, file);
  json.begin_object();
  json.member("method", "GET");
  json.member(dialect_ == Dialect::v1 ? "expiry" : "expiryDate",
              now_ms_ + LinkSigner::kLifetimeSeconds * 1000);
  json.member("url", file);
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

void RecordWriter::append(Kind kind, const Project& project, const Record& record,
                          std::string& out) {
  const std::string_view text = record.text;
  if (kind == Kind::assets && record.link_at != Record::kNoLink) {
    out.append(text.substr(0, record.link_at));
    signer_.append_query(now_ms_, out);
    out.append(text.substr(record.link_at));
  } else if (kind == Kind::annotations && !include_attributes) {
    out.append(text.substr(0, record.attributes_begin));
    out.append(text.substr(record.attributes_end));
  } else if (kind == Kind::artifacts && include_exports) {
    append_open(text, out);
    out.append(R"("exports":)");
    append_children(Kind::models, project, record.key, out);
    out += '}';
  } else if (kind == Kind::models) {
    append_model(record, out);
  } else {
    out.append(text);
  }
}

void RecordWriter::append_children(Kind kind, const Project& project, std::string_view parent,
                                   std::string& out) {
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
