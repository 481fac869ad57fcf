#include "cli/doctor_command.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "cli/acting_user.h"
#include "cli/json_text.h"
#include "cli/text.h"
#include "env/signals.h"
#include "text/json_writer.h"

namespace nexus_mirror::cli {
namespace {

// Columns of the topic and of its state.
constexpr std::size_t kTopicWidth = 15, kHealthWidth = 9;
// Narrower terminals have no room for text beside these.
constexpr std::size_t kRoomyWidth = 70;

// As far as it can be read; else the line that says why not.
std::optional<Config> read_config(const CommandContext& context, DoctorLine& line) {
  try {
    Config config = context.read_config();
    line = look_at_configuration(config);
    return config;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::config) throw;
    line = {
        "configuration", Health::fault,
        (error.subject().empty() ? std::string() : error.subject() + ": ") + error.reason(),
        error.hint().empty() ? "correct it; nexus-mirror config check looks again" : error.hint()};
    return std::nullopt;
  }
}

// Whose rights count: the service's, where one runs this configuration, else the owner's of the
// mirror. Root goes on as that user.
env::User act_as_user(const Config& config, const OwnService& service) {
  if (!env::is_root()) return env::current_user();
  std::optional<env::User> user;
  if (service.ours && !service.user.empty()) user = env::user_named(service.user);
  if (!user) user = env::owner_of(config.mirror.database);
  if (!user || user->uid == 0) return env::current_user();
  go_on_as(*user, config, Keep::secrets);
  return *user;
}

void add_all(const DoctorCase& patient, const std::stop_token& stop,
             std::vector<DoctorLine>& lines) {
  const auto& workspaces = patient.config.workspaces;
  for (const WorkspaceConfig& workspace : workspaces) {
    const std::string prefix = workspaces.size() > 1 ? workspace.name + ": " : std::string();
    auto more = look_at_workspace(patient, workspace, prefix, stop);
    std::move(more.begin(), more.end(), std::back_inserter(lines));
  }
  lines.push_back(look_at_disk(patient));
  lines.push_back(look_at_rights(patient));
  lines.push_back(look_at_mirror(patient, stop));
  lines.push_back(look_at_exports(patient));
  lines.push_back(look_at_files(patient, stop));
  lines.push_back(look_at_replicas());
  lines.push_back(look_at_hooks(patient));
  lines.push_back(judge_units(find_unit_facts(patient, stop)));
  // Of several workspaces the same topics stand together.
  const auto place = [](const DoctorLine& line) {
    return std::find(std::begin(kTopics), std::end(kTopics), line.topic);
  };
  std::stable_sort(lines.begin(), lines.end(), [&](const DoctorLine& one, const DoctorLine& other) {
    return place(one) < place(other);
  });
}

std::string json_of(const std::vector<DoctorLine>& lines) {
  text::JsonWriter json;
  json.begin_array();
  for (const DoctorLine& line : lines) {
    json.begin_object();
    json.member("topic", line.topic);
    json.member("status", name_of(line.health));
    json.member("message", line.message);
    json.member("remedy", unless_empty(line.remedy));
    json.end_object();
  }
  json.end_array();
  return json.take() + "\n";
}

// `text`, which is printable, in lines of `width` columns at most, where its words allow that; each
// but the first is indented.
std::string wrapped(const std::string& text, std::size_t first, std::size_t indent,
                    std::size_t width) {
  std::string out;
  std::size_t column = first;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t columns = display_width(word);
    if (column > (out.empty() ? first : indent) && column + 1 + columns > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns;
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string text_of(const DoctorLine& line, const Terminal& terminal) {
  std::string head = line.topic;
  head.resize(kTopicWidth, ' ');
  head += name_of(line.health);
  head.resize(kTopicWidth + kHealthWidth, ' ');
  const std::string message =
      printable(one_line(line.message + (line.remedy.empty() ? "" : "; " + line.remedy)));
  if (!terminal.is_terminal) return head + message + "\n";
  const std::size_t indent = terminal.width >= kRoomyWidth ? head.size() : 4;
  return head + wrapped(message, head.size(), indent, terminal.width) + "\n";
}

ExitCode run_doctor(const DoctorOptions& options, CommandContext& context) {
  env::Signals signals;
  std::vector<DoctorLine> lines(1);
  const auto config = read_config(context, lines.front());
  if (config) {
    const OwnService service = find_own_service(config->file);
    const env::User user = act_as_user(*config, service);
    signals.listen();
    add_all({*config, service, user, context.env}, signals.stop_token(), lines);
  } else {
    for (const std::string_view topic : kTopics) {
      if (topic == lines.front().topic) continue;
      lines.push_back(
          {std::string(topic), Health::warning, "not looked at: see configuration", {}});
    }
  }
  if (options.json) {
    context.out.write(json_of(lines));
  } else {
    for (const DoctorLine& line : lines) {
      context.out.write(text_of(line, context.out.terminal()));
    }
  }
  const bool fault = std::any_of(lines.begin(), lines.end(), [](const DoctorLine& line) {
    return line.health == Health::fault;
  });
  return fault ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
