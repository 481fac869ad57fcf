#include "docs/man_pages.h"
#include "docs/roff.h"
#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

std::string value_text(const Option& option) {
  if (option.choices.empty() || option.value.find('|') == std::string::npos) {
    return italic(option.value);
  }
  return text::joined(option.choices, "|", bold);
}

std::string option_term(const Option& option) {
  if (option.names.empty()) return italic(option.value);
  const std::string term = text::joined(option.names, ", ", bold);
  return option.value.empty() ? term : term + " " + value_text(option);
}

std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return roff_text(text);
}

void add_options(ManPage& page, const Command& command) {
  for (const auto* list : {&command.arguments, &command.options}) {
    for (const Option& option : *list) {
      if (option.names == std::vector<std::string>{"--help"} && command.name != "nexus-mirror") {
        continue;  // the same for each command
      }
      std::string text = sentence(option.meaning);
      if (!option.default_value.empty()) {
        text += " Default: " + bold(option.default_value) + ".";
      }
      page.item(option_term(option), text);
      if (!option.choices.empty() && option.value.find('|') == std::string::npos) {
        page.more("One of " + roff_text(text::joined(option.choices, ", ")) + ".");
      }
    }
  }
}

void add_synopsis(ManPage& page, const Command& command, const std::string& path) {
  std::string text = bold(path) + " [" + italic("OPTIONS") + "]";
  for (const Option& argument : command.arguments) {
    const std::string name = italic(argument.value);
    text += argument.required ? " " + name : " [" + name + "]";
  }
  // One that is a command of its own has options beside --help.
  const std::string below =
      command.options.size() > 1 ? "[" + italic("COMMAND") + "]" : italic("COMMAND");
  if (!command.commands.empty()) text += " " + below;
  page.paragraph(text);
}

// Exit statuses are the program's: they stand at its end, once.
void add_examples(ManPage& page, const Command& command) {
  for (const Note& note : command.notes) {
    if (note.title == "Exit status") continue;
    page.paragraph(roff_text(note.title) + ":");
    page.literal(note.lines);
  }
}

void add_command(ManPage& page, const Command& command, const std::string& parent) {
  const std::string path = parent + " " + command.name;
  page.subsection(path.substr(path.find(' ') + 1));
  add_synopsis(page, command, path);
  page.paragraph(sentence(command.meaning));
  add_options(page, command);
  add_examples(page, command);
  for (const Command& each : command.commands) add_command(page, each, path);
}

void add_notes(ManPage& page, const Command& program) {
  for (const Note& note : program.notes) {
    page.section(note.title);
    if (note.title != "Exit status") {
      page.literal(note.lines);
      continue;
    }
    for (const std::string& line : note.lines) {
      const auto number = line.find_first_of("0123456789");
      const auto space = line.find(' ', number);
      const auto text = line.find_first_not_of(' ', space);
      page.item(bold(line.substr(number, space - number)), sentence(line.substr(text)));
    }
  }
}

void add_root(ManPage& page) {
  page.section("ROOT");
  page.paragraph(
      "Run as root on a mirror that another user owns, or is to be made in a folder of another "
      "user's, " +
      bold("nexus-mirror") +
      " reads its configuration, its key and its certificates, and goes on as that user, hooks "
      "included. A mirror of root's stays root's. Where the user cannot be changed it ends with "
      "exit status 5.");
}

void add_environment(ManPage& page) {
  page.section("ENVIRONMENT");
  page.item(bold("NEXUS_MIRROR_CONFIG"),
            "Configuration file, when there is no " + bold("--config") + ".");
  page.item(bold("NEXUS_MIRROR_TIME"),
            "The zone in which times are shown, and read where they name none: " + bold("local") +
                " is this machine's, as with " + bold("--local") + "; else UTC.");
  page.item(bold("HTTPS_PROXY") + ", " + bold("NO_PROXY"),
            "The proxy, when the configuration names none, and hosts that are reached without it.");
  page.item(bold("CREDENTIALS_DIRECTORY"),
            "Set by systemd: where the key is found that " + bold("secret_credential") + " names.");
  page.item("The variable that " + bold("secret_key_env") + " names", "The secret key.");
}

void add_files(ManPage& page) {
  page.section("FILES");
  page.item(italic("/etc/nexus-mirror/config.toml"),
            "The service's configuration; its format is in " + bold("nexus-mirror.toml") + "(5).");
  page.item(italic("/etc/nexus-mirror/secret-key"),
            "The key of the service's workspace: root's alone. systemd hands it on as the "
            "credential " +
                bold("nexus-secret-key") + ".");
  page.item(italic("/var/lib/nexus-mirror/mirror.db"),
            "The mirror; its tables are in " + bold("nexus-mirror-schema") +
                "(7). Members of the group " + bold("nexus-mirror") + " may read it.");
  page.item(italic("/var/lib/nexus-mirror/exports/"), "Annotation files and model links.");
}

}  // namespace

std::string commands_page(const Command& program, const std::string& date) {
  ManPage page("nexus-mirror", 1, date, "an exact, queryable SQLite copy of a Nexus workspace");
  page.section("SYNOPSIS");
  add_synopsis(page, program, "nexus-mirror");
  page.section("DESCRIPTION");
  page.paragraph(sentence(program.meaning));
  page.section("OPTIONS");
  page.paragraph("These may also follow the command.");
  add_options(page, program);
  page.section("COMMANDS");
  for (const Command& command : program.commands) add_command(page, command, "nexus-mirror");
  add_notes(page, program);
  add_root(page);
  add_environment(page);
  add_files(page);
  page.see_also(
      {{"nexus-mirror.toml", 5}, {"nexus-mirror-schema", 7}, {"sqlite3", 1}, {"systemctl", 1}});
  return page.text();
}

}  // namespace nexus_mirror::docs
