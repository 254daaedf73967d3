#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "bxb/schema.h"
#include "pq/connection.h"
#include "schema/create.h"
#include "schema/key_table.h"
#include "schema/layout.h"
#include "schema/layout_check.h"
#include "schema/ledger.h"
#include "schema/partition_create.h"

namespace bxb::schema {
namespace {

constexpr absl::Duration kLockTimeout = absl::Milliseconds(500);

absl::Status CreateRoot(pq::Connection& connection, const Layout& layout, pq::Deadline deadline) {
  return CreateIfMissing(connection, QuoteTableName(layout.table), EventsTableDdl(layout, absl::Now()), deadline);
}

absl::Status Differs(const Table& table, const std::vector<std::string>& differences) {
  return absl::FailedPreconditionError(
      fmt::format("table {} differs from the layout: {}", table.sql_name, fmt::join(differences, "; ")));
}

/// What is wrong with the key table, if it is there.
absl::StatusOr<std::vector<std::string>> KeyTableProblems(pq::Connection& connection, const Layout& layout,
                                                          const Table& table, pq::Deadline deadline) {
  if (!HasKeyTable(layout)) return std::vector<std::string>();
  const auto found = FindKeyTable(connection, table, EventKey(), deadline);
  if (found.ok()) return std::vector<std::string>();
  if (!absl::IsFailedPrecondition(found.status())) return found.status();
  return std::vector<std::string>{std::string(found.status().message())};
}

absl::Status CheckExisting(pq::Connection& connection, const Layout& layout, const ExistingTable& existing,
                           pq::Deadline deadline) {
  std::vector<std::string> differences = DifferencesFrom(layout, existing);
  if (differences.empty()) return absl::OkStatus();
  const auto problems = KeyTableProblems(connection, layout, existing.table, deadline);
  if (!problems.ok()) return problems.status();
  differences.insert(differences.end(), problems->begin(), problems->end());
  return Differs(existing.table, differences);
}

absl::Status EnsureKeyTable(pq::Connection& connection, const Layout& layout, const Table& table,
                            pq::Deadline deadline) {
  if (!HasKeyTable(layout)) return absl::OkStatus();
  if (absl::Status known = CheckKeysOfRows(connection, table, EventKey(), deadline); !known.ok()) return known;
  if (absl::Status created = CreateKeyTable(connection, table, EventKey(), deadline); !created.ok()) return created;
  const auto problems = KeyTableProblems(connection, layout, table, deadline);
  if (!problems.ok()) return problems.status();
  return problems->empty() ? absl::OkStatus() : Differs(table, *problems);
}

absl::Status EnsureLedger(pq::Connection& connection, const Layout& layout, const Table& table, pq::Deadline deadline) {
  if (layout.dedup != DedupScope::kNone) return absl::OkStatus();
  if (absl::Status created = CreateLedger(connection, table, deadline); !created.ok()) return created;
  const auto ledger = FindLedger(connection, table, deadline);
  if (!ledger.ok() || ledger->has_value()) return ledger.status();
  return absl::FailedPreconditionError(
      fmt::format("\"{}\" in the schema of {} is no ledger that this role can use", kLedgerName, table.sql_name));
}

std::vector<TimeRange> MissingRanges(const Layout& layout, const PartitionMap& map) {
  std::vector<TimeRange> ranges = RangesAround(*layout.partition_by, absl::Now(), layout.behind, layout.ahead);
  std::erase_if(ranges, [&](const TimeRange& range) { return map.Find(ToPgMicros(range.from)).has_value(); });
  return ranges;
}

// Each attempt waits for lock_timeout itself.
absl::StatusOr<std::vector<PartitionChange>> CreateRanges(pq::Connection& connection, const Table& table,
                                                          const std::vector<TimeRange>& ranges, pq::Deadline deadline) {
  auto by = FindTimePartitioning(connection, table, std::string(kEventTime), deadline);
  if (!by.ok()) return by.status();
  if (!by->has_value()) return absl::AbortedError(fmt::format("table {} has changed meanwhile", table.sql_name));
  auto created = CreatePartitions(connection, table, **by, ranges, kLockTimeout, deadline);
  while (absl::IsAborted(created.status()) && std::chrono::steady_clock::now() < deadline) {
    created = CreatePartitions(connection, table, **by, ranges, kLockTimeout, deadline);
  }
  return created;
}

absl::Status CreateMissingPartitions(pq::Connection& connection, const Layout& layout, const ExistingTable& existing,
                                     pq::Deadline deadline) {
  const std::vector<TimeRange> missing = MissingRanges(layout, *existing.partitions);
  if (missing.empty()) return absl::OkStatus();
  const auto why_not = WhyNoPartitions(connection, existing.table, deadline);
  if (!why_not.ok()) return why_not.status();
  if (!why_not->empty()) {
    return absl::FailedPreconditionError(
        fmt::format("table {}: {} partitions are missing: {}", existing.table.sql_name, missing.size(), *why_not));
  }
  const auto created = CreateRanges(connection, existing.table, missing, deadline);
  if (!created.ok()) return created.status();
  const std::string parameters = StorageParameters(layout);
  for (const PartitionChange& partition : *created) {
    if (parameters.empty()) break;
    const auto set = connection.Query(fmt::format("ALTER TABLE {} SET ({})", partition.table, parameters), deadline);
    if (!set.ok()) return set.status();
  }
  return absl::OkStatus();
}

absl::Status Apply(pq::Connection& connection, const Layout& layout, pq::Deadline deadline) {
  if (absl::Status created = CreateRoot(connection, layout, deadline); !created.ok()) return created;
  const auto existing = ReadExistingTable(connection, layout, deadline);
  if (!existing.ok()) return existing.status();
  if (absl::Status checked = CheckExisting(connection, layout, *existing, deadline); !checked.ok()) return checked;
  if (absl::Status keys = EnsureKeyTable(connection, layout, existing->table, deadline); !keys.ok()) return keys;
  if (absl::Status ledger = EnsureLedger(connection, layout, existing->table, deadline); !ledger.ok()) return ledger;
  if (!layout.partition_by.has_value()) return absl::OkStatus();
  return CreateMissingPartitions(connection, layout, *existing, deadline);
}

}  // namespace
}  // namespace bxb::schema

namespace bxb {

absl::Status ApplyLayout(const std::string& dsn, const Layout& layout, absl::Duration timeout) {
  if (absl::Status checked = schema::CheckLayout(layout); !checked.ok()) return checked;
  const pq::Deadline deadline = pq::After(timeout);
  auto connection = pq::Connection::Open(dsn, "bxb", deadline, nullptr, pq::Target::kWritable);
  if (!connection.ok()) return connection.status();
  return schema::Apply(*connection, layout, deadline);
}

}  // namespace bxb
