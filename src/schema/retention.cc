#include "schema/retention.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "schema/partition_catalog.h"

namespace bxb::schema {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr std::chrono::milliseconds kPollInterval{50};

// A prepared transaction has no pid.
constexpr const char* kUsersSql = R"(
  SELECT DISTINCT l.virtualtransaction FROM pg_locks l JOIN pg_database d ON d.oid = l.database
   WHERE d.datname = current_database() AND l.relation IN (to_regclass({})::oid, to_regclass({})::oid)
     AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid())";

constexpr const char* kKindSql = "SELECT relkind FROM pg_class WHERE oid = to_regclass({})";

constexpr const char* kBoundsSql = R"(
  SELECT c.oid, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = to_regclass({}))";

// What has the name, and whether the marked one is detached.
constexpr const char* kDetachedSql = R"(
  SELECT c.oid, NOT c.relispartition, obj_description(c.oid, 'pg_class') IS NOT DISTINCT FROM {0},
         coalesce((SELECT NOT m.relispartition FROM pg_class m WHERE m.oid = {1}), true)
    FROM (SELECT) AS one LEFT JOIN pg_class c ON c.oid = to_regclass({2}))";

using Users = std::set<std::string>;

absl::StatusOr<Users> UsersOf(pq::Connection& connection, const std::string& sql, pq::Deadline deadline) {
  const auto rows = connection.Query(sql, deadline);
  if (!rows.ok()) return rows.status();
  Users users;
  for (const auto& row : *rows) users.insert(*row[0]);
  return users;
}

absl::Status NotThatAnyMore(const Partition& partition) {
  return absl::FailedPreconditionError(fmt::format("{} is not the partition any more that it was", partition.sql_name));
}

std::string MarkSql(const MarkedTable& marked) {
  return fmt::format("COMMENT ON TABLE {} IS {}", marked.sql_name, QuoteLiteral(marked.mark));
}

std::string DetachSql(const Table& table, const MarkedTable& marked) {
  return fmt::format("ALTER TABLE {} DETACH PARTITION {}", table.sql_name, marked.sql_name);
}

}  // namespace

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
  if (kind->empty()) return NotThatAnyMore(partition);
  if (kind->front()[0] == "f") {
    return absl::FailedPreconditionError(fmt::format("{} is no table that could be dropped", partition.sql_name));
  }
  if (!has_default) {
    if (absl::Status quiet = AwaitOlderTransactions(partition); !quiet.ok()) return quiet;
  }
  const auto marked = LockAndMark(partition);
  if (!marked.ok()) return RolledBack(connection_, marked.status(), deadline_);
  if (has_default) return Run(DetachSql(table_, *marked) + "; COMMIT", deadline_);
  const auto bounds = ReadBounds();
  if (!bounds.ok()) return RolledBack(connection_, bounds.status(), deadline_);
  absl::Status step = Run("COMMIT", deadline_);
  if (step.ok()) step = DetachConcurrently(*marked, *bounds);
  return step;
}

// Nobody renames or detaches it behind this lock, which the mark takes too.
absl::StatusOr<MarkedTable> Retention::LockAndMark(const Partition& partition) {
  const std::string lock = fmt::format("{}{}; LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE", kBeginInUtc,
                                       SetLockTimeout(options_.lock_timeout), partition.sql_name);
  if (absl::Status locked = Run(lock, deadline_); !locked.ok()) return locked;
  const auto rows = connection_.Query(PartitionsSql(table_, {}), deadline_);
  if (!rows.ok()) return rows.status();
  const PartitionMap map = PartitionMapOfRows(*rows);
  const bool same = std::ranges::any_of(map.partitions(), [&](const Partition& now) {
    return now.sql_name == partition.sql_name && now.from == partition.from && now.to == partition.to;
  });
  if (!same) return NotThatAnyMore(partition);
  const auto oid =
      connection_.Query(fmt::format("SELECT to_regclass({})::oid", QuoteLiteral(partition.sql_name)), deadline_);
  if (!oid.ok()) return oid.status();
  MarkedTable marked = {
      .oid = *oid->front()[0], .sql_name = partition.sql_name, .mark = "", .range = partition.range()};
  marked.mark = DetachMark(table_, marked);
  const auto done = connection_.Query(MarkSql(marked), deadline_);
  if (!done.ok()) return done.status();
  return marked;
}

absl::StatusOr<Retention::Bounds> Retention::ReadBounds() {
  const auto rows = connection_.Query(fmt::format(kBoundsSql, QuoteLiteral(table_.sql_name)), deadline_);
  if (!rows.ok()) return rows.status();
  Bounds bounds;
  for (const auto& row : *rows) bounds[*row[0]] = row[1].value_or("");
  return bounds;
}

// It goes by the name, in a transaction of its own: the name may become another partition's before it begins.
absl::Status Retention::DetachConcurrently(const MarkedTable& marked, const Bounds& bounds) {
  absl::Status step = Run(DetachSql(table_, marked) + " CONCURRENTLY", deadline_);
  if (step.ok()) step = CheckDetached(marked, bounds);
  if (step.ok() || connection_.lost()) return step;
  const auto still = FindMarkedPartitions(connection_, table_, deadline_);
  if (!still.ok()) return step;
  const auto own = std::ranges::find(*still, marked.oid, &MarkedPartition::oid);
  if (own != still->end()) (void)ClearMark(*own);
  return step;
}

absl::Status Retention::CheckDetached(const MarkedTable& marked, const Bounds& bounds) {
  const auto rows = connection_.Query(
      fmt::format(kDetachedSql, QuoteLiteral(marked.mark), marked.oid, QuoteLiteral(marked.sql_name)), deadline_);
  if (!rows.ok()) return rows.status();
  const auto& row = rows->front();
  const bool is_that = row[0] == marked.oid, named_is_detached = row[1] == "t", has_mark = row[2] == "t";
  // Another round may have taken the mark away before the partition was detached.
  if (is_that && named_is_detached && !has_mark) return Run(MarkSql(marked), deadline_);
  if (row[3] == "t") return absl::OkStatus();
  const auto other = row[0] && named_is_detached ? bounds.find(*row[0]) : bounds.end();
  if (other != bounds.end()) {
    if (absl::Status attached = AttachAgain(marked.sql_name, other->second); !attached.ok()) return attached;
  }
  return absl::FailedPreconditionError(
      fmt::format("{} was renamed while it was being detached{}", marked.sql_name,
                  other == bounds.end() ? "" : "; what has its name now was detached, and attached again"));
}

absl::Status Retention::AttachAgain(const std::string& sql_name, const std::string& bounds) {
  const absl::Status attached =
      Run(fmt::format("{}{}; ALTER TABLE {} ATTACH PARTITION {} {}; COMMIT", kBeginInUtc,
                      SetLockTimeout(options_.lock_timeout), table_.sql_name, sql_name, bounds),
          deadline_);
  if (attached.ok()) return attached;
  return absl::FailedPreconditionError(
      fmt::format("{} was detached in another's place, whose name it was given: attach it again {} ({})", sql_name,
                  bounds, std::string(attached.message())));
}

absl::Status Retention::ClearMark(const MarkedPartition& marked) {
  const std::string lock = fmt::format("{}{}; LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE", kBeginInUtc,
                                       SetLockTimeout(options_.lock_timeout), marked.sql_name);
  if (absl::Status locked = Run(lock, deadline_); !locked.ok()) return locked;
  const auto now = FindMarkedPartitions(connection_, table_, deadline_);
  if (!now.ok()) return RolledBack(connection_, now.status(), deadline_);
  const bool same = std::ranges::any_of(*now, [&](const MarkedPartition& partition) {
    return partition.oid == marked.oid && partition.sql_name == marked.sql_name;
  });
  const std::string clear = same ? fmt::format("COMMENT ON TABLE {} IS NULL; ", marked.sql_name) : "";
  return Run(clear + "COMMIT", deadline_);
}

absl::Status Retention::FinishDetaching(const Partition& partition) {
  if (absl::Status quiet = AwaitOlderTransactions(partition); !quiet.ok()) return quiet;
  return Run(fmt::format("{}{}; ALTER TABLE {} DETACH PARTITION {} FINALIZE; COMMIT", kBeginInUtc,
                         SetLockTimeout(options_.lock_timeout), table_.sql_name, partition.sql_name),
             deadline_);
}

}  // namespace bxb::schema
