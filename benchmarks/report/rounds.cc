#include "report/rounds.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <map>
#include <regex>
#include <string>

#include "report/plan.h"

namespace bxb::bench::report {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What people look at first, as far as it was measured.
std::string Headline(const std::map<std::string, double>& values) {
  std::string line;
  const auto add = [&](const char* metric, const char* title, Unit unit, double factor) {
    if (const auto found = values.find(metric); found != values.end()) {
      line += fmt::format("  {}{}", Format(found->second * factor, unit), title);
    }
  };
  add("rows_per_s", "", Unit::kPerSecond, 1);
  add("p50_ms", " p50", Unit::kSeconds, 1e-3);
  add("p99_ms", " p99", Unit::kSeconds, 1e-3);
  return line;
}

// Google Benchmark's own flag, which says so in words where nothing matches.
bool Wanted(const Contender& contender) {
  const std::string filter = benchmark::GetBenchmarkFilter();
  return filter.empty() || filter == "all" || std::regex_search(contender.name, std::regex(filter));
}

// Keeps what each run has measured.
class Recorder : public benchmark::BenchmarkReporter {
 public:
  Recorder(const Experiment& experiment, int round, Journal& journal)
      : experiment_(experiment), round_(round), journal_(journal) {}

  bool ReportContext(const Context& /*context*/) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    Results results;
    for (const Run& run : runs) {
      TakeRun(run, results);
      if (const auto reason = WhyNot(run)) TellWhyNot(run, *reason);
    }
    for (const std::string& contender : results.contenders()) Keep(contender, results);
  }

 private:
  void TellWhyNot(const Run& run, const std::string& reason) {
    const std::string contender = run.run_name.function_name.substr(0, run.run_name.function_name.rfind("/round:"));
    journal_.WhyNot(experiment_.name, contender, reason);
    std::cerr << "  not run: " << reason;
  }

  void Keep(const std::string& contender, const Results& results) {
    const std::map<std::string, double> values = results.Values(contender, round_);
    for (const auto& [metric, value] : values) {
      journal_.Value(experiment_.name, contender, metric, round_, value);
    }
    std::cerr << Headline(values);
  }

  const Experiment& experiment_;
  const int round_;
  Journal& journal_;
};

class Rounds {
 public:
  Rounds(const Experiment& experiment, const std::vector<Contender>& contenders, const Allowance& allowance, int former,
         Journal& journal)
      : experiment_(experiment), contenders_(contenders), allowance_(allowance), former_(former), journal_(journal) {}

  void Run() {
    for (int done = 0; Remains(former_ + done + 1) && MayGoOn(done); ++done) {
      const auto start = std::chrono::steady_clock::now();
      journal_.BeginRound(experiment_.name, former_ + done + 1);
      RunRound(former_ + done + 1);
      const double seconds = SecondsSince(start);
      longest_ = std::max(longest_, seconds);
      journal_.Round(experiment_.name, former_ + done + 1, seconds + (done == 0 ? allowance_.set_up : 0));
    }
    journal_.Done(experiment_.name);
  }

 private:
  double Elapsed() const { return allowance_.set_up + SecondsSince(begin_); }

  bool MayGoOn(int done) const { return done == 0 || plan_.Another(former_ + done, Elapsed(), longest_); }

  static bool RunsIn(int round, const Contender& contender) {
    return Wanted(contender) && (!contender.once || round == 1);
  }

  bool Remains(int round) const {
    return std::ranges::any_of(contenders_, [&](const Contender& contender) { return RunsIn(round, contender); });
  }

  // Every other round goes backwards, so that no contender always follows the same one.
  void RunRound(int round) {
    std::vector<const Contender*> order;
    for (const Contender& contender : contenders_) {
      if (RunsIn(round, contender)) order.push_back(&contender);
    }
    if (round % 2 == 0) std::ranges::reverse(order);
    for (const Contender* contender : order) {
      Announce(*contender, round);
      Recorder recorder(experiment_, round, journal_);
      RunOnce(*contender, round, recorder);
      std::cerr << "\n";
    }
  }

  void Announce(const Contender& contender, int round) const {
    const double elapsed = allowance_.elapsed + Elapsed();
    const double left = std::max(allowance_.slice - Elapsed(), 0.0) + allowance_.later;
    const int rounds = std::max(plan_.Expected(round - 1, Elapsed(), longest_), round);
    std::cerr << fmt::format("[{:3.0f} %, {} left] {} {}/{}  {:<28}", 100 * elapsed / (elapsed + left),
                             MinutesAndSeconds(left), experiment_.name, round, rounds, contender.name);
  }

  const Experiment& experiment_;
  const std::vector<Contender>& contenders_;
  const Allowance allowance_;
  const RoundsPlan plan_{allowance_.slice};
  const int former_;
  Journal& journal_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double longest_ = 0;
};

}  // namespace

void RunRounds(const Experiment& experiment, const std::vector<Contender>& contenders, const Allowance& allowance,
               int former_rounds, Journal& journal) {
  Rounds(experiment, contenders, allowance, former_rounds, journal).Run();
}

}  // namespace bxb::bench::report
