#include "schema/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "schema/partition_catalog.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

constexpr std::string_view kMark = "bxb: detached from ";

constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr std::chrono::milliseconds kPollInterval{50};

// A drop whose rows were archived already is worth more time than the round has left.
constexpr absl::Duration kDropTime = absl::Seconds(5);

constexpr const char* kMarkedSql = R"(
  SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), d.description
    FROM pg_description d JOIN pg_class c ON c.oid = d.objoid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE d.classoid = 'pg_class'::regclass AND d.objsubid = 0 AND starts_with(d.description, {0})
     AND NOT c.relispartition AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass({1}))
   ORDER BY c.oid)";

// A prepared transaction has no pid.
constexpr const char* kUsersSql = R"(
  SELECT DISTINCT l.virtualtransaction FROM pg_locks l JOIN pg_database d ON d.oid = l.database
   WHERE d.datname = current_database() AND l.relation IN (to_regclass({})::oid, to_regclass({})::oid)
     AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid())";

constexpr const char* kKindSql = "SELECT relkind FROM pg_class WHERE oid = to_regclass({})";

constexpr const char* kStillThatSql = R"(
  SELECT c.relkind IN ('r', 'p') AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') = {}
    FROM pg_class c WHERE c.oid = {} AND c.oid = to_regclass({}))";

// While the archive hook works the transaction is idle, and may not be ended for that.
constexpr const char* kNoIdleTimeout = R"(
  SELECT set_config(name, '0', true) FROM pg_settings
   WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout'))";

std::string MarkPrefix(const Table& table) { return fmt::format("{}{}, [", kMark, table.sql_name); }

std::string MarkTime(absl::Time time) { return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()); }

bool ParseMarkTime(const std::string& text, absl::Time& time) {
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, text, &time, &error);
}

using Users = std::set<std::string>;

absl::StatusOr<Users> UsersOf(pq::Connection& connection, const std::string& sql, pq::Deadline deadline) {
  const auto rows = connection.Query(sql, deadline);
  if (!rows.ok()) return rows.status();
  Users users;
  for (const auto& row : *rows) users.insert(*row[0]);
  return users;
}

absl::Status Changed(const std::string& sql_name) {
  return absl::FailedPreconditionError(fmt::format("{} is not the detached table any more that it was", sql_name));
}

TimeRange RangeOf(const Partition& partition) {
  return {.from = FromPgMicros(partition.from), .to = FromPgMicros(partition.to)};
}

}  // namespace

std::string DetachMark(const Table& table, const TimeRange& range) {
  return fmt::format("{}{}, {})", MarkPrefix(table), MarkTime(range.from), MarkTime(range.to));
}

std::optional<TimeRange> RangeOfMark(const std::string& mark) {
  const auto begin = mark.rfind('['), comma = mark.rfind(", "), end = mark.rfind(')');
  if (begin == std::string::npos || comma == std::string::npos || end == std::string::npos) return std::nullopt;
  if (comma < begin || end < comma) return std::nullopt;
  TimeRange range;
  const bool parsed = ParseMarkTime(mark.substr(begin + 1, comma - begin - 1), range.from) &&
                      ParseMarkTime(mark.substr(comma + 2, end - comma - 2), range.to);
  return parsed ? std::optional(range) : std::nullopt;
}

absl::StatusOr<std::vector<MarkedTable>> FindMarked(pq::Connection& connection, const Table& table,
                                                    pq::Deadline deadline) {
  const auto rows = connection.Query(
      fmt::format(kMarkedSql, QuoteLiteral(MarkPrefix(table)), QuoteLiteral(table.sql_name)), deadline);
  if (!rows.ok()) return rows.status();
  std::vector<MarkedTable> found;
  for (const auto& row : *rows) {
    const auto range = RangeOfMark(*row[2]);
    if (range) found.push_back({.oid = *row[0], .sql_name = *row[1], .mark = *row[2], .range = *range});
  }
  std::ranges::sort(found, {}, [](const MarkedTable& marked) { return marked.range.from; });
  return found;
}

absl::Status Retention::Run(const std::string& sql, pq::Deadline deadline) {
  const auto done = connection_.Query(sql, deadline);
  return done.ok() ? absl::OkStatus() : RolledBack(connection_, done.status(), deadline);
}

// DETACH CONCURRENTLY itself waits for them without an end, and cannot be given one: it runs in no transaction block,
// where a SET LOCAL would hold.
absl::Status Retention::AwaitOlderTransactions(const Partition& partition) {
  const std::string sql = fmt::format(kUsersSql, QuoteLiteral(table_.sql_name), QuoteLiteral(partition.sql_name));
  const auto until = std::min(deadline_, pq::After(kPatience));
  auto older = UsersOf(connection_, sql, deadline_);
  while (older.ok() && !older->empty() && pq::Deadline::clock::now() < until) {
    std::this_thread::sleep_for(kPollInterval);
    const auto users = UsersOf(connection_, sql, deadline_);
    if (!users.ok()) return users.status();
    std::erase_if(*older, [&](const std::string& user) { return !users->contains(user); });
  }
  if (!older.ok() || older->empty()) return older.status();
  return absl::AbortedError(
      fmt::format("a transaction that has used {} or {} goes on for too long", table_.sql_name, partition.sql_name));
}

absl::Status Retention::Detach(const Partition& partition, bool has_default) {
  const auto kind = connection_.Query(fmt::format(kKindSql, QuoteLiteral(partition.sql_name)), deadline_);
  if (!kind.ok()) return kind.status();
  if (kind->empty() || kind->front()[0] == "f") {
    return absl::FailedPreconditionError(fmt::format("{} is no table that could be dropped", partition.sql_name));
  }
  const std::string begin = fmt::format("{}{}; ", kBeginInUtc, SetLockTimeout(options_.lock_timeout));
  const std::string mark = fmt::format("COMMENT ON TABLE {} IS {}; ", partition.sql_name,
                                       QuoteLiteral(DetachMark(table_, RangeOf(partition))));
  const std::string detach = fmt::format("ALTER TABLE {} DETACH PARTITION {}", table_.sql_name, partition.sql_name);
  if (has_default) return Run(begin + mark + detach + "; COMMIT", deadline_);

  absl::Status step = AwaitOlderTransactions(partition);
  if (step.ok()) step = Run(begin + mark + "COMMIT", deadline_);
  if (step.ok()) step = Run(detach + " CONCURRENTLY", deadline_);
  return step;
}

absl::Status Retention::FinishDetaching(const Partition& partition) {
  if (absl::Status quiet = AwaitOlderTransactions(partition); !quiet.ok()) return quiet;
  return Run(fmt::format("{}{}; ALTER TABLE {} DETACH PARTITION {} FINALIZE; COMMIT", kBeginInUtc,
                         SetLockTimeout(options_.lock_timeout), table_.sql_name, partition.sql_name),
             deadline_);
}

// Nobody writes behind this lock, and nobody else who removes it gets past it.
absl::Status Retention::Lock(const MarkedTable& marked) {
  return Run(fmt::format("{}{}; SET LOCAL constraint_exclusion = on; {}; LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE",
                         kBeginInUtc, SetLockTimeout(options_.lock_timeout), kNoIdleTimeout, marked.sql_name),
             deadline_);
}

absl::Status Retention::CheckRemovable(const MarkedTable& marked, absl::Time keep_from) {
  const auto same = connection_.Query(
      fmt::format(kStillThatSql, QuoteLiteral(marked.mark), marked.oid, QuoteLiteral(marked.sql_name)), deadline_);
  if (!same.ok()) return same.status();
  if (same->empty() || same->front()[0] != "t") return Changed(marked.sql_name);
  const auto kept = connection_.Query(fmt::format("SELECT FROM {} WHERE {} >= '{}' LIMIT 1", marked.sql_name,
                                                  QuoteIdentifier(by_.column), TimeText(keep_from, by_.with_zone)),
                                      deadline_);
  if (!kept.ok()) return kept.status();
  if (kept->empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("{} holds rows that are not too old", marked.sql_name));
}

absl::Status Retention::Archive(const MarkedTable& marked) {
  const absl::Status archived = options_.archive({.table = marked.sql_name, .range = marked.range});
  if (archived.ok()) return archived;
  return absl::Status(archived.code(),
                      fmt::format("archive of {}: {}; it stays detached, and is handed over again next time",
                                  marked.sql_name, std::string(archived.message())));
}

absl::Status Retention::Remove(const MarkedTable& marked, absl::Time keep_from, std::vector<PartitionChange>& changes) {
  absl::Status step = Lock(marked);
  if (step.ok()) step = CheckRemovable(marked, keep_from);
  if (step.ok() && options_.archive) {
    step = Archive(marked);
    if (step.ok()) {
      changes.push_back({.kind = PartitionChange::Kind::kArchived, .table = marked.sql_name, .range = marked.range});
    }
  }
  const auto deadline = std::max(deadline_, pq::After(options_.lock_timeout + kDropTime));
  if (!step.ok()) return RolledBack(connection_, step, deadline);
  step = Run(fmt::format("DROP TABLE {}; COMMIT", marked.sql_name), deadline);
  if (step.ok()) {
    changes.push_back({.kind = PartitionChange::Kind::kDropped, .table = marked.sql_name, .range = marked.range});
  }
  return step;
}

}  // namespace bxb::schema
