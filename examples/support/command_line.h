#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace examples {

/// One `--name VALUE` (or `--name=VALUE`) that a program accepts; without `value` it is a switch.
struct Flag {
  std::string_view name;
  std::string_view value;
  std::string_view help;
};

inline constexpr Flag kDsnFlag{"dsn", "CONNINFO",
                               "the PostgreSQL to write to; without it a throwaway server is started"};

/// The flags that were given. `--help` prints what there is and ends the program; a flag that is not
/// there ends it with exit code 2.
class CommandLine {
 public:
  CommandLine(int argc, char** argv, std::string_view about, std::initializer_list<Flag> flags);

  bool Has(const std::string& name) const { return given_.contains(name); }
  std::optional<std::string> Get(const std::string& name) const;
  std::string Get(const std::string& name, std::string_view otherwise) const;
  std::uint64_t GetNumber(const std::string& name, std::uint64_t otherwise) const;

  /// Prints one line, `program: message`, and returns 1: `return flags.Fail(status);`.
  int Fail(const absl::Status& status) const;

  /// Prints what is wrong with the flags, and ends the program with exit code 2.
  [[noreturn]] void Misuse(const std::string& why) const;

 private:
  std::string program_;
  std::map<std::string, std::string> given_;
};

}  // namespace examples
