#include "emulator/storage.h"

#include <Poco/Base64Encoder.h>
#include <Poco/DigestEngine.h>
#include <Poco/MD5Engine.h>

#include <array>
#include <fstream>
#include <shared_mutex>
#include <sstream>
#include <utility>

#include "emulator/archive.h"
#include "emulator/byte_range.h"
#include "emulator/dialect.h"
#include "emulator/fault_delivery.h"
#include "emulator/json_members.h"
#include "emulator/made_up_file.h"
#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::string_view kArchiveName = ".zip";
constexpr std::size_t kModelBytes = std::size_t{64} << 10;

Reply xml_error(int status, std::string_view code, std::string_view message,
                std::string_view details = {}) {
  Reply reply;
  reply.status = status;
  reply.content_type = "application/xml; charset=UTF-8";
  reply.may_be_packed = false;
  reply.body = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>" + std::string(code) +
               "</Code><Message>" + std::string(message) + "</Message>";
  if (!details.empty()) reply.body += "<Details>" + std::string(details) + "</Details>";
  reply.body += "</Error>";
  return reply;
}

Reply refusal(LinkState state) {
  switch (state) {
    case LinkState::expired:
      return xml_error(400, "ExpiredToken", "Invalid argument.", "The provided token has expired.");
    case LinkState::wrong_signature:
      return xml_error(403, "SignatureDoesNotMatch",
                       "Access denied. The request signature does not match.");
    default:
      return xml_error(403, "AccessDenied", "Access denied. The link is not signed.");
  }
}

// CRC-32C, reflected: RFC 3720, appendix B.4.
std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78U : 0);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xffffffffU;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::string base64(std::string_view bytes) {
  std::ostringstream out;
  Poco::Base64Encoder encoder(out);
  encoder.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  encoder.close();
  return out.str();
}

Poco::DigestEngine::Digest md5(std::string_view bytes) {
  Poco::MD5Engine engine;
  engine.update(bytes.data(), bytes.size());
  return engine.digest();
}

std::string crc32c_text(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  std::string big_endian;
  for (int shift = 24; shift >= 0; shift -= 8)
    big_endian += static_cast<char>((crc >> shift) & 0xff);
  return base64(big_endian);
}

// The answer to a good request: the whole, a part, 412 or 416.
Reply delivery(std::string bytes, std::string content_type, const StorageHeaders& headers) {
  const Poco::DigestEngine::Digest digest = md5(bytes);
  const std::string etag = "\"" + Poco::DigestEngine::digestToHex(digest) + "\"";
  if (!headers.if_match.empty() && headers.if_match != "*" &&
      headers.if_match.find(etag) == std::string::npos) {
    return xml_error(412, "PreconditionFailed",
                     "At least one of the pre-conditions you specified did not hold.");
  }
  const std::string size = std::to_string(bytes.size());
  const ByteRange range = ByteRange::read(headers.range, bytes.size());
  if (range.kind == ByteRange::Kind::behind_the_end) {
    Reply reply = xml_error(416, "InvalidRange", "The requested range cannot be satisfied.");
    reply.headers.emplace_back("Content-Range", "bytes */" + size);
    return reply;
  }
  Reply reply;
  reply.may_be_packed = false;
  reply.content_type = std::move(content_type);
  const std::string digest_bytes(digest.begin(), digest.end());
  reply.headers = {{"ETag", etag},
                   {"x-goog-hash", "crc32c=" + crc32c_text(bytes)},
                   {"x-goog-hash", "md5=" + base64(digest_bytes)},
                   {"x-goog-stored-content-encoding", "identity"},
                   {"x-goog-stored-content-length", size},
                   {"Accept-Ranges", "bytes"}};
  if (range.kind == ByteRange::Kind::part) {
    reply.status = 206;
    reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                    std::to_string(range.last) + "/" + size);
    bytes = bytes.substr(range.first, range.last - range.first + 1);
  }
  reply.body = std::move(bytes);
  return reply;
}

std::string_view value_of(std::string_view text, const JsonMember& member) {
  return text.substr(member.begin, member.end - member.begin);
}

// The text of a record and, of a model, whether it has a file.
std::optional<Record> record_of(Catalog& catalog, const std::string& project, ObjectKind kind,
                                const std::string& key) {
  const std::shared_lock lock(catalog.mutex());
  ProjectRecords* records = catalog.visible_project(project);
  if (records == nullptr) return std::nullopt;
  const RecordList& list = records->list(kind);
  const std::optional<std::size_t> position = list.find(key);
  if (!position) return std::nullopt;
  Record scratch;
  return list.at(*position, scratch);
}

FileTraits traits_of(std::string_view asset, Dialect dialect) {
  FileTraits traits;
  const JsonMembers members(asset);
  const JsonMember* metadata = members.find("metadata");
  if (metadata == nullptr || metadata->type != JsonMember::JsonType::object) return traits;
  const JsonMembers inner(value_of(asset, *metadata));
  const auto number = [&](std::string_view key) {
    return text::parse_number<std::uint64_t>(inner.scalar(spell(dialect, key))).value_or(0);
  };
  traits.mime_type = inner.scalar(spell(dialect, "mimeType"));
  traits.bytes = number("fileSize");
  traits.width = number("width");
  traits.height = number("height");
  return traits;
}

// The file below `folder`; nullopt when there is none or the name leads elsewhere.
std::optional<std::string> bytes_below(const std::filesystem::path& folder,
                                       const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  const std::filesystem::path relative = std::filesystem::path(name).lexically_normal();
  if (relative.is_absolute() || *relative.begin() == "..") return std::nullopt;
  std::error_code error;
  if (!std::filesystem::is_regular_file(folder / relative, error)) return std::nullopt;
  std::ifstream stream(folder / relative, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  if (!stream) return std::nullopt;
  return bytes.str();
}

bool has_finished(const Record& record) {
  const JsonMembers members(record.text);
  const JsonMember* status = members.find("status");
  if (status == nullptr) return false;
  const std::string overview = status->type == JsonMember::JsonType::object
                                   ? JsonMembers(value_of(record.text, *status)).scalar("overview")
                                   : status->scalar;
  return text::folded(overview) == "finished";
}

}  // namespace

Reply LinkStorage::answer(const ApiRequest& request, const StorageHeaders& headers) {
  if (headers.has_key) {
    return xml_error(400, "InvalidArgument", "A signed link takes no secret key.");
  }
  const LinkState state = headers.is_dead ? LinkState::expired : signer_.examine(request);
  if (state != LinkState::good) return refusal(state);
  std::optional<StoredFile> file = find(request.segments);
  if (!file) return xml_error(404, "NoSuchKey", "The specified key does not exist.");
  if (headers.other_version && !file->bytes.empty()) {
    char& middle = file->bytes[file->bytes.size() / 2];
    middle = static_cast<char>(middle ^ 1);
  }
  if (headers.is_packed) file->bytes = gzipped(file->bytes);
  Reply reply = delivery(std::move(file->bytes), std::move(file->content_type), headers);
  if (headers.is_packed) reply.headers.emplace_back("Content-Encoding", "gzip");
  return reply;
}

// /nexus-emulator/<project>/<kind>/<id>, and behind it whatever the object's own link says.
std::optional<LinkStorage::StoredFile> LinkStorage::find(const std::vector<std::string>& path) {
  if (path.size() < 4 || "/" + path[0] + "/" != kBucket) return std::nullopt;
  if (path[2] == "assets") return asset_file(path[1], path[3]);
  if (path[2] == "models") return model_file(path[1], path[3]);
  if (path[2] != "exports" || !path[3].ends_with(kArchiveName)) return std::nullopt;
  return archive(path[1], path[3].substr(0, path[3].size() - kArchiveName.size()));
}

std::optional<LinkStorage::StoredFile> LinkStorage::asset_file(const std::string& project,
                                                               const std::string& id) {
  const std::optional<Record> record = record_of(catalog_, project, ObjectKind::assets, id);
  if (!record) return std::nullopt;
  FileTraits traits = traits_of(record->text, catalog_.dialect());
  StoredFile file;
  auto image = image_of(project, JsonMembers(record->text).scalar("filename"), id);
  file.bytes = image ? std::move(*image) : made_up_file(traits, project + "/" + id);
  file.content_type =
      traits.mime_type.empty() ? "application/octet-stream" : std::move(traits.mime_type);
  return file;
}

std::optional<std::string> LinkStorage::image_of(const std::string& project,
                                                 const std::string& filename,
                                                 const std::string& id) const {
  if (images_.empty()) return std::nullopt;
  for (const std::string& name : {project + "/" + filename, filename, id}) {
    if (auto bytes = bytes_below(images_, name)) return bytes;
  }
  return std::nullopt;
}

std::optional<LinkStorage::StoredFile> LinkStorage::model_file(const std::string& project,
                                                               const std::string& id) {
  const std::optional<Record> record = record_of(catalog_, project, ObjectKind::models, id);
  if (!record || !has_finished(*record)) return std::nullopt;
  const std::string bytes = made_up_bytes(kModelBytes, project + "/" + id);
  return StoredFile{zipped({{"README.txt", "Made up by nexus-emulator: no model that runs.\n"},
                            {"model.bin", bytes}}),
                    "application/zip"};
}

std::optional<LinkStorage::StoredFile> LinkStorage::archive(const std::string& project,
                                                            const std::string& id) {
  const std::optional<Record> operation = record_of(catalog_, project, ObjectKind::operations, id);
  if (!operation || !has_finished(*operation)) return std::nullopt;
  if (const auto planned = archives_.planned()) return StoredFile{*planned, "application/zip"};
  std::string request, annotations;
  {
    const std::shared_lock lock(catalog_.mutex());
    const ProjectRecords* records = catalog_.visible_project(project);
    if (records == nullptr) return std::nullopt;
    request = jobs_.request_of(id);
    const RecordList& list = records->list(ObjectKind::annotations);
    Record scratch;
    for (std::size_t i = 0; i < list.size(); ++i) {
      annotations.append(list.at(i, scratch).text).append("\n");
    }
  }
  return StoredFile{
      zipped({{"README.txt",
               "Annotations of the project as nexus-emulator serves them, one a line.\n"},
              {"request.json", request},
              {"annotations/annotations.ndjson", annotations}}),
      "application/zip"};
}

}  // namespace nexus_mirror::emulator
