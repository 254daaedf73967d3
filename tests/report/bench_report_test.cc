// The program as people start, interrupt and kill it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pq/deadline.h"
#include "report/svg_reader.h"
#include "support/shared_server.h"
#include "support/sql.h"
#include "support/temporary_folder.h"
#include "testing/file_descriptor.h"
#include "testing/process.h"

namespace bxb::bench::report {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::FreshDatabase;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::SqlValue;
using ::testing::StartsWith;

using Arguments = std::vector<std::string>;

#if defined(NDEBUG) && defined(__OPTIMIZE__)
constexpr bool kOptimized = true;
#else
constexpr bool kOptimized = false;
#endif

constexpr absl::Duration kPatience = absl::Seconds(150);

// One round, and seven of a second or so.
const Arguments kShort = {"--filter=^copy$", "--scale=0.01", "--time-budget=1s"};
const Arguments kLong = {"--filter=^copy$", "--scale=0.2", "--time-budget=10m"};

Arguments operator+(Arguments arguments, const Arguments& others) {
  arguments.insert(arguments.end(), others.begin(), others.end());
  return arguments;
}

Arguments On(const std::string& dsn) { return {"--dsn=" + dsn}; }

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

testing::FileDescriptor FileOf(std::string_view text) {
  testing::FileDescriptor file(::memfd_create("text", MFD_CLOEXEC));
  if (::write(file.get(), text.data(), text.size()) < 0) std::abort();
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// A folder for the page, and for all that the program keeps on disk.
class Workplace {
 public:
  const std::string& path() const { return folder_.path(); }
  std::string Out(std::string_view file) const { return fmt::format("{}/out/{}", path(), file); }
  std::string Results() const { return Read(Out("results.tsv")); }

  std::set<std::string> Entries() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path())) names.insert(entry.path().filename());
    return names;
  }

 private:
  testing::TemporaryFolder folder_;
};

class Program {
 public:
  Program(const Workplace& workplace, const Arguments& arguments, std::string_view answer = "")
      : workplace_(workplace), output_(FileOf("")) {
    const Arguments command = {"/usr/bin/env", "TMPDIR=" + workplace.path(), BXB_BENCH_REPORT,
                               "--out=" + workplace.path() + "/out"};
    const testing::FileDescriptor input = FileOf(answer);
    pid_ = testing::Spawn(command + arguments, testing::Account::Own(), input.get(), output_.get()).value();
  }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  ~Program() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }
  std::string Output() const { return Read(fmt::format("/proc/self/fd/{}", output_.get())); }

  // The exit code; -1 where a signal has ended it.
  int Wait() {
    const int status = testing::WaitForExit(pid_, pq::After(kPatience)).value();
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // Whether a round came to its end in time, while the program goes on.
  bool WaitForRound() const {
    const pq::Deadline deadline = pq::After(kPatience);
    while (workplace_.Results().find("\tround\t1\t") == std::string::npos) {
      const auto now = pq::Deadline::clock::now();
      if (now > deadline || testing::WaitUntilGone({pid_}, now).ok()) return false;
      ::usleep(5'000);
    }
    return true;
  }

 private:
  const Workplace& workplace_;
  testing::FileDescriptor output_;
  pid_t pid_ = 0;
};

std::vector<pid_t> DescendantsOf(pid_t pid) {
  std::vector<pid_t> all = testing::ChildrenOf(pid);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::vector<pid_t> children = testing::ChildrenOf(all[i]);
    all.insert(all.end(), children.begin(), children.end());
  }
  return all;
}

// Waits until no server's folder is left.
void ExpectNoServerSoon(const Workplace& workplace) {
  const pq::Deadline deadline = pq::After(kPatience);
  const auto servers = [&] {
    std::set<std::string> names = workplace.Entries();
    std::erase_if(names, [](const std::string& name) { return name == "out"; });
    return names;
  };
  while (!servers().empty() && pq::Deadline::clock::now() < deadline) ::usleep(5'000);
  EXPECT_THAT(servers(), IsEmpty());
}

std::string SchemasOf(const std::string& dsn) {
  return SqlValue(dsn, "SELECT count(*) FROM pg_namespace WHERE nspname = 'bxb_report'");
}

void ExpectClaimAnswered(const Workplace& workplace) {
  const std::string markdown = Read(workplace.Out("report.md"));
  const std::string html = Read(workplace.Out("report.html"));
  EXPECT_THAT(markdown, ContainsRegex("\n\\| 2 \\| COPY, one connection, no index \\| 100,000/s \\| (~~)?[1-9]"));
  EXPECT_THAT(html,
              ContainsRegex("<td>COPY, one connection, no index</td><td[^>]*>100,000/s</td><td[^>]*>(<s>)?[1-9]"));
  EXPECT_THAT(html, AllOf(StartsWith("<!doctype html>"), EndsWith("</html>\n")));
  for (const std::string& page : {markdown, html}) {
    EXPECT_EQ(page.find("NOT VALID") == std::string::npos, kOptimized) << page;
  }
}

TEST(BenchReport, AnswersItsClaimsOnAPage) {
  const Workplace workplace;
  Program program(workplace, kShort + Arguments{"--fresh"});
  EXPECT_EQ(program.Wait(), 0) << program.Output();
  EXPECT_THAT(program.Output(), HasSubstr("\nfinished after "));
  ExpectClaimAnswered(workplace);
  EXPECT_THAT(workplace.Results(), AllOf(HasSubstr("\ncopy\tdone\n"), EndsWith("\ncomplete\n")));
  EXPECT_THAT(workplace.Entries(), ElementsAre("out"));
}

TEST(BenchReport, SaysThatNoExperimentIsCalledSo) {
  const Workplace workplace;
  Program program(workplace, {"--filter=^no_such$"});
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_THAT(program.Output(), HasSubstr("no experiment's name matches ^no_such$"));
  EXPECT_THAT(workplace.Entries(), IsEmpty());
}

TEST(BenchReport, GoesOnWhereItWasKilledAndLeavesNoServer) {
  const Workplace workplace;
  Program killed(workplace, kLong);
  ASSERT_TRUE(killed.WaitForRound()) << killed.Output();
  const std::vector<pid_t> pids = DescendantsOf(killed.pid());
  EXPECT_GE(pids.size(), 6);
  ::kill(killed.pid(), SIGKILL);
  EXPECT_EQ(killed.Wait(), -1);
  EXPECT_EQ(testing::WaitUntilGone(pids, pq::After(kPatience)), absl::OkStatus());
  ExpectNoServerSoon(workplace);
  const std::string before = workplace.Results();
  ASSERT_THAT(before, Not(HasSubstr("done")));

  Program next(workplace, kLong);
  EXPECT_EQ(next.Wait(), 0) << next.Output();
  EXPECT_THAT(next.Output(), HasSubstr("going on with " + workplace.Out("results.tsv")));
  const std::string results = workplace.Results();
  EXPECT_THAT(results, StartsWith(before.substr(0, before.rfind('\n') + 1)));
  EXPECT_THAT(All(results, "\ncopy\tround\t([0-9]+)\t"), ElementsAre("1", "2", "3", "4", "5", "6", "7"));
  EXPECT_THAT(results, EndsWith("\ncopy\tdone\ncomplete\n"));
  ExpectClaimAnswered(workplace);
  ExpectNoServerSoon(workplace);
}

TEST(BenchReport, DoesNothingToAUsersServerWithoutAYes) {
  const std::string dsn = FreshDatabase();
  for (const char* answer : {"n\n", "\n", ""}) {
    const Workplace workplace;
    Program program(workplace, kShort + On(dsn), answer);
    EXPECT_EQ(program.Wait(), 1);
    EXPECT_THAT(program.Output(), AllOf(HasSubstr("Go on? [y/N] "), HasSubstr("nothing was done")));
    EXPECT_THAT(program.Output(), HasSubstr(SqlValue(dsn, "SELECT current_database()")));
    EXPECT_EQ(SchemasOf(dsn), "0");
    EXPECT_EQ(workplace.Results(), "");
  }
}

TEST(BenchReport, LeavesNoSchemaOnAUsersServer) {
  const Workplace workplace;
  const std::string dsn = FreshDatabase();
  Program program(workplace, kShort + On(dsn), "y\n");
  EXPECT_EQ(program.Wait(), 0) << program.Output();
  EXPECT_EQ(SchemasOf(dsn), "0");
  EXPECT_THAT(program.Output(), HasSubstr("Go on? [y/N] "));
  ExpectClaimAnswered(workplace);
  EXPECT_THAT(Read(workplace.Out("report.md")), AllOf(HasSubstr("--dsn=..."), Not(HasSubstr(dsn))));
}

TEST(BenchReport, AnInterruptLeavesAPageAndNoSchema) {
  const Workplace workplace;
  const std::string dsn = FreshDatabase();
  Program program(workplace, kLong + On(dsn) + Arguments{"--yes"});
  ASSERT_TRUE(program.WaitForRound()) << program.Output();
  EXPECT_EQ(SchemasOf(dsn), "1");
  ::kill(-program.pid(), SIGINT);  // to the experiment's process, too, as a terminal does
  EXPECT_EQ(program.Wait(), 130) << program.Output();
  EXPECT_THAT(program.Output(), AllOf(HasSubstr("interrupted (start it again to go on)"), Not(HasSubstr("[y/N]"))));
  EXPECT_EQ(SchemasOf(dsn), "0");
  EXPECT_THAT(workplace.Results(), Not(HasSubstr("complete")));
  EXPECT_THAT(workplace.Entries(), ElementsAre("out"));
  ExpectClaimAnswered(workplace);
}

}  // namespace
}  // namespace bxb::bench::report
