#include "support/flags.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace bxb::bench {
namespace {

// Takes the first word off a list with commas.
std::string_view TakeWord(std::string_view& list) {
  const std::string_view word = list.substr(0, list.find(','));
  list.remove_prefix(std::min(word.size() + 1, list.size()));
  return word;
}

}  // namespace

bool Lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (TakeWord(list) == word) return true;
  }
  return false;
}

Flags::Flags(int argc, char** argv, std::string_view usage) : usage_(usage), arguments_(argv + 1, argv + argc) {}

bool Flags::Take(std::string_view flag) { return std::erase(arguments_, flag) > 0; }

void Flags::Take(std::string_view flag, std::string& value) {
  std::erase_if(arguments_, [&](std::string_view argument) {
    if (!argument.starts_with(flag)) return false;
    value = argument.substr(flag.size());
    return true;
  });
}

void Flags::Take(std::string_view flag, int& value) {
  std::string text;
  Take(flag, text);
  if (text.empty()) return;
  value = std::atoi(text.c_str());
  if (value < 1) Refuse(text);
}

void Flags::Take(CommonSettings& settings) {
  Take("--dsn=", settings.dsn);
  Take("--rounds=", settings.rounds);
}

void Flags::TakeList(std::string_view flag, std::string_view known, std::string& value) {
  Take(flag, value);
  for (std::string_view list = value; !list.empty();) {
    if (const std::string_view word = TakeWord(list); !Lists(known, word)) Refuse(word);
  }
}

void Flags::RefuseOthers() const {
  if (!arguments_.empty()) Refuse(arguments_.front());
}

void Flags::Refuse(std::string_view argument) const {
  std::cerr << program_invocation_short_name << ": not understood: " << argument << "\n\n" << usage_;
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): no thread has been started yet
}

}  // namespace bxb::bench
