#include "config/settings.h"

#include <algorithm>
#include <array>
#include <limits>

#include "objects/enumerations.h"

namespace nexus_mirror::config {
namespace {

template <auto section, auto member>
SettingSlot in(Config& config, std::size_t) {
  return &(config.*section.*member);
}

template <auto list, auto member>
SettingSlot in_each(Config& config, std::size_t index) {
  return &((config.*list)[index].*member);
}

template <auto member>
SettingSlot top(Config& config, std::size_t) {
  return &(config.*member);
}

std::size_t one(const Config&) { return 1; }

constexpr std::array<Section, 9> kAllSections = {{
    {"mirror", false, "The database and the exports.", one, nullptr},
    {"workspace", true, "A workspace to mirror; all go into the same mirror.",
     [](const Config& config) { return config.workspaces.size(); },
     [](Config& config) { config.workspaces.emplace_back(); }},
    {"http", false, "How the server is asked.", one, nullptr},
    {"sync", false, "When to sync and how.", one, nullptr},
    {"export", true, "Files for training code; none = formats that suit each project's type.",
     [](const Config& config) { return config.exports.size(); },
     [](Config& config) { config.exports.emplace_back(); }},
    {"export_models", false, "Files about the models.", one, nullptr},
    {"files", false, "Images and models that are kept here.", one, nullptr},
    {"hooks", false, "Whom to tell.", one, nullptr},
    {"daemon", false, "The service.", one, nullptr},
}};

constexpr std::int64_t kMillisecond = 1, kSecond = 1000, kHour = 3600 * kSecond, kDay = 24 * kHour;
constexpr std::int64_t kYears = 3650 * kDay, kAny = std::numeric_limits<std::int64_t>::max();
using C = Config;
using M = MirrorConfig;
using W = WorkspaceConfig;
using H = HttpConfig;
using S = SyncConfig;
using E = ExportConfig;
using F = FilesConfig;
using K = HooksConfig;

constexpr auto kAllSettings = std::to_array<Setting>({
    {"mirror", "database", SettingKind::path, 0, 0, in<&C::mirror, &M::database>,
     "The SQLite file."},
    {"mirror", "export_dir", SettingKind::path, 0, 0, in<&C::mirror, &M::export_dir>,
     "Folder for the exported files."},
    {"mirror", "mode", SettingKind::mode, 0, 0, in<&C::mirror, &M::mode>,
     "Permission bits of the mirror's files; \"0640\" lets its group query."},
    {"mirror", "history", SettingKind::duration, 0, 10 * kYears, in<&C::mirror, &M::history>,
     "How long rows stay in changes and syncs; \"0\" keeps all."},

    {"workspace", "name", SettingKind::text, 0, 0, in_each<&C::workspaces, &W::name>,
     "Your name for the workspace; required, each only once."},
    {"workspace", "endpoint", SettingKind::endpoint, 0, 0, in_each<&C::workspaces, &W::endpoint>,
     "The API's address: https, or http to a loopback host."},
    {"workspace", "secret_key_env", SettingKind::variable, 0, 0,
     in_each<&C::workspaces, &W::secret_key_env>, "Environment variable that holds the key."},
    {"workspace", "secret_key_file", SettingKind::other_path, 0, 0,
     in_each<&C::workspaces, &W::secret_key_file>, "File that holds the key, and nothing else."},
    {"workspace", "secret_credential", SettingKind::credential, 0, 0,
     in_each<&C::workspaces, &W::secret_credential>,
     "Name of the systemd credential (LoadCredential=) that holds the key."},
    {"workspace", "secret_key", SettingKind::secret, 0, 0, in_each<&C::workspaces, &W::secret_key>,
     "The key itself; then nobody else may be able to read this file."},
    {"workspace", "ca_file", SettingKind::other_path, 0, 0, in_each<&C::workspaces, &W::ca_file>,
     "Certificates to trust (PEM); \"\" = the system's."},
    {"workspace", "client_certificate", SettingKind::other_path, 0, 0,
     in_each<&C::workspaces, &W::client_certificate>,
     "Client certificate (PEM), instead of the key or beside it."},
    {"workspace", "client_key", SettingKind::other_path, 0, 0,
     in_each<&C::workspaces, &W::client_key>, "Private key of the client certificate (PEM)."},
    {"workspace", "projects", SettingKind::some_names, 0, 0, in_each<&C::workspaces, &W::projects>,
     "Names, ids or globs of the projects to mirror."},
    {"workspace", "exclude", SettingKind::names, 0, 0, in_each<&C::workspaces, &W::exclude>,
     "Names, ids or globs of projects to leave out."},

    {"http", "page_size", SettingKind::integer, 1, 100000, in<&C::http, &H::page_size>,
     "Rows per page of a listing."},
    {"http", "concurrency", SettingKind::integer, 1, 64, in<&C::http, &H::concurrency>,
     "Requests in flight at the same time."},
    {"http", "requests_per_second", SettingKind::real, 0, 100000,
     in<&C::http, &H::requests_per_second>, "0 = as fast as the server lets us."},
    {"http", "connect_timeout", SettingKind::duration, kMillisecond, kHour,
     in<&C::http, &H::connect_timeout>, "How long a connection may take to come about."},
    {"http", "read_timeout", SettingKind::duration, kMillisecond, kDay,
     in<&C::http, &H::read_timeout>, "How long the server may be silent."},
    {"http", "answer_timeout", SettingKind::duration, kMillisecond, kDay,
     in<&C::http, &H::answer_timeout>,
     "How long one answer may take as a whole, beside what its size needs at 64 KiB/s."},
    {"http", "max_retries", SettingKind::integer, 0, 100, in<&C::http, &H::max_retries>,
     "Tries after the first when a request fails for a reason that may pass."},
    {"http", "proxy", SettingKind::proxy, 0, 0, in<&C::http, &H::proxy>,
     "\"http://[user:password@]host:port\"; \"\" = HTTPS_PROXY and NO_PROXY."},
    {"http", "max_response", SettingKind::size, 1, 4LL << 30, in<&C::http, &H::max_response>,
     "The largest answer to take in, unpacked."},

    {"sync", "interval", SettingKind::duration, kSecond, kYears, in<&C::sync, &S::interval>,
     "From the start of one sync of the daemon to the next."},
    {"sync", "jitter", SettingKind::duration, 0, kDay, in<&C::sync, &S::jitter>,
     "Up to this much is added by chance, but no more than another interval."},
    {"sync", "mode", SettingKind::sync_mode, 0, 0, in<&C::sync, &S::mode>,
     "\"full\", or \"quick\" between full passes; quick cannot see a box that only moved."},
    {"sync", "full_interval", SettingKind::duration, 0, kYears, in<&C::sync, &S::full_interval>,
     "With quick: how often a full pass comes round."},
    {"sync", "run_logs", SettingKind::boolean, 0, 0, in<&C::sync, &S::run_logs>,
     "Whether to mirror the logs of training runs."},
    {"sync", "skip", SettingKind::kinds, 0, 0, in<&C::sync, &S::skip>,
     "Kinds not to read, by their table; their rows stay as they are."},
    {"sync", "max_delete_fraction", SettingKind::real, 0, 1, in<&C::sync, &S::max_delete_fraction>,
     "The guard: a larger share of a project's rows is not deleted without your word."},
    {"sync", "link_refresh_margin", SettingKind::duration, 0, kYears,
     in<&C::sync, &S::link_refresh_margin>, "A link that dies sooner than this is renewed."},
    {"sync", "stale_after", SettingKind::duration, kMillisecond, kYears,
     in<&C::sync, &S::stale_after>, "Without a success for this long, status and /readyz say so."},

    {"export", "projects", SettingKind::some_names, 0, 0, in_each<&C::exports, &E::projects>,
     "Names, ids or globs of the projects that this is for."},
    {"export", "formats", SettingKind::formats, 0, 0, in_each<&C::exports, &E::formats>,
     "Formats to write; [] = what suits the project's type."},
    {"export", "split_ratio", SettingKind::real, 0, 1, in_each<&C::exports, &E::split_ratio>,
     "Share of the assets that goes to validate; 0 = one set."},
    {"export", "test_ratio", SettingKind::real, 0, 1, in_each<&C::exports, &E::test_ratio>,
     "Share of the assets that goes to test; at most 1 together with split_ratio."},
    {"export", "sets", SettingKind::sets, 0, 0, in_each<&C::exports, &E::sets>,
     "Sets by asset groups: { train = [\"a\"], validate = [\"b\"], test = [\"c\"] }; the rest goes "
     "by "
     "ratio."},
    {"export", "split_by", SettingKind::split_by, 0, 0, in_each<&C::exports, &E::split_by>,
     "What a split must not tear apart: \"asset\", \"group\", \"filename:REGEX\" or "
     "\"metadata:KEY\"."},
    {"export", "seed", SettingKind::integer, -kAny - 1, kAny, in_each<&C::exports, &E::seed>,
     "Another seed is another split."},
    {"export", "images", SettingKind::boolean, 0, 0, in_each<&C::exports, &E::images>,
     "Whether the images that [files] keeps are put beside the annotations, or into TFRecords."},
    {"export", "normalized", SettingKind::boolean, 0, 0, in_each<&C::exports, &E::normalized>,
     "CSV formats: coordinates from 0 to 1 (true) or pixels (false)."},
    {"export", "statuses", SettingKind::statuses, 0, 0, in_each<&C::exports, &E::statuses>,
     "Only assets with one of these statuses; [] = all."},
    {"export", "groups", SettingKind::names, 0, 0, in_each<&C::exports, &E::groups>,
     "Only assets of one of these groups; [] = all."},

    {"export_models", "links", SettingKind::boolean, 0, 0, top<&C::export_model_links>,
     "Whether to write models/links.json and links.csv."},

    {"files", "dir", SettingKind::other_path, 0, 0, in<&C::files, &F::dir>,
     "Folder of the content; \"\" = files beside the mirror."},
    {"files", "images", SettingKind::names, 0, 0, in<&C::files, &F::images>,
     "Names, ids or globs of projects whose images are kept; [] = none."},
    {"files", "models", SettingKind::names, 0, 0, in<&C::files, &F::models>,
     "The same for their finished models."},
    {"files", "exclude", SettingKind::names, 0, 0, in<&C::files, &F::exclude>,
     "Names, ids or globs of projects of which neither is kept."},
    {"files", "concurrency", SettingKind::integer, 1, 64, in<&C::files, &F::concurrency>,
     "Downloads in flight, beside http.concurrency."},
    {"files", "bandwidth", SettingKind::size, 0, 1LL << 50, in<&C::files, &F::bandwidth>,
     "Bytes a second over all downloads together; \"0\" = no limit."},
    {"files", "min_free", SettingKind::size, 0, 1LL << 60, in<&C::files, &F::min_free>,
     "Never less than this is left free on the disk."},
    {"files", "keep_unused", SettingKind::duration, 0, kYears, in<&C::files, &F::keep_unused>,
     "How long content stays that nothing refers to; \"0\" = for ever."},
    {"files", "groups", SettingKind::names, 0, 0, in<&C::files, &F::groups>,
     "Only images of assets in one of these groups; [] = all."},
    {"files", "statuses", SettingKind::statuses, 0, 0, in<&C::files, &F::statuses>,
     "Only images of assets with one of these statuses; [] = all."},
    {"files", "max_file", SettingKind::size, 0, 1LL << 60, in<&C::files, &F::max_file>,
     "Larger files are left out; \"0\" = none is."},
    {"files", "time_limit", SettingKind::other_duration, kSecond, kYears,
     in<&C::files, &F::time_limit>,
     "How long one sync fetches; \"\" = the interval in the daemon, no limit by hand."},
    {"files", "verify", SettingKind::integer, 0, 100, in<&C::files, &F::verify>,
     "Percent of the content that the daemon reads and hashes each day; 0 = none."},

    {"hooks", "on_change", SettingKind::command, 0, 0, in<&C::hooks, &K::on_change>,
     "Program and arguments to run for each project that changed; [] = none."},
    {"hooks", "timeout", SettingKind::duration, kMillisecond, kDay, in<&C::hooks, &K::timeout>,
     "How long that program may run."},
    {"hooks", "heartbeat_url", SettingKind::heartbeat, 0, 0, in<&C::hooks, &K::heartbeat_url>,
     "Address to GET after each sync of the whole mirror that succeeded; \"\" = none."},

    {"daemon", "listen", SettingKind::listen, 0, 0, top<&C::daemon_listen>,
     "\"host:port\" for /metrics, /healthz and /readyz; \"\" = none."},
});

}  // namespace

std::span<const Section> sections() { return kAllSections; }

std::span<const Setting> settings() { return kAllSettings; }

std::span<const Setting> settings_of(std::string_view section) {
  const auto is_of = [section](const Setting& setting) { return setting.section == section; };
  const auto first = std::find_if(kAllSettings.begin(), kAllSettings.end(), is_of);
  return {first, std::find_if_not(first, kAllSettings.end(), is_of)};
}

const Section* find_section(std::string_view name) {
  const auto found = std::find_if(kAllSections.begin(), kAllSections.end(),
                                  [name](const Section& section) { return section.name == name; });
  return found == kAllSections.end() ? nullptr : &*found;
}

const Setting* find_setting(std::string_view section, std::string_view key) {
  for (const Setting& setting : settings_of(section)) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

std::span<const std::string_view> export_formats() { return objects::kExportFormats; }

std::span<const std::string_view> asset_statuses() { return objects::kAssetStatuses; }

std::span<const std::string_view> skippable_kinds() { return objects::kSkippableKinds; }

}  // namespace nexus_mirror::config
