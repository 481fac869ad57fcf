#include "cli/init_command.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "cli/own_service.h"
#include "cli/questions.h"
#include "cli/text.h"
#include "config/first_config.h"
#include "config/url_rules.h"
#include "config/usable.h"
#include "config/value_reader.h"
#include "env/file.h"
#include "env/replace_file.h"
#include "env/signals.h"
#include "env/user.h"
#include "text/hex.h"
#include "text/match.h"
#include "text/number.h"
#include "text/utf8.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDoing = "setting up";
constexpr const char* kNothing = "nothing was written";

// What is being set up.
struct Setup {
  fs::path file;                                  // absolute
  std::optional<UnitCredential> credential = {};  // of the service that runs this configuration
  config::FirstChoices choices = {};
  fs::path key_file = {};  // to be made, with `key`; empty = the key is somewhere already
  std::string key = {};
};

[[noreturn]] void refuse(const Setup& setup, const std::string& reason, const std::string& hint) {
  throw Error(ErrorCode::usage, kDoing, setup.file.string(), reason, hint);
}

// A link that leads nowhere counts, too.
bool is_taken(const fs::path& path) {
  std::error_code none;
  return fs::symlink_status(path, none).type() != fs::file_type::not_found;
}

void refuse_taken(const Setup& setup, const fs::path& path, const std::string& hint) {
  if (is_taken(path)) refuse(setup, path.string() + " is there already, and stays as it is", hint);
}

fs::path chosen_file(const InitOptions& options, const CommandContext& context) {
  fs::path file = options.file;
  if (file.empty()) file = context.config_file;
  if (file.empty()) file = "nexus-mirror.toml";
  file = fs::absolute(file).lexically_normal();
  if (file.filename().empty()) {
    throw Error(ErrorCode::usage, kDoing, file.string(), "that is a folder", "name a file in it");
  }
  return file;
}

// "nexus-mirror.key" beside "nexus-mirror.toml".
fs::path key_file_for(const Setup& setup) {
  if (setup.credential) return setup.credential->file;
  fs::path file = setup.file;
  file.replace_extension(".key");
  return file == setup.file ? fs::path(setup.file.string() + ".key") : file;
}

// Where the key will be found is known, and the choices say it.
void use_key_file(Setup& setup, const fs::path& file) {
  if (setup.credential && file == setup.credential->file) {
    setup.choices.workspace.secret_credential = setup.credential->name;
  } else {
    setup.choices.workspace.secret_key_file = file;
  }
}

// A key that is to be put into a file of its own.
void keep_key(Setup& setup, std::string key) {
  setup.key = std::move(key);
  setup.key_file = key_file_for(setup);
  const bool beside = setup.key_file.parent_path() == setup.file.parent_path();
  if (setup.credential) {
    use_key_file(setup, setup.key_file);
  } else {
    setup.choices.workspace.secret_key_file = beside ? setup.key_file.filename() : setup.key_file;
  }
}

// As the program will find it: what the options name, or what was typed.
std::string given_key(const InitOptions& options) {
  WorkspaceConfig source;
  source.name = options.name;
  source.secret_key_env = options.key_env;
  if (!options.key_file.empty()) source.secret_key_file = fs::absolute(options.key_file);
  return resolve_secret_key(source).value_or("");
}

// The key of options. The service finds none in an environment, nor where it may not read: it is
// put where its LoadCredential= looks.
void take_given_key(Setup& setup, const InitOptions& options) {
  WorkspaceConfig& workspace = setup.choices.workspace;
  const fs::path file =
      options.key_file.empty() ? fs::path() : fs::absolute(options.key_file).lexically_normal();
  if (setup.credential && file != setup.credential->file) {
    refuse_taken(setup, setup.credential->file,
                 "leave --key-env and --key-file out to use the key in it, or remove it first");
    keep_key(setup, given_key(options));
  } else if (!file.empty()) {
    use_key_file(setup, file);
  } else {
    workspace.secret_key_env = options.key_env;
  }
}

std::string name_problem(const std::string& name) {
  const bool hex =
      std::all_of(name.begin(), name.end(), [](char c) { return text::hex_value(c).has_value(); });
  if (name.empty()) return "a workspace needs a name";
  if (name.size() >= 32 && hex) return "that looks like the key; it is asked for later";
  return text::valid_utf8(name) == name ? std::string() : "the name must be UTF-8";
}

// By what the key is found now.
std::optional<std::string> key_now(const Setup& setup, const InitOptions& options) {
  if (!setup.key.empty()) return setup.key;
  if (!setup.choices.workspace.secret_credential.empty()) {
    WorkspaceConfig source;
    source.name = setup.choices.workspace.name;
    source.secret_key_file = setup.credential->file;
    return resolve_secret_key(source);
  }
  return given_key(options);
}

ServerLook ask_server(const Setup& setup, const InitOptions& options, CommandContext& context,
                      const std::stop_token& stop) {
  return look_at_server({}, setup.choices.workspace, key_now(setup, options), context.env, stop);
}

// The answers of a terminal.
class Dialogue {
 public:
  Dialogue(Setup& setup, const InitOptions& options, CommandContext& context,
           const std::stop_token& stop)
      : setup_(setup),
        workspace_(setup.choices.workspace),
        options_(options),
        context_(context),
        stop_(stop),
        questions_(context, setup.file.string(), stop) {}

  void run() {
    questions_.say("A new configuration, " + setup_.file.string() +
                   ". Ctrl-C ends, and nothing "
                   "is written.");
    ask_name();
    ask_endpoint();
    ask_key();
    if (options_.no_test) return;
    ServerLook look = test();
    while (look.error) {
      context_.notice(look.error->what());
      again(*look.error);
      look = test();
    }
    choose(look);
  }

 private:
  void ask_name() {
    while (workspace_.name.empty()) {
      const std::string name = questions_.ask("Your name for the workspace");
      const std::string problem = name_problem(name);
      if (problem.empty()) {
        workspace_.name = name;
      } else {
        questions_.say(problem);
      }
    }
  }

  void ask_endpoint() {
    if (!options_.endpoint.empty()) return;
    while (true) {
      const std::string endpoint = questions_.ask("Endpoint", workspace_.endpoint);
      const std::string problem = config::endpoint_problem(endpoint);
      if (problem.empty()) {
        workspace_.endpoint = endpoint;
        return;
      }
      questions_.say("the endpoint " + problem);
    }
  }

  // Of options, of the service's file, or typed.
  bool has_key() const {
    return !options_.key_env.empty() || !options_.key_file.empty() ||
           !workspace_.secret_credential.empty();
  }

  void ask_key() {
    if (has_key() && setup_.key.empty()) return;
    refuse_taken(setup_, key_file_for(setup_), "--key-file uses the key in it, or remove it first");
    while (true) {
      const std::string key =
          questions_.ask_secret("Secret key (Nexus: Workspace, API keys; it is not shown)");
      const std::string problem = key.empty() ? "is empty" : config::secret_problem(key);
      if (problem.empty()) return keep_key(setup_, key);
      questions_.say("the key " + problem);
    }
  }

  ServerLook test() {
    questions_.say("Asking " + workspace_.endpoint + " ...");
    return ask_server(setup_, options_, context_, stop_);
  }

  // What was wrong is asked again; what an option said is not ours to change.
  void again(const Error& error) {
    if (error.code() == ErrorCode::key_refused) {
      if (setup_.key.empty() || has_given_key()) throw error;
      return ask_key();
    }
    if (!options_.endpoint.empty()) throw error;
    ask_endpoint();
  }
  bool has_given_key() const { return !options_.key_env.empty() || !options_.key_file.empty(); }

  void choose(const ServerLook& look) {
    questions_.say("The server takes the key. Workspace " + look.workspace_name + ":");
    if (look.projects_error) context_.notice(look.projects_error->what());
    if (look.projects.empty()) {
      return questions_.say("  no projects yet; those to come will be mirrored");
    }
    const std::string most = std::to_string(look.projects.size());
    for (std::size_t i = 0; i < look.projects.size(); ++i) {
      std::string number = std::to_string(i + 1);
      number.insert(0, most.size() - number.size(), ' ');
      questions_.say("  " + number + "  " + look.projects[i].name);
    }
    while (true) {
      const std::string answer =
          questions_.ask("Which to mirror? Numbers or names, parted by commas", "all");
      try {
        workspace_.projects = chosen_projects(answer, look.projects);
        return;
      } catch (const Error& error) {
        questions_.say(error.reason());
      }
    }
  }

  Setup& setup_;
  WorkspaceConfig& workspace_;
  const InitOptions& options_;
  CommandContext& context_;
  const std::stop_token& stop_;
  Questions questions_;
};

// Off a terminal: options say it all, and the server is asked once.
void take_options(Setup& setup, const InitOptions& options, CommandContext& context,
                  const std::stop_token& stop) {
  const char* const why = "there is no terminal to ask at";
  if (options.name.empty()) refuse(setup, why, "add --name, and --key-env or --key-file");
  const WorkspaceConfig& workspace = setup.choices.workspace;
  if (workspace.secret_key_env.empty() && workspace.secret_key_file.empty() &&
      workspace.secret_credential.empty()) {
    refuse(setup, why, "add --key-env VARIABLE or --key-file FILE");
  }
  if (options.no_test) return;
  const ServerLook look = ask_server(setup, options, context, stop);
  if (!look.error) return;
  const Error& error = *look.error;
  throw Error(error.code(), error.doing(), error.subject(), error.reason(),
              (error.hint().empty() ? "" : error.hint() + "; ") + std::string(kNothing) +
                  " (--no-test does not ask the server)");
}

// What is wrong with what was chosen, whoever chose it.
void check_choices(const Setup& setup) {
  const WorkspaceConfig& workspace = setup.choices.workspace;
  const std::string problem = config::first_config_problem(setup.file, setup.choices);
  if (problem.empty()) return;
  throw Error(ErrorCode::config, kDoing, setup.file.string() + " for " + workspace.name, problem,
              kNothing);
}

void write_new(const fs::path& path, std::string_view bytes, mode_t mode) {
  if (const int error = env::make_folders(path.parent_path()); error != 0) {
    throw Error(ErrorCode::machine, "making folder", path.parent_path().string(),
                std::generic_category().message(error), env::remedy_for(error, path));
  }
  const fs::path beside = path.parent_path() / ("." + path.filename().string() + ".new");
  const env::Replacement done = env::create_file(path, beside, bytes, mode);
  if (done.error == 0) return;
  if (done.error == EEXIST) {
    throw Error(ErrorCode::usage, kDoing, path.string(), "somebody has made it meanwhile",
                "it stays as it is");
  }
  throw Error(ErrorCode::machine, done.doing, done.path.string(),
              std::generic_category().message(done.error),
              env::remedy_for(done.error, done.path, "this user must be able to write there"));
}

void write_all(const Setup& setup) {
  constexpr mode_t kOfOwner = 0600, kOfAll = 0644;
  if (!setup.key.empty()) write_new(setup.key_file, setup.key + "\n", kOfOwner);
  try {
    // The service's user reads it, and colleagues who query; there is no secret in it.
    write_new(setup.file, config::first_config(setup.choices),
              setup.credential ? kOfAll : kOfOwner);
  } catch (...) {
    if (!setup.key.empty()) std::ignore = env::remove_file(setup.key_file);
    throw;
  }
}

bool is_found_by_itself(const fs::path& file) {
  try {
    std::error_code different;
    return fs::equivalent(find_config({}), file, different);
  } catch (const Error&) {
    return false;
  }
}

void tell_what_comes_next(const Setup& setup, CommandContext& context) {
  std::string text = setup.file.string() + ": written\n";
  if (!setup.key.empty()) text += setup.key_file.string() + ": the key, for this user alone\n";
  std::string command = setup.credential ? "sudo nexus-mirror " : "nexus-mirror ";
  if (!is_found_by_itself(setup.file)) command += "--config " + setup.file.string() + " ";
  text += "next: " + command + "doctor, then ";
  text += setup.credential ? "sudo systemctl enable --now nexus-mirror\n" : command + "sync\n";
  context.out.write(text);
}

// Whatever root makes in a folder of somebody else's is that user's (CONTRACT.md 6).
void go_on_as_owner(const Setup& setup, const InitOptions& options) {
  if (!env::is_root() || setup.credential) return;
  const auto owner = env::owner_of(setup.file);
  if (!owner || owner->uid == 0) return;
  std::vector<fs::path> keep;
  if (!options.key_file.empty()) keep.push_back(fs::absolute(options.key_file));
  if (const int error = env::go_on_as(*owner, keep); error != 0) {
    throw Error(ErrorCode::machine, "going on as " + env::text_of(*owner) + " who owns",
                setup.file.parent_path().string(), std::generic_category().message(error),
                "run nexus-mirror as that user");
  }
}

Setup prepared(const InitOptions& options, const CommandContext& context) {
  Setup setup{chosen_file(options, context)};
  refuse_taken(setup, setup.file, "name another FILE, or change that one by hand");
  const OwnService service = find_own_service(setup.file);
  if (service.ours && env::is_root()) setup.credential = credential_of(*service.unit);
  go_on_as_owner(setup, options);
  if (const std::string problem = config::folder_problem(setup.file.parent_path());
      !problem.empty()) {
    refuse(setup, setup.file.parent_path().string() + problem, "name another FILE");
  }
  config::choose_places(setup.file, setup.choices);
  if (setup.credential) setup.choices.mode = 0640;
  WorkspaceConfig& workspace = setup.choices.workspace;
  if (!options.name.empty()) {
    if (const std::string problem = name_problem(options.name); !problem.empty()) {
      refuse(setup, "--name: " + problem, kNothing);
    }
    workspace.name = options.name;
  }
  if (!options.endpoint.empty()) {
    if (const std::string problem = config::endpoint_problem(options.endpoint); !problem.empty()) {
      refuse(setup, "--endpoint " + problem, kNothing);
    }
    workspace.endpoint = options.endpoint;
  }
  if (!options.key_env.empty() || !options.key_file.empty()) {
    take_given_key(setup, options);
  } else if (setup.credential && is_taken(setup.credential->file)) {
    use_key_file(setup, setup.credential->file);
  }
  return setup;
}

std::string stripped(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// A project as a setting names it and nothing else.
std::string pattern_of(const ListedProject& project, const std::vector<ListedProject>& projects) {
  const auto means = std::count_if(
      projects.begin(), projects.end(),
      [&](const ListedProject& each) { return text::matches({project.name}, each.id, each.name); });
  const bool plain = project.name.find_first_of("*?[\\") == std::string::npos;
  return plain && means == 1 && !project.name.empty() ? project.name : project.id;
}

}  // namespace

std::vector<std::string> chosen_projects(const std::string& answer,
                                         const std::vector<ListedProject>& projects) {
  std::vector<std::string> chosen;
  for (std::size_t begin = 0; begin <= answer.size();) {
    const std::size_t end = std::min(answer.find(',', begin), answer.size());
    const std::string word = stripped(answer.substr(begin, end - begin));
    begin = end + 1;
    if (word.empty()) continue;
    if (word == "all" || word == "*") return {"*"};
    const auto is_meant = [&](const ListedProject& each) {
      return text::matches({word}, each.id, each.name);
    };
    const auto number = text::parse_number<std::size_t>(word);
    const auto named = std::find_if(projects.begin(), projects.end(), is_meant);
    if (named == projects.end() && number && *number >= 1 && *number <= projects.size()) {
      chosen.push_back(pattern_of(projects[*number - 1], projects));
    } else if (named != projects.end()) {
      const bool one = std::count_if(projects.begin(), projects.end(), is_meant) == 1;
      chosen.push_back(one ? pattern_of(*named, projects) : word);
    } else {
      throw Error(ErrorCode::usage, "choosing", word, "there is no project '" + word + "'");
    }
  }
  return chosen.empty() ? std::vector<std::string>{"*"} : chosen;
}

ExitCode run_config_init(const InitOptions& options, CommandContext& context) {
  env::Signals signals;
  Setup setup = prepared(options, context);
  signals.listen();
  if (Questions::can_ask(context.console)) {
    Dialogue(setup, options, context, signals.stop_token()).run();
  } else {
    take_options(setup, options, context, signals.stop_token());
  }
  check_choices(setup);
  write_all(setup);
  tell_what_comes_next(setup, context);
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
