#include "config/settings.h"
#include "docs/man_pages.h"
#include "docs/roff.h"
#include "text/ascii.h"
#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

void add_setting(ManPage& page, const config::Setting& setting) {
  page.item(bold(setting.key), roff_text(setting.meaning));
  std::string value = config::value_description(setting);
  value.front() = text::upper(value.front());
  page.more(roff_text(value) + ". Default: " + bold(config::default_value(setting)) + ".");
}

std::string listed(std::span<const std::string_view> words) {
  return text::joined(words, ", ", bold) + ".";
}

}  // namespace

std::string settings_page(const std::string& date) {
  ManPage page("nexus-mirror.toml", 5, date, "configuration of nexus-mirror");
  page.section("DESCRIPTION");
  page.paragraph(
      roff_text("A TOML file. It is searched at --config FILE, $NEXUS_MIRROR_CONFIG, "
                "./nexus-mirror.toml, ~/.config/nexus-mirror/config.toml and "
                "/etc/nexus-mirror/config.toml; the first that is there is read, alone."));
  page.paragraph(
      roff_text("A setting that is left out has its default. An unknown key is an error. Durations "
                "and sizes are text: \"500ms\", \"90s\", \"15m\", \"24h\", \"7d\", \"1h30m\"; "
                "\"64MiB\", \"1GB\". Paths may be relative to the file's folder."));
  page.paragraph(bold("nexus-mirror config check") + " says what is wrong and where; " +
                 bold("nexus-mirror config print") + " shows what the file comes to.");
  page.section("EXAMPLE");
  page.literal({"[mirror]", "database = \"mirror.db\"", "", "[[workspace]]", "name = \"my-team\"",
                "secret_key_env = \"NEXUS_SECRET_KEY\""});
  page.section("SETTINGS");
  for (const config::Section& section : config::sections()) {
    const std::string name(section.name);
    page.subsection(section.repeated ? "[[" + name + "]]" : "[" + name + "]");
    page.paragraph(roff_text(section.meaning) +
                   (section.repeated ? " May stand more than once." : ""));
    for (const config::Setting& setting : config::settings_of(section.name)) {
      add_setting(page, setting);
    }
  }
  page.section("FORMATS");
  page.paragraph("Of annotation files: " + listed(config::export_formats()));
  page.section("STATUSES");
  page.paragraph("Of assets: " + listed(config::asset_statuses()));
  page.see_also({{"nexus-mirror", 1}, {"nexus-mirror-schema", 7}, {"systemd.exec", 5}});
  return page.text();
}

}  // namespace nexus_mirror::docs
