#include "support/command_line.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <system_error>

namespace examples {
namespace {

std::string Spelled(const Flag& flag) {
  std::string text = "--" + std::string(flag.name);
  if (!flag.value.empty()) text += " " + std::string(flag.value);
  return text;
}

[[noreturn]] void PrintHelp(const std::string& program, std::string_view about, std::initializer_list<Flag> flags) {
  std::size_t width = 6;
  for (const Flag& flag : flags) width = std::max(width, Spelled(flag).size());
  std::cout << "Usage: " << program << " [flags]\n" << about << "\n\n";
  const auto print = [&](std::string left, std::string_view right) {
    left.resize(width, ' ');
    std::cout << "  " << left << "  " << right << "\n";
  };
  for (const Flag& flag : flags) print(Spelled(flag), flag.help);
  print("--help", "this text");
  std::exit(0);  // NOLINT(concurrency-mt-unsafe): no other thread yet
}

}  // namespace

CommandLine::CommandLine(int argc, char** argv, std::string_view about, std::initializer_list<Flag> flags)
    : program_(argv[0]) {
  program_.erase(0, program_.rfind('/') + 1);
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (word == "--help" || word == "-h") PrintHelp(program_, about, flags);
    if (!word.starts_with("--")) Misuse("not a flag: " + std::string(word));
    word.remove_prefix(2);
    const std::string name(word.substr(0, word.find('=')));
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == name; });
    if (flag == flags.end()) Misuse("no such flag: --" + name);
    if (word.size() > name.size()) {
      given_[name] = word.substr(name.size() + 1);
    } else if (flag->value.empty()) {
      given_[name];
    } else if (++i < argc) {
      given_[name] = argv[i];
    } else {
      Misuse("a value is missing: " + Spelled(*flag));
    }
  }
}

std::optional<std::string> CommandLine::Get(const std::string& name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? std::nullopt : std::optional(found->second);
}

std::string CommandLine::Get(const std::string& name, std::string_view otherwise) const {
  return Get(name).value_or(std::string(otherwise));
}

std::uint64_t CommandLine::GetNumber(const std::string& name, std::uint64_t otherwise) const {
  const std::optional<std::string> text = Get(name);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stopped != end) Misuse("--" + name + " is not a number: " + *text);
  return number;
}

int CommandLine::Fail(const absl::Status& status) const {
  std::cerr << program_ << ": " << status.message() << "\n";
  return 1;
}

void CommandLine::Misuse(const std::string& why) const {
  std::cerr << program_ << ": " << why << " (--help tells what there is)\n";
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): no other thread yet
}

}  // namespace examples
