// A table that does not decay: events in daily partitions that come and go by themselves.
//
// Makes the table from a description, loads a file into it (each event into the partition of its day, which is created
// when it is missing), shows what came where, and tells what retention would take away.

#include <filesystem>
#include <iostream>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/format.h"
#include "support/load.h"

namespace {

using examples::Database;

constexpr absl::Duration kEveryTime = absl::InfiniteDuration();

absl::Status ShowDays(const Database& database, const std::string& table) {
  auto days = database.Query(
      "SELECT (timestamp AT TIME ZONE 'UTC')::date AS day, tableoid::regclass AS partition, count(*) AS events FROM " +
      examples::QuoteTable(table) + " GROUP BY 1, 2 ORDER BY 1, 2");
  if (!days.ok()) return days.status();
  examples::PrintTable(std::cout, *days);
  return absl::OkStatus();
}

absl::Status Run(const Database& database, const std::string& file, const std::string& table) {
  // What a table looks like is said once, and made so as often as you like: what is there stays as it is.
  const bxb::Layout layout = {.table = table,
                              .partition_by = bxb::PartitionInterval::kDay,
                              .indexes = bxb::IndexProfile::kLean,
                              .dedup = bxb::DedupScope::kGlobal};
  if (absl::Status applied = bxb::ApplyLayout(database.dsn(), layout); !applied.ok()) return applied;

  // Events of years ago are what the window of accepted times would keep out.
  std::cout << "1. Load " << file << " into " << table << "\n";
  auto loaded = examples::Load(
      file, {.dsn = database.dsn(), .table = table, .partitions = {.oldest = kEveryTime, .newest = kEveryTime}});
  if (!loaded.ok()) return loaded.status();
  std::cout << *loaded << "\n";
  if (absl::Status shown = ShowDays(database, table); !shown.ok()) return shown;

  std::cout << "\n2. What a writer makes of that table\n";
  auto report = bxb::Inspect<bxb::Event>(database.dsn(), table);
  if (!report.ok()) return report.status();
  std::cout << *report;

  std::cout << "\n3. What keeping 90 days would take away (a dry run: nothing is)\n";
  auto maintained = bxb::MaintainPartitions(database.dsn(), table, {.keep = 90}, /*dry_run=*/true);
  if (!maintained.ok()) return maintained.status();
  std::cout << *maintained;
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv, "Loads a file of usage events into daily partitions.",
                                    {examples::kDsnFlag,
                                     {"file", "PATH", "the events, NDJSON; .gz or plain (required)"},
                                     {"table", "NAME", "made where there is none; default: daily_events"}});
  const auto file = flags.Get("file");
  if (!file) flags.Misuse("--file is missing");
  auto database = Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());
  const absl::Status status = Run(*database, *file, flags.Get("table", "daily_events"));
  return status.ok() ? 0 : flags.Fail(status);
}
