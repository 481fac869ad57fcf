// A systemd unit as its files say it: the unit's own, and the drop-ins that change it. Read without
// systemd, which in a container is not there to be asked.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::env {

class UnitFile {
 public:
  // What is said in `section` of `key`, in its order, the latest last; an assignment of nothing
  // takes back what was said before, as systemd has it. Values are as they stand, specifiers too.
  std::vector<std::string> values(std::string_view section, std::string_view key) const;
  // The last of them; empty where there is none.
  std::string value(std::string_view section, std::string_view key) const;

  const std::filesystem::path& file() const { return file_; }  // without the drop-ins
  const std::string& name() const { return name_; }

 private:
  friend std::optional<UnitFile> find_unit(const std::string& name);
  struct Assignment {
    std::string section, key, value;
  };

  void read(const std::filesystem::path& file);

  std::string name_;
  std::filesystem::path file_;
  std::vector<Assignment> assignments_;
};

// The unit `name` ("nexus-mirror.service") of the system, looked for where systemd looks:
// $SYSTEMD_UNIT_PATH where that is set, else /etc/systemd/system and so on. nullopt where there is
// none, or none that may be read, or where it is masked. Any thread.
std::optional<UnitFile> find_unit(const std::string& name);

// Whether a folder `<something>.wants` of these has the unit: it starts by itself.
bool is_wanted(const std::string& name);

}  // namespace nexus_mirror::env
