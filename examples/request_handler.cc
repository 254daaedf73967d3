// Acknowledges usage inside a request handler: 200 is sent only when the event is in the table, on disk.
// Many threads share one writer, and their events share its commits.

#include <array>
#include <atomic>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/format.h"

namespace {

const bxb::Uuid kOrganization = *bxb::Uuid::Parse("0b0e7f4e-6c0e-4f0a-8f5e-3d1f0f6f2a77");

/// What a client sends. It makes up the idempotency key, and sends it again with each retry.
struct Request {
  std::string idempotency_key;
  std::string customer;
  std::string body;
};

enum Answer { kOk = 200, kBadRequest = 400, kTryAgain = 503 };

/// The part to copy.
Answer Handle(bxb::EventWriter& writer, const Request& request) {
  const bxb::Outcome outcome = writer.WriteDurable({.organization_id = kOrganization,
                                                    .transaction_id = request.idempotency_key,
                                                    .external_customer_id = request.customer,
                                                    .code = "api_calls",
                                                    .timestamp = absl::Now(),
                                                    .properties = request.body,
                                                    .value = 1},
                                                   absl::Seconds(2));
  switch (outcome.kind) {
    case bxb::Outcome::Kind::kInserted:
    case bxb::Outcome::Kind::kDuplicate:  // a retry of what is there already: counted once, and that is fine
      return kOk;
    case bxb::Outcome::Kind::kRejected:  // refused for what it is, or only for now: no memory, no server
      return absl::IsInvalidArgument(outcome.status) ? kBadRequest : kTryAgain;
    case bxb::Outcome::Kind::kUnknown:  // no answer in two seconds: the retry finds out, under the same key
      break;
  }
  return kTryAgain;
}

/// Counts answers by their code.
class Tally {
 public:
  void Add(Answer answer) { ++counts_[answer / 100]; }
  int of(Answer answer) const { return counts_[answer / 100]; }

 private:
  std::array<std::atomic<int>, 6> counts_{};
};

constexpr int kThreads = 64;
constexpr int kRequests = 100;

/// One client's session: good requests, each tenth of them sent twice, and a bad one at the end.
void Serve(bxb::EventWriter& writer, int client, Tally& tally) {
  const std::string name = std::to_string(client);
  for (int i = 0; i < kRequests; ++i) {
    const Request request = {name + "-" + std::to_string(i), "cust_" + name, R"({"path":"/v1/items"})"};
    tally.Add(Handle(writer, request));
    if (i % 10 == 9) tally.Add(Handle(writer, request));
  }
  tally.Add(Handle(writer, {name + "-broken", "cust_" + name, R"({"path":)"}));
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv, "Serves requests on 64 threads, into the table example_requests.",
                                    {examples::kDsnFlag});
  auto database = examples::Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());
  auto writer = bxb::EventWriter::Open({.dsn = database->dsn(), .table = "example_requests", .create_table = true});
  if (!writer.ok()) return flags.Fail(writer.status());

  Tally tally;
  const absl::Time start = absl::Now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { Serve(**writer, i, tally); });
  }
  const absl::Duration elapsed = absl::Now() - start;

  const bxb::FlushReport report = (*writer)->Close(absl::Seconds(30));
  const bxb::WriterStats stats = (*writer)->stats();
  std::cout << kThreads << " threads, answered 200: " << tally.of(kOk) << ", 400: " << tally.of(kBadRequest)
            << ", 503: " << tally.of(kTryAgain) << "\n"
            << report << "\n"
            << examples::PerSecond(stats.accepted, elapsed) << " in " << stats.batches
            << " commits; acknowledged within " << examples::Milliseconds(stats.ack_latency.p50) << " (p50), "
            << examples::Milliseconds(stats.ack_latency.p99) << " (p99)\n";
  return report.all_stored() ? 0 : flags.Fail(report.last_error);
}
