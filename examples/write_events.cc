// Writes usage events in the four ways that a Writer offers, and prints what became of them.

#include <atomic>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"

namespace {

const bxb::Uuid kOrganization = *bxb::Uuid::Parse("6f1c1f0e-0c5d-4b6e-9a53-0e6a0a3a6c11");

// An event views its texts: what they point to must live until the event is written.
bxb::Event ApiCalls(std::string_view transaction_id, double calls) {
  return {.organization_id = kOrganization,
          .transaction_id = transaction_id,
          .external_customer_id = "cust_7",
          .code = "api_calls",
          .timestamp = absl::Now(),
          .properties = R"({"region":"eu"})",
          .value = calls};
}

// 1. Block until the event is durable: the simplest, for a caller that has to answer somebody.
void WriteOne(bxb::EventWriter& writer) {
  const bxb::Event event = ApiCalls("txn_42", 3);
  std::cout << "one event:            " << writer.WriteDurable(event) << "\n";
  std::cout << "the same again:       " << writer.WriteDurable(event) << "\n";
  bxb::Event broken = ApiCalls("txn_43", 3);
  broken.properties = "[1, 2]";
  std::cout << "with bad properties:  " << writer.WriteDurable(broken) << "\n";
}

// 2. A batch at once: the answers stand in the order of the events.
void WriteSeveral(bxb::EventWriter& writer) {
  const std::vector<bxb::Event> events = {ApiCalls("txn_44", 1), ApiCalls("txn_42", 3), ApiCalls("txn_45", 2)};
  for (const bxb::Outcome& outcome : writer.WriteBatch(events))
    std::cout << "one of a batch:       " << outcome << "\n";
}

// 3. Write many, then flush: the fastest, where one report for all of them is enough.
absl::Status WriteMany(bxb::EventWriter& writer) {
  for (int i = 0; i < 1000; ++i) {
    // Write copies the text before it returns: a temporary will do.
    auto ticket = writer.Write(ApiCalls("many_" + std::to_string(i), 1));
    if (!ticket.ok()) return ticket.status();
  }
  const bxb::FlushReport report = writer.Flush(absl::Seconds(30));
  std::cout << "a thousand, flushed:  " << report << "\n";
  return report.last_error;
}

// 4. A callback for each, called once, on one of the writer's threads: for hosts with an event loop.
absl::Status WriteWithCallbacks(bxb::EventWriter& writer) {
  // A callback may come as late as the writer's destructor: what it uses must live as long.
  const auto stored = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 1000; ++i) {
    absl::Status taken = writer.Write(ApiCalls("callback_" + std::to_string(i), 1),
                                      [stored](const bxb::Outcome& outcome) { *stored += outcome.stored(); });
    if (!taken.ok()) return taken;
  }
  const bxb::FlushReport report = writer.Flush(absl::Seconds(30));
  std::cout << "by their callbacks:   " << *stored << " of 1000 stored\n";
  return report.last_error;
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv, "Writes events into the table example_events in four ways.",
                                    {examples::kDsnFlag});
  auto database = examples::Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());

  auto writer = bxb::EventWriter::Open({.dsn = database->dsn(), .table = "example_events", .create_table = true});
  if (!writer.ok()) return flags.Fail(writer.status());
  WriteOne(**writer);
  WriteSeveral(**writer);
  if (absl::Status status = WriteMany(**writer); !status.ok()) return flags.Fail(status);
  if (absl::Status status = WriteWithCallbacks(**writer); !status.ok()) return flags.Fail(status);

  // The destructor would abandon what is still on its way: Close commits it and reports.
  const bxb::FlushReport last = (*writer)->Close(absl::Seconds(30));
  if (!last.all_stored()) return flags.Fail(last.last_error);
  std::cout << "in all:               " << (*writer)->stats() << "\n";
}
