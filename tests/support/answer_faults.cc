#include "support/answer_faults.h"

#include <algorithm>
#include <random>
#include <regex>
#include <set>

namespace nexus_mirror::testing {
namespace {

using Good = RecordedAnswer;
using Then = Reply::Then;

std::string path_of(const Good& good) { return good.target.substr(0, good.target.find('?')); }
bool ends_with(const Good& good, const char* part) { return path_of(good).ends_with(part); }

bool is_any(const Good& /*good*/) { return true; }
// Read once where the run has ended, and taken as it comes.
bool is_of_run(const Good& good) {
  return ends_with(good, "/confusionMatrix") || good.target.find("/logs/") != std::string::npos;
}
// Of a project's own, of the lists of a project, or of one object of these.
std::size_t parts(const Good& good) {
  const std::string path = path_of(good);
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
}
bool is_list(const Good& good) {
  return (parts(good) == 3 && good.target.rfind("/projects/", 0) == 0) ||
         ends_with(good, "/workspace/projects");
}
bool is_page(const Good& good) { return good.body.find("\"nextPage\":\"") != std::string::npos; }
bool has_row(const Good& good) {
  return is_list(good) && good.body.find("\"id\":\"") != std::string::npos;
}
bool has_project(const Good& good) {
  return is_list(good) && good.body.find("\"projectId\":\"") != std::string::npos;
}

std::string replaced_first(const std::string& text, const std::string& what,
                           const std::string& with) {
  return std::regex_replace(text, std::regex(what), with, std::regex_constants::format_first_only);
}

Reply with_body(const Good& good, const std::string& body) {
  return {RecordedAnswer{good.target, good.status, good.type, body}.bytes()};
}

AnswerFault status(const std::string& name, int code, const std::string& headers, bool passes,
                   int times = 1) {
  return {name, passes, times,
          [=](const Good&, unsigned) { return Reply{answer(code, "{}", headers)}; }, is_any};
}

AnswerFault body(const std::string& name, std::function<std::string(const Good&)> make,
                 std::function<bool(const Good&)> fits = is_any) {
  return {
      name,
      false,
      1,
      [make = std::move(make)](const Good& good, unsigned) { return with_body(good, make(good)); },
      std::move(fits),
      true};
}

AnswerFault broken_off(const std::string& name, double part, Then then) {
  return {name, true, 1,
          [=](const Good& good, unsigned) {
            const std::string bytes = good.bytes();
            const auto size = static_cast<std::size_t>(static_cast<double>(bytes.size()) * part);
            return Reply{bytes.substr(0, size), then};
          },
          is_any};
}

// The first object of a list, with what stands around it.
std::string twice(const std::string& body) {
  const std::size_t begin = body.find('{', body.find('['));
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = begin; i < body.size(); ++i) {
    if (body[i] == '"' && body[i - 1] != '\\') quoted = !quoted;
    if (quoted) continue;
    depth += body[i] == '{' ? 1 : body[i] == '}' ? -1 : 0;
    if (depth == 0) {
      const std::string row = body.substr(begin, i + 1 - begin);
      return body.substr(0, i + 1) + "," + row + body.substr(i + 1);
    }
  }
  return body;
}

// One value, wherever it stands, is of another type.
std::string retyped(const std::string& text, unsigned seed) {
  static const std::regex value(R"re(:("[^"\\]*"|-?[0-9.]+|true|false|null)([,}\]]))re");
  static const char* const kOthers[] = {"7", "\"text\"", "[]", "{}", "true", "-1.5", "null"};
  std::vector<std::smatch> found(std::sregex_iterator(text.begin(), text.end(), value),
                                 std::sregex_iterator());
  if (found.empty()) return text;
  std::mt19937 random(seed);
  const std::smatch& one = found[random() % found.size()];
  const auto at = static_cast<std::size_t>(one.position(1));
  const auto type = [](char first) {
    const std::string others = "\"[{tfn";
    return others.find(first) == std::string::npos ? '0' : first == 'f' ? 't' : first;
  };
  std::string other;
  do {
    other = kOthers[random() % 7];
  } while (type(other.front()) == type(text[at]));
  return text.substr(0, at) + other + text.substr(at + static_cast<std::size_t>(one.length(1)));
}

std::vector<AnswerFault> all_faults() {
  std::vector<AnswerFault> faults = {
      status("429 in seconds", 429, "Retry-After: 2\r\n", true),
      status("429 as a date", 429, "Retry-After: Sat, 31 Jan 2026 12:00:05 GMT\r\n", true),
      status("429 negative", 429, "Retry-After: -5\r\n", true),
      status("429 no time", 429, "Retry-After: soon\r\n", true),
      status("429 for ten years", 429, "Retry-After: 315360000\r\n", false),
      status("500", 500, "", true),
      status("503 in a burst", 503, "", true, 3),
      status("524", 524, "", true),
      broken_off("reset before the head", 0, Then::reset),
      broken_off("closed before the head", 0, Then::close),
      broken_off("reset within the head", 0.02, Then::reset),
      broken_off("cut body", 0.7, Then::close),
      broken_off("reset within the body", 0.9, Then::reset),
      broken_off("stall", 0.8, Then::stall),
      broken_off("drip", 0.02, Then::drip),
      body("HTML", [](const Good&) { return "<!DOCTYPE html><html><body>502</body></html>"; }),
      body("empty", [](const Good&) { return ""; }),
      body("text", [](const Good&) { return "\"text\""; }),
      body("a number", [](const Good&) { return "7"; }),
      body("null", [](const Good&) { return "null"; }),
      body("half a JSON",
           [](const Good& good) { return good.body.substr(0, good.body.size() / 2); }),
      body("deep", [](const Good&) { return std::string(3000, '[') + std::string(3000, ']'); }),
      body(
          "no UTF-8",
          [](const Good& good) {
            return replaced_first(good.body, "\"id\":\"", "\"note\":\"\xff\",\"id\":\"");
          },
          has_row),
      body(
          "a row without an id",
          [](const Good& good) { return replaced_first(good.body, "\"id\":\"", "\"di\":\""); },
          has_row),
      body(
          "a row with a number as id",
          [](const Good& good) {
            return replaced_first(good.body, "\"id\":\"[^\"]*\"", "\"id\":7");
          },
          has_row),
      body(
          "a row twice", [](const Good& good) { return twice(good.body); }, has_row),
      body(
          "a row of another project",
          [](const Good& good) {
            return replaced_first(good.body, "\"projectId\":\"[^\"]*\"",
                                  "\"projectId\":\"nobody\"");
          },
          has_project),
      body(
          "the cursor repeats",
          [](const Good& good) {
            const std::size_t at = good.target.find("page=");
            const std::string cursor =
                at == std::string::npos
                    ? "again"
                    : good.target.substr(at + 5, good.target.find('&', at) - at - 5);
            return replaced_first(good.body, "\"nextPage\":\"[^\"]*\"",
                                  "\"nextPage\":\"" + cursor + "\"");
          },
          is_page),
      {"dead cursor", false, 1,
       [](const Good&, unsigned) { return Reply{answer(400, R"({"code":"InvalidPage"})")}; },
       [](const Good& good) { return good.target.find("page=") != std::string::npos; }},
      {"always a new cursor", false, 0,
       [count = 0](const Good& good, unsigned) mutable {
         return with_body(good,
                          replaced_first(good.body, "\"nextPage\":\"[^\"]*\"",
                                         "\"nextPage\":\"new" + std::to_string(++count) + "\""));
       },
       is_page},
      status("404", 404, "", false),
      status("403", 403, "", false),
      status("redirect elsewhere", 302, "Location: http://127.0.0.1:1/x\r\n", false),
      {"larger than is taken", false, 1,
       [](const Good&, unsigned) {
         return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n[", Then::close};
       },
       is_any},
      {"gzip bomb", false, 1,
       [bomb = answer(200, packed(std::string(4 << 20, ' ')), "Content-Encoding: gzip\r\n")](
           const Good&, unsigned) { return Reply{bomb}; },
       is_any},
  };
  for (AnswerFault& fault : faults) {
    const bool means_gone = fault.name == "404";
    if (!means_gone) continue;
    fault.fits = [](const Good& good) { return parts(good) <= 3 && !is_of_run(good); };
  }
  faults.push_back(
      {"another type somewhere", false, 1,
       [](const Good& good, unsigned seed) { return with_body(good, retyped(good.body, seed)); },
       [](const Good& good) { return good.status == 200 && !is_of_run(good); }});
  return faults;
}

}  // namespace

bool waits(const AnswerFault& fault) { return fault.name == "stall" || fault.name == "drip"; }

// What its items lack is no fault to the program: a statistic of a group is left out with a
// warning, and insights have no id of their own.
static bool is_lenient(const AnswerFault& fault, const RecordedAnswer& good) {
  return (ends_with(good, "/assetgroups") && fault.name == "deep") ||
         (ends_with(good, "/insights") && fault.name == "a row without an id");
}

bool may_change_rows(const AnswerFault& fault, const RecordedAnswer& good) {
  static const std::set<std::string> names = {"403", "404", "no UTF-8", "a row of another project",
                                              "another type somewhere"};
  return names.contains(fault.name) || is_lenient(fault, good);
}

std::set<int> promised_exits(const AnswerFault& fault, const RecordedAnswer& good) {
  static const std::set<std::string> harmless = {"a row twice", "no UTF-8",
                                                 "a row of another project", "dead cursor"};
  const std::string& name = fault.name;
  const bool has_cursor = good.target.find("page=") != std::string::npos;
  const bool essential =
      ends_with(good, "/tags") || ends_with(good, "/assets") || ends_with(good, "/annotations");
  if (fault.passes || harmless.contains(name) || is_lenient(fault, good)) return {0};
  if (name == "another type somewhere") return {0, 1, 4};
  // The server takes no cursor of another's making.
  if (name == "the cursor repeats") return {has_cursor ? 1 : 0};
  if (name == "404" && has_cursor) return {0};
  if (name == "403" && path_of(good).starts_with("/workspace")) return {3};
  if (name == "429 for ten years" && path_of(good).starts_with("/workspace")) return {4};
  if (path_of(good) == "/workspace") return {4};
  if ((name == "403" || name == "404") && path_of(good).starts_with("/projects/") &&
      (parts(good) <= 3 || is_of_run(good)) && !essential) {
    return {0};
  }
  // The body of an answer that says that there is none means nothing.
  if (good.status == 404 && fault.keeps_status) return {0};
  return {1};
}

const std::vector<AnswerFault>& answer_faults() {
  static const std::vector<AnswerFault> faults = all_faults();
  return faults;
}

}  // namespace nexus_mirror::testing
