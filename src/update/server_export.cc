#include "update/server_export.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "env/file.h"
#include "env/user.h"
#include "error/on_the_way_out.h"
#include "error/scarcity.h"
#include "exports/export_owner.h"
#include "exports/file_names.h"
#include "exports/forgotten.h"
#include "exports/settings.h"
#include "exports/unpack.h"
#include "nexus_mirror/transport.h"
#include "store/mirror_state.h"
#include "sync/sync.h"
#include "text/ascii.h"

namespace nexus_mirror::update {
namespace {

namespace fs = std::filesystem;

// It becomes the name of a folder.
void check_format(const std::string& format) {
  constexpr std::size_t kLongest = 64;
  const bool fine = !format.empty() && format.size() <= kLongest &&
                    std::all_of(format.begin(), format.end(), [](char c) {
                      return text::is_letter_or_digit(c) || c == '_' || c == '-';
                    });
  if (fine) return;
  throw Error(ErrorCode::usage, "exporting on the server", "--server " + one_line(format),
              "a format is named with letters, digits, '_' and '-'", "for example coco");
}

nexus::AnnotationExportOptions options_of(const Config& config,
                                          const sync::RequestedProject& project,
                                          const std::string& format) {
  const auto blocks = exports::settings_of(config, project.id, project.name, project.type);
  const exports::FormatSettings* chosen = nullptr;
  for (const exports::FormatSettings& block : blocks) {
    if (block.format == format) chosen = &block;
  }
  if (chosen == nullptr && !blocks.empty()) chosen = &blocks.front();
  if (chosen == nullptr) return {};
  return {chosen->split.split_ratio, chosen->split.seed, chosen->normalized};
}

// A file that is gone when this is.
struct TemporaryFile {
  fs::path path;
  ~TemporaryFile() {
    on_the_way_out([this] { std::ignore = env::remove_file(path); });
  }
};

// The mirror is made, or brought up, for its id.
void own_export_dir(const Config& config) {
  const auto lock = sync::lock_mirror(config);
  store::Database mirror(config.mirror, store::Use::write);
  exports::take_export_dir(config.mirror.export_dir, store::mirror_id(mirror), false);
}

class ServerExporter {
 public:
  ServerExporter(const Config& config, const ServerExportRequest& request, Env& env,
                 sync::JobObserver& observer, const std::stop_token& stop)
      : config_(config),
        format_(request.format),
        env_(env),
        observer_(observer),
        stop_(stop),
        server_(config, request.projects, env, observer, stop) {}

  const std::vector<sync::RequestedProject>& projects() const { return server_.projects(); }
  ServerExport run(const sync::RequestedProject& project);

 private:
  void fetch(const sync::RequestedProject& project, const std::string& job, const std::string& link,
             const fs::path& file);

  const Config& config_;
  const std::string& format_;
  Env& env_;
  sync::JobObserver& observer_;
  const std::stop_token& stop_;
  sync::ServerRequests server_;
};

ServerExport ServerExporter::run(const sync::RequestedProject& project) {
  own_export_dir(config_);
  const fs::path folder =
      config_.mirror.export_dir / exports::safe_folder(project.id) / exports::kServerExports;
  constexpr mode_t kFolderMode = 0755;  // for everybody to read
  if (const int error = env::make_folders(folder, kFolderMode); error != 0) {
    throw Error(ErrorCode::machine, "making folder", folder.string(), reason_of_errno(error),
                env::remedy_for(error, folder, "check export_dir and its permissions"));
  }
  // Two of the same kind would unpack over each other.
  const FileLock alone(folder / ("." + format_ + ".lock"));
  const std::string operation =
      server_.start_annotation_export(project, format_, options_of(config_, project, format_));
  const std::string link = server_.follow_annotation_export(project, operation);

  const TemporaryFile archive{folder / ("." + format_ + ".archive")};
  const std::string job = "annotation export " + operation;
  fetch(project, job, link, archive.path);
  observer_.job({job, project.name, "Unpacking", {}, 0, 0, 0});
  ServerExport done{project.id, project.name, folder / format_, 0, 0, {}};
  const exports::Unpacked unpacked = exports::unpack(archive.path, done.folder, stop_);
  done.files = unpacked.files;
  done.bytes = unpacked.bytes;
  return done;
}

void ServerExporter::fetch(const sync::RequestedProject& project, const std::string& job,
                           const std::string& link, const fs::path& file) {
  observer_.job({job, project.name, "Downloading", {}, 0, 0, 0});
  DownloadOptions options;
  options.ca_file = config_.workspaces[project.workspace].ca_file;
  options.connect_timeout = config_.http.connect_timeout;
  options.read_timeout = config_.http.read_timeout;
  options.answer_timeout = config_.http.answer_timeout;
  options.proxy = config_.http.proxy;
  options.retry.max_retries = static_cast<int>(config_.http.max_retries);
  options.retry.on_retry = [&](const std::string& reason, std::chrono::milliseconds, int) {
    observer_.job({job, project.name, "Downloading again (" + reason + ")", {}, 0, 0, 0});
  };
  download(link, file, options, env_, stop_);
}

// What goes wrong with one project and says nothing of the others.
bool is_of_one_project(const Error& error) {
  return error.code() == ErrorCode::http_status || error.code() == ErrorCode::bad_response ||
         error.code() == ErrorCode::timeout;
}

}  // namespace

std::vector<ServerExport> export_on_server(const Config& config, const ServerExportRequest& request,
                                           Env& env, sync::JobObserver& observer,
                                           const std::stop_token& stop) {
  check_format(request.format);
  exports::refuse_foreign(config.mirror);
  ServerExporter exporter(config, request, env, observer, stop);
  std::vector<ServerExport> done;
  for (const sync::RequestedProject& project : exporter.projects()) {
    try {
      done.push_back(exporter.run(project));
    } catch (const Error& error) {
      if (exporter.projects().size() == 1 || !is_of_one_project(error)) throw;
      done.push_back({project.id, project.name, {}, 0, 0, error.what()});
    }
  }
  return done;
}

}  // namespace nexus_mirror::update
