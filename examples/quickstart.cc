// The whole of it in a minute: loads a file of events, shows what they add up to, loads the file again to
// show that nothing counts twice, and measures.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <thread>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/format.h"
#include "support/load.h"
#include "support/measure.h"

namespace {

using examples::Database;
using examples::WithCommas;

/// 200,000 real events where they are at hand, else the small sample that ships with this program.
std::string DefaultFile() {
  const std::filesystem::path root = BXB_SOURCE_DIR;
  const auto flights = root / "../shared/data/flights-200k.ndjson.gz";
  std::error_code ignored;
  const auto file = std::filesystem::exists(flights, ignored) ? flights : root / "examples/data/sample.ndjson";
  return std::filesystem::relative(file).string();
}

absl::Status PrintServer(const Database& database) {
  auto version = database.Query("SHOW server_version");
  if (!version.ok()) return version.status();
  std::cout << "PostgreSQL " << (*version)[1][0].substr(0, (*version)[1][0].find(' ')) << ", "
            << std::thread::hardware_concurrency() << " cores, server and client "
            << (database.is_throwaway() ? "share them" : "may share them") << "\n";
  return absl::OkStatus();
}

absl::StatusOr<examples::TextTable> Totals(const Database& database, const std::string& table) {
  return database.Query("SELECT code, count(*) AS events, sum(value) AS \"sum(value)\" FROM " +
                        examples::QuoteTable(table) + " GROUP BY code ORDER BY code");
}

absl::Status LoadTwice(const Database& database, const std::string& file, const bxb::WriterOptions& options) {
  std::cout << "\n1. Load " << file << " into the table " << options.table << "\n";
  auto first = examples::Load(file, options);
  if (!first.ok()) return first.status();
  std::cout << *first << "\n";
  auto totals = Totals(database, options.table);
  if (!totals.ok()) return totals.status();
  examples::PrintTable(std::cout, *totals);

  std::cout << "\n2. Load the same file again\n";
  auto second = examples::Load(file, options);
  if (!second.ok()) return second.status();
  std::cout << *second;
  auto again = Totals(database, options.table);
  if (!again.ok()) return again.status();
  if (*again != *totals) return absl::DataLossError("the totals have changed");
  std::cout << "    the totals are the same: nothing counted twice\n";
  return absl::OkStatus();
}

absl::Status MeasureInOwnTable(const Database& database, bxb::WriterOptions options, std::uint64_t count) {
  options.table = "quickstart_measure_" + std::to_string(absl::ToUnixMicros(absl::Now()));
  std::cout << "\n3. Measure " << WithCommas(count) << " generated events, " << WithCommas(examples::kOutstanding)
            << " of them unacknowledged at a time\n";
  const auto measured = examples::Measure(options, count);
  const auto dropped = database.Query("DROP TABLE IF EXISTS " + examples::QuoteTable(options.table));
  if (!measured.ok()) return measured.status();
  if (!dropped.ok()) return dropped.status();
  const auto& latency = measured->stats.ack_latency;
  std::cout << "    " << examples::PerSecond(measured->stored, measured->elapsed) << ", each acknowledged within "
            << examples::Milliseconds(latency.p50) << " (p50), " << examples::Milliseconds(latency.p99) << " (p99), in "
            << WithCommas(measured->stats.batches) << " commits\n"
            << "    the last one's outcome: " << measured->last << "\n";
  return absl::OkStatus();
}

absl::Status Run(const Database& database, const examples::CommandLine& flags) {
  // A file comes faster than any server takes it, and whatever waits in line adds to the time until it is
  // acknowledged: a short line, of smaller batches than the default's.
  const bxb::WriterOptions options = {.dsn = database.dsn(),
                                      .table = flags.Get("table", "quickstart_events"),
                                      .create_table = true,
                                      .batch_rows = 2'000,
                                      .batch_bytes = std::size_t{512} << 10,
                                      .memory_bytes = std::size_t{4} << 20,
                                      .application_name = "bxb quickstart"};
  if (absl::Status status = PrintServer(database); !status.ok()) return status;
  if (absl::Status status = LoadTwice(database, flags.Get("file", DefaultFile()), options); !status.ok()) return status;
  const std::uint64_t count = flags.GetNumber("measure", database.is_throwaway() ? 1'000'000 : 0);
  if (count > 0) {
    if (absl::Status status = MeasureInOwnTable(database, options, count); !status.ok()) return status;
  }
  std::cout << "\nWhat next\n"
               "    README.md            the shortest program, and what an acknowledgement proves\n"
               "    examples/            the programs to copy: this one, request handlers, your own row type\n"
               "    docs/delivery.md     what happens to an event when something fails\n";
  if (!database.is_throwaway()) std::cout << "The table " << options.table << " stays: drop it when you are done.\n";
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(
      argc, argv, "Loads a file of usage events twice, shows the totals, and measures.",
      {examples::kDsnFlag,
       {"file", "PATH", "events, NDJSON, plain or .gz; default: ../shared/data/flights-200k.ndjson.gz or a sample"},
       {"table", "NAME", "where the file goes; default: quickstart_events, made where there is none"},
       {"measure", "N",
        "how many generated events to measure with, in a table that is dropped afterwards;\n"
        "                  default: 1000000, with --dsn 0"}});
  auto database = Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());
  const absl::Status status = Run(*database, flags);
  return status.ok() ? 0 : flags.Fail(status);
}
