#include "chaos/read_checker.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace bxb::chaos {
namespace {

constexpr absl::Duration kStaleness = absl::Milliseconds(500);

constexpr const char* kLastSql =
    "SELECT value::bigint FROM events WHERE external_customer_id = $1 ORDER BY timestamp DESC LIMIT 1";

constexpr ReadPolicy kPolicies[] = {ReadPolicy::kPreferReplica, ReadPolicy::kPreferReplica, ReadPolicy::kLeastLatency,
                                    ReadPolicy::kRoundRobin, ReadPolicy::kPrimaryOnly};

}  // namespace

ReadChecker::ReadChecker(std::uint64_t seed, Reader& reader, const ReadStream& stream, ReadCounts& counts,
                         Findings& findings)
    : random_(seed), reader_(reader), stream_(stream), counts_(counts), findings_(findings), thread_([this] {
        Run();
      }) {}

ReadChecker::~ReadChecker() {
  stopped_ = true;
  thread_.join();
}

void ReadChecker::Run() {
  while (!stopped_) {
    if (stream_.last().number == 0) continue;
    const auto drawn = random_() % 10;
    if (drawn == 0) {
      ReadOn();
    } else if (drawn <= 2) {
      ReadWithStaleness();
    } else {
      ReadWithToken();
    }
  }
}

ReadOptions ReadChecker::Drawn() {
  return {.policy = kPolicies[random_() % std::size(kPolicies)],
          .wait = absl::Milliseconds(random_() % 50),
          .timeout = absl::Seconds(20)};
}

void ReadChecker::ReadWithToken() {
  const ReadStream::Written written = stream_.last();
  ReadOptions options = Drawn();
  options.at_least = written.token;
  Expect("with a token", Read(options), written.number);
  ++counts_.with_token;
}

void ReadChecker::ReadWithStaleness() {
  const std::int64_t least =
      stream_.AcknowledgedBy(std::chrono::steady_clock::now() - absl::ToChronoNanoseconds(kStaleness));
  ReadOptions options = Drawn();
  options.max_staleness = kStaleness;
  Expect("with a staleness bound", Read(options), least);
  ++counts_.with_staleness;
}

void ReadChecker::ReadOn() {
  ReadOptions options = Drawn();
  options.at_least = seen_.empty() ? stream_.last().token : seen_;
  const std::int64_t number = Read(options);
  if (!succeeded_) return;
  Expect("that goes on", number, number_);
  number_ = std::max(number, number_);
  seen_ = report_.token;
  ++counts_.going_on;
}

std::int64_t ReadChecker::Read(const ReadOptions& options) {
  std::int64_t number = 0;
  const auto take = [&](TextRow row) {
    std::from_chars(row[0]->data(), row[0]->data() + row[0]->size(), number);
    return absl::OkStatus();
  };
  const auto start = std::chrono::steady_clock::now();
  auto report = reader_.Query(kLastSql, {stream_.customer()}, take, options);
  const std::int64_t took = absl::ToInt64Microseconds(absl::FromChrono(std::chrono::steady_clock::now() - start));
  for (auto longest = counts_.longest_us.load(); longest < took;) {
    if (counts_.longest_us.compare_exchange_weak(longest, took)) break;
  }
  succeeded_ = report.ok();
  if (!report.ok()) {
    findings_.Add("a read failed: " + std::string(report.status().message()));
    return 0;
  }
  report_ = *std::move(report);
  if (report_.attempts > 1) ++counts_.retried;
  return number;
}

void ReadChecker::Expect(const char* what, std::int64_t seen, std::int64_t least) {
  if (seen >= least || !succeeded_) return;
  std::ostringstream text;
  text << "a read " << what << " of " << stream_.customer() << " saw " << seen << ", not " << least << ", on "
       << report_.endpoint << " (" << Name(report_.role) << ") at " << report_.token;
  findings_.Add(text.str());
}

}  // namespace bxb::chaos
