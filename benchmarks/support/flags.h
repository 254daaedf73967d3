#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bxb::bench {

/// What every benchmark is told.
struct CommonSettings {
  std::string dsn;  ///< a server of the user's; empty: a private one
  int rounds = 5;
};

/// Whether a list with commas holds this word.
bool Lists(std::string_view list, std::string_view word);

/// What Google Benchmark has left of the command line.
class Flags {
 public:
  Flags(int argc, char** argv, std::string_view usage);

  /// Takes a flag without a value.
  bool Take(std::string_view flag);

  /// Takes "--name=value" into `value`, which is left as it is where there is none.
  void Take(std::string_view flag, std::string& value);
  void Take(std::string_view flag, int& value);  ///< 1 at least

  void Take(CommonSettings& settings);

  /// Takes "--name=one,two": words of the list `known`. Another one ends the program, as RefuseOthers does.
  void TakeList(std::string_view flag, std::string_view known, std::string& value);

  /// Prints the usage and ends the program if an argument is left: nobody knows it.
  void RefuseOthers() const;

 private:
  [[noreturn]] void Refuse(std::string_view argument) const;

  std::string_view usage_;
  std::vector<std::string_view> arguments_;
};

}  // namespace bxb::bench
