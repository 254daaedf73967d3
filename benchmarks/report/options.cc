#include "report/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <regex>

#include "support/flags.h"
#include "support/session.h"

namespace bxb::bench::report {
namespace {

constexpr std::string_view kUsage =
    R"(bench_report: the field's figures about PostgreSQL as an event store, reproduced here, beside what bxb does.

Writes report.md and report.html, with plots, and leaves every figure in results.tsv. A run that was interrupted or
killed goes on where it was when it is started again with the same options.

  --time-budget=TIME  for all experiments together: 90s, 10m, 2h (10m). Short runs have fewer rows; rounds fill the
                      time: seven at most, three at least where it suffices. A minute or two go by in any case
  --full              the same as --time-budget=2h
  --scale=X           rows of each experiment, relative to those of a run of ten minutes (what suits the budget)
  --filter=REGEX      only experiments whose names match
  --list              names the experiments
  --dsn=STRING        use this server instead of a private one. You are asked first; everything happens in the schema
                      bxb_report, which is dropped afterwards. What needs servers of its own is left out then
  --yes               do not ask
  --fresh             do not go on with a former run
  --out=FOLDER        for the page (build/release/report); a former one there is replaced
  --peers=FOLDER      what benchmarks/peers/fetch has made (build/peers)

--benchmark_filter=REGEX and the other flags of Google Benchmark work, too. It never fails for being slow.
)";

[[noreturn]] void Refuse(std::string_view flag, const std::string& value) {
  std::cerr << fmt::format("bench_report: {}{} is not understood\n\n{}", flag, value, kUsage);
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): no thread has been started yet
}

double Positive(std::string_view flag, const std::string& value, const std::string& number, double factor) {
  char* end = nullptr;
  const double parsed = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || !(parsed > 0) || parsed > 1e6) Refuse(flag, value);
  return parsed * factor;
}

double Seconds(std::string_view flag, const std::string& value) {
  const char unit = value.empty() ? ' ' : value.back();
  const double factor = unit == 'h' ? 3'600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
  if (factor == 0) Refuse(flag, value);
  return Positive(flag, value, value.substr(0, value.size() - 1), factor);
}

void RequireRegex(std::string_view flag, const std::string& value) {
  try {
    static_cast<void>(std::regex(value));
  } catch (const std::regex_error&) {
    Refuse(flag, value);
  }
}

// What a shell takes as it is; everything else in quotes.
std::string Quoted(std::string_view argument) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,+";
  if (argument.find_first_not_of(kPlain) == std::string_view::npos) return std::string(argument);
  return fmt::format("'{}'", argument);
}

// As the user would write it, without what may hold a password.
std::string CommandOf(int argc, char** argv) {
  std::string command = "./dev bench report";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--benchmark_out")) continue;
    command += " " + (argument.starts_with("--dsn=") ? "--dsn=..." : Quoted(argument));
  }
  return command;
}

}  // namespace

void PrintUsage() { std::cout << kUsage; }

Options ParseOptions(int argc, char** argv) {
  Options options;
  options.command = CommandOf(argc, argv);
  Flags flags(argc, argv, kUsage);
  std::string budget = flags.Take("--full") ? "2h" : "10m";
  std::string scale;
  flags.Take("--time-budget=", budget);
  flags.Take("--scale=", scale);
  flags.Take("--filter=", options.filter);
  flags.Take("--dsn=", options.dsn);
  flags.Take("--out=", options.out);
  flags.Take("--peers=", options.peers);
  options.fresh = flags.Take("--fresh");
  options.yes = flags.Take("--yes");
  options.list = flags.Take("--list");
  flags.RefuseOthers();
  options.time_budget = Seconds("--time-budget=", budget);
  constexpr double kTenMinutes = 600;
  options.scale =
      scale.empty() ? std::clamp(options.time_budget / kTenMinutes, 0.1, 10.0) : Positive("--scale=", scale, scale, 1);
  RequireRegex("--filter=", options.filter);
  return options;
}

}  // namespace bxb::bench::report
