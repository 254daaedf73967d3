#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "support/report.h"
#include "support/server.h"

namespace bxb::bench {

/// One way to do the work, run once in each round.
struct Contender {
  std::string name;
  std::function<void(benchmark::State&)> run;
  bool once = false;  ///< in the first round only
};

/// Runs a contender by itself, as one of a round; `reporter` hears of it, the name being "name/round:N".
void RunOnce(const Contender& contender, int round, benchmark::BenchmarkReporter& reporter);

using PrintTargets = void (*)(const Results& results, std::ostream& out);

/// Runs every contender once a round, and prints what came of it: a change in the machine's mood meets all of them.
/// Every other round goes backwards, so that no contender always follows the same one. Progress is shown on stderr.
/// Without columns there is no table but what `print_targets` prints.
Results RunRounds(const std::vector<std::vector<Contender>>& parts, int rounds, std::span<const Column> columns,
                  PrintTargets print_targets);

/// Times `work`, which is about so many rows; returns the seconds.
double MeasureWork(benchmark::State& state, Server& server, std::size_t rows, const std::function<void()>& work);

/// Times `work` on cleared tables, and checks that it left `rows` rows in `table`.
void MeasureRows(benchmark::State& state, Server& server, Table table, std::size_t rows,
                 const std::function<void()>& work);

/// Times `work` on an empty `table`, and checks that it left `rows` rows there.
void MeasureInto(benchmark::State& state, Server& server, const std::string& table, std::size_t rows,
                 const std::function<void()>& work);

/// Times `work`, which is about so many rows, by what this thread spends on a core: other processes on a busy
/// machine do not count.
void MeasureCore(benchmark::State& state, std::size_t rows, const std::function<void()>& work);

/// Seconds that `work` takes.
double SecondsOf(const std::function<void()>& work);

}  // namespace bxb::bench
