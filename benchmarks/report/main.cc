// bench_report: the field's figures about PostgreSQL as an event store, reproduced here, beside what bxb does.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "report/experiment.h"
#include "report/options.h"
#include "report/out_folder.h"
#include "report/page.h"
#include "report/plan.h"
#include "report/run.h"
#include "support/events.h"

namespace bxb::bench::report {
namespace {

constexpr const char* kSchema = "bxb_report";

std::vector<const Experiment*> Wanted(const Options& options) {
  const std::regex filter(options.filter);
  std::vector<const Experiment*> wanted;
  for (const Experiment* experiment : Experiments()) {
    if (std::regex_search(std::string(experiment->name), filter)) wanted.push_back(experiment);
  }
  if (wanted.empty()) Die("no experiment's name matches " + options.filter);
  return wanted;
}

// The server that all experiments share: a private one, or the user's, who is asked first.
class SharedServer {
 public:
  explicit SharedServer(const Options& options) {
    if (options.dsn.empty()) {
      own_ = std::make_unique<Server>("");
    } else {
      users_ = {.dsn = options.dsn};
      session_.emplace(options.dsn);
      if (session_->Value(fmt::format("SELECT pg_try_advisory_lock({})", kLock)) != "t") {
        Die("another report runs on this server");
      }
      if (!options.yes) Ask();
    }
  }

  ~SharedServer() {
    if (own_ != nullptr) return;
    Session session(users_.dsn);  // one of its own: that of the lock has been idle for long, and may be gone
    session.Run("SET lock_timeout = '30s'");  // an experiment that was killed may still hold locks for a moment
    DropSchema(session, kSchema);
  }

  SharedServer(const SharedServer&) = delete;
  SharedServer& operator=(const SharedServer&) = delete;

  RunningServer running() const { return own_ == nullptr ? users_ : own_->running(); }

 private:
  void Ask() {
    const std::string where = session_->Value(
        "SELECT format('database %I of %s, as %I', current_database(), coalesce(host(inet_server_addr()), "
        "'this machine'), current_user)");
    std::cerr << fmt::format(
        "This fills the schema {} ({}) with up to some gigabytes of rows, and drops it at the end, with whatever it "
        "held before. It loads the server fully while it runs and, as a superuser, makes checkpoints. Go on? [y/N] ",
        kSchema, where);
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "Y" && answer != "yes") Die("nothing was done (--yes does not ask)");
  }

  static constexpr std::int64_t kLock = 0x627862'7265706f;  // two reports would drop each other's schema

  std::unique_ptr<Server> own_;
  RunningServer users_;
  std::optional<Session> session_;  ///< with the user's server; holds the lock
};

Facts FactsOf(const RunningServer& server) {
  Session session(server.dsn);
  const EncodedEvents some(Events(1'000).All());
  Facts facts = DescribeEnvironment(session, server.folder, some.row_bytes());
  for (const char* setting : {"wal_buffers", "wal_compression", "work_mem", "max_parallel_workers_per_gather", "jit"}) {
    facts.emplace_back(setting, session.Value(fmt::format("SELECT current_setting('{}', true)", setting)));
  }
  return facts;
}

// Former results are gone on with only where they were measured alike.
std::string JournalHeading(const Options& options, const std::vector<const Experiment*>& wanted) {
  std::string names;
  for (const Experiment* experiment : wanted) names += fmt::format(" {}", experiment->name);
  const auto built = std::filesystem::last_write_time("/proc/self/exe").time_since_epoch().count();
  return fmt::format("scale {} budget {} server {} built {}:{}", options.scale, options.time_budget,
                     options.dsn.empty() ? "private" : std::to_string(std::hash<std::string>()(options.dsn)), built,
                     names);
}

constexpr bool Optimized() {
#if defined(NDEBUG) && defined(__OPTIMIZE__)
  return true;
#else
  return false;
#endif
}

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) Die(path + " cannot be written");
}

void WritePage(const Page& page, const std::string& folder) {
  MakeFolder(folder + "/plots");
  const std::vector<Block> blocks = Layout(page);
  for (const Block& block : blocks) {
    if (const auto* plot = std::get_if<Plot>(&block)) {
      WriteFile(fmt::format("{}/plots/{}.svg", folder, plot->name), plot->svg);
    }
  }
  WriteFile(folder + "/report.md", Markdown(blocks, "plots"));
  WriteFile(folder + "/report.html", Html(blocks));
}

double SpentBefore(const Journal& journal) {
  double seconds = 0;
  for (const auto& [name, record] : journal.Read()) seconds += record.seconds;
  return seconds;
}

std::vector<const Experiment*> StillToRun(std::vector<const Experiment*> wanted, const Journal& journal) {
  const auto records = journal.Read();
  std::erase_if(wanted, [&](const Experiment* experiment) {
    const auto found = records.find(experiment->name);
    return found != records.end() && found->second.done;
  });
  return wanted;
}

int Run(const Options& options) {
  const std::vector<const Experiment*> wanted = Wanted(options);
  const OutFolder out(options.out);
  std::cerr << (options.dsn.empty() ? "starting a private server ...\n" : "");
  const SharedServer server(options);
  Budget budget{.seconds = options.time_budget};  // whoever is asked may take their time
  TakeInterrupts();
  Page page{.facts = FactsOf(server.running()), .optimized = Optimized(), .command = options.command, .chapters = {}};
  Print(page.facts);
  Journal journal(options.out + "/results.tsv", JournalHeading(options, wanted), options.fresh);
  if (journal.resumed()) std::cerr << "going on with " << journal.path() << " (--fresh begins anew)\n";
  budget.spent_before = SpentBefore(journal);
  const Ground ground{.server = server.running(),
                      .schema = kSchema,
                      .scale = options.scale,
                      .folder = out.work(),
                      .peers = options.peers};
  const std::vector<const Experiment*> left = StillToRun(wanted, journal);
  const auto write = [&](bool complete) {
    page.complete = complete;
    page.chapters = MakeChapters(wanted, journal);
    WritePage(page, options.out);
  };
  write(left.empty());
  for (auto at = left.begin(); at != left.end() && !Interrupted(); ++at) {
    RunFirst({at, left.end()}, ground, budget, journal);
    write(std::next(at) == left.end() && !Interrupted());
  }
  if (!Interrupted()) journal.Complete();
  std::cerr << fmt::format("\n{} after {}: {}/report.md and {}/report.html\n",
                           Interrupted() ? "interrupted (start it again to go on)" : "finished",
                           MinutesAndSeconds(budget.Spent()), options.out, options.out);
  if (Interrupted()) return 130;
  return std::ranges::any_of(page.chapters, [](const Chapter& chapter) { return chapter.rounds > 0; }) ? 0 : 1;
}

}  // namespace
}  // namespace bxb::bench::report

int main(int argc, char** argv) {
  using namespace bxb::bench::report;
  benchmark::Initialize(&argc, argv, PrintUsage);
  const Options options = ParseOptions(argc, argv);
  if (options.list) {
    for (const Experiment* experiment : Experiments())
      std::cout << experiment->name << "  " << experiment->title << "\n";
    return 0;
  }
  // For each connection whose DSN does not say: nothing here waits for ever for a host that does not answer.
  setenv("PGCONNECT_TIMEOUT", "10", 0);  // NOLINT(concurrency-mt-unsafe): no thread has been started yet
  const int status = Run(options);
  benchmark::Shutdown();
  return status;
}
