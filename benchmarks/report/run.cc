#include "report/run.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>

#include "report/out_folder.h"
#include "report/plan.h"
#include "report/rounds.h"

namespace bxb::bench::report {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "it is set by a signal handler");

// An experiment that hangs is ended: its rounds stop by themselves long before.
double Deadline(double slice) { return 3 * slice + 120; }

double Later(std::span<const double> weights, double left) { return std::max(left - Slice(weights, left), 0.0); }

void Measure(const Experiment& experiment, const Ground& ground, Allowance allowance, Journal& journal) {
  OnDeath([&](std::string_view why) { journal.NotRun(experiment.name, why); });
  const int former = journal.Read()[std::string(experiment.name)].rounds;
  std::cerr << fmt::format("{}: {}\n", experiment.name, experiment.title);
  absl::StatusOr<std::vector<Contender>> contenders;
  allowance.set_up = SecondsOf([&] { contenders = experiment.set_up(ground); });
  if (!contenders.ok()) {
    journal.NotRun(experiment.name, std::string(contenders.status().message()));
    std::cerr << "  not run: " << std::string(contenders.status().message()) << "\n";
    return;
  }
  RunRounds(experiment, *contenders, allowance, former, journal);
}

// In the new process: it has nothing to clean up but what the experiment holds.
[[noreturn]] void BeExperiment(const Experiment& experiment, const Ground& ground, const Allowance& allowance,
                               Journal& journal, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) std::_Exit(1);                             // it has died before
  for (const int number : {SIGINT, SIGHUP}) signal(number, SIG_IGN);  // a terminal tells both; the parent decides
  signal(SIGTERM, SIG_DFL);
  Measure(experiment, ground, allowance, journal);
  std::_Exit(0);
}

std::string Await(pid_t child, double seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const bool late = std::chrono::steady_clock::now() > deadline;
    if (late || interrupted) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return late ? fmt::format("was ended after {} minutes", MinutesAndSeconds(seconds)) : "interrupted";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!WIFEXITED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

double Budget::Spent() const {
  return spent_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void TakeInterrupts() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, [](int) { interrupted = true; });
  signal(SIGPIPE, SIG_IGN);  // whoever read what is printed may have gone
}

bool Interrupted() { return interrupted; }

void RunFirst(std::span<const Experiment* const> left, const Ground& ground, const Budget& budget, Journal& journal) {
  const Experiment& experiment = *left.front();
  std::vector<double> weights;
  for (const Experiment* each : left) weights.push_back(each->weight);
  const Allowance allowance{
      .slice = Slice(weights, budget.Left()), .later = Later(weights, budget.Left()), .elapsed = budget.Spent()};
  MakeFolder(ground.folder);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) Die("fork failed");
  if (child == 0) BeExperiment(experiment, ground, allowance, journal, parent);
  const std::string why = Await(child, Deadline(allowance.slice));
  // What the experiment itself has said is worth more.
  const bool told = !journal.Read()[std::string(experiment.name)].not_run.empty();
  if (!why.empty() && !told && !interrupted) journal.NotRun(experiment.name, why);
  std::error_code ignored;
  std::filesystem::remove_all(ground.folder, ignored);
}

}  // namespace bxb::bench::report
