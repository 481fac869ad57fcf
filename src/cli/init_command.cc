#include "cli/init_command.h"

#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "cli/init_setup.h"
#include "cli/questions.h"
#include "cli/text.h"
#include "config/first_config.h"
#include "config/url_rules.h"
#include "config/usable.h"
#include "env/file.h"
#include "env/replace_file.h"
#include "env/signals.h"
#include "env/user.h"

namespace nexus_mirror::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDoing = "setting up";
constexpr const char* kNothing = "nothing was written";

fs::path chosen_file(const InitOptions& options, const CommandContext& context) {
  fs::path file = options.file;
  if (file.empty()) file = context.config_file;
  if (file.empty()) file = "nexus-mirror.toml";
  if (file.string().find("://") != std::string::npos) {
    throw Error(ErrorCode::usage, kDoing, file.string(), "that is an address, and no file",
                "write --endpoint " + file.string());
  }
  std::error_code gone;
  file = fs::absolute(file, gone).lexically_normal();
  if (gone) {
    throw Error(ErrorCode::usage, kDoing, file.string(), "the folder that this runs in is no more",
                "change to another folder");
  }
  if (file.filename().empty()) {
    throw Error(ErrorCode::usage, kDoing, file.string(), "that is a folder", "name a file in it");
  }
  return file;
}

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
  std::optional<Error> error;
  try {
    error = ask_server(setup, options, context, stop).error;
  } catch (const Error& failure) {
    // A variable may be set later, where the program will run.
    if (failure.code() != ErrorCode::config || workspace.secret_key_env.empty()) throw;
    error = failure;
  }
  if (!error) return;
  const std::string hint = error->hint().empty() ? "" : error->hint() + "; ";
  if (error->code() == ErrorCode::key_refused || error->code() == ErrorCode::interrupted) {
    throw Error(error->code(), error->doing(), error->subject(), error->reason(),
                hint + kNothing + " (--no-test does not ask the server)");
  }
  // There may be no network yet.
  const Error untested(error->code(), error->doing(), error->subject(), error->reason(),
                       hint + "the configuration is written untested");
  context.notice(untested.what());
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
  const env::Replacement done = is_untouched_example(path)
                                    ? env::replace_file(path, beside, bytes, mode)
                                    : env::create_file(path, beside, bytes, mode);
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
  if (!is_found_by_itself(setup.file))
    command += "--config " + shell_word(setup.file.string()) + " ";
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

void refuse_keys(const Setup& setup, const InitOptions& options) {
  for (const auto& [option, value] :
       {std::pair("--name", &options.name), std::pair("--key-env", &options.key_env),
        std::pair("--key-file", &options.key_file), std::pair("FILE", &options.file)}) {
    refuse_key_as_option(option, *value);
  }
  if (options.key_env.empty()) return;
  config::FirstChoices choices;
  choices.workspace.name = "any";
  choices.workspace.secret_key_env = options.key_env;
  if (const std::string problem = config::first_config_problem(setup.file, choices);
      !problem.empty()) {
    refuse(setup, "--key-env: " + problem, kNothing);
  }
}

Setup prepared(const InitOptions& options, const CommandContext& context) {
  Setup setup{chosen_file(options, context)};
  refuse_keys(setup, options);
  if (!is_untouched_example(setup.file)) {
    refuse_taken(setup, setup.file, "name another FILE, or change that one by hand");
  }
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

}  // namespace

ExitCode run_config_init(const InitOptions& options, CommandContext& context) {
  env::Signals signals;
  Setup setup = prepared(options, context);
  signals.listen();
  if (Questions::can_ask(context.console)) {
    ask_at_terminal(setup, options, context, signals.stop_token());
  } else {
    take_options(setup, options, context, signals.stop_token());
  }
  check_choices(setup);
  write_all(setup);
  tell_what_comes_next(setup, context);
  return ExitCode::done;
}

}  // namespace nexus_mirror::cli
