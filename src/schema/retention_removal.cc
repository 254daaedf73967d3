// What becomes of a partition once it is detached: it is archived and dropped.
#include <fmt/format.h>

#include <algorithm>

#include "schema/partition_catalog.h"
#include "schema/partition_interval.h"
#include "schema/retention.h"

namespace bxb::schema {
namespace {

// A drop whose rows were archived already is worth more time than the round has left.
constexpr absl::Duration kDropTime = absl::Seconds(5);

constexpr const char* kStillThatSql = R"(
  SELECT c.relkind IN ('r', 'p') AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') = {}
    FROM pg_class c WHERE c.oid = {} AND c.oid = to_regclass({}))";

// While the archive hook works the transaction is idle, and may not be ended for that.
constexpr const char* kNoIdleTimeout = R"(
  SELECT set_config(name, '0', true) FROM pg_settings
   WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout'))";

absl::Status Changed(const std::string& sql_name) {
  return absl::FailedPreconditionError(fmt::format("{} is not the detached table any more that it was", sql_name));
}

}  // namespace

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
