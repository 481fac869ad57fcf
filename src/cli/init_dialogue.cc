// `config init` at a terminal.
#include <algorithm>

#include "cli/init_setup.h"
#include "cli/questions.h"
#include "cli/text.h"
#include "config/spelling.h"
#include "config/url_rules.h"
#include "config/value_reader.h"
#include "text/match.h"
#include "text/number.h"

namespace nexus_mirror::cli {
namespace {

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
      std::vector<std::string_view> names;
      for (const ListedProject& each : projects) names.push_back(each.name);
      const auto nearest = config::nearest_word(word, names);
      throw Error(ErrorCode::usage, "choosing", word,
                  "there is no project '" + word + "'" +
                      (nearest ? "; did you mean '" + std::string(*nearest) + "'?"
                               : "; numbers and names are parted by commas: 1,3"));
    }
  }
  return chosen.empty() ? std::vector<std::string>{"*"} : chosen;
}

void ask_at_terminal(Setup& setup, const InitOptions& options, CommandContext& context,
                     const std::stop_token& stop) {
  Dialogue(setup, options, context, stop).run();
}

}  // namespace nexus_mirror::cli
