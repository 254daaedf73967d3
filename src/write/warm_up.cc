#include "write/warm_up.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "bxb/internal/copy_format.h"
#include "bxb/internal/copy_reader.h"
#include "schema/table.h"
#include "write/acknowledgement.h"

namespace bxb::write {
namespace {

std::string_view NoRows() { return {}; }

absl::Status Barrier(pq::Connection& connection, const CommitPlan& plan, Claims& claims, pq::Deadline deadline) {
  const pq::CopyResult result =
      connection.Copy(plan.BarrierSql() + plan.commit_sql, NoRows, [](std::string_view) {}, deadline);
  if (!result.status.ok()) return result.status;
  auto acknowledged = AcknowledgementOf(result.rows);
  if (!acknowledged.ok()) return acknowledged.status();
  if (result.warned) return absl::UnavailableError("waiting for the synchronous standbys was cancelled");
  claims.Confirm(acknowledged->outcome, acknowledged->server);
  return absl::OkStatus();
}

std::string KeysSql(const CommitPlan& plan, const std::string& recent_rows) {
  std::vector<std::string> columns;
  for (const auto& column : plan.key) columns.push_back(schema::QuoteIdentifier(column.name));
  return fmt::format("COPY (SELECT {} FROM {} {}) TO STDOUT (FORMAT binary)", fmt::join(columns, ","), plan.table,
                     recent_rows);
}

absl::Status ReadKeys(pq::Connection& connection, const CommitPlan& plan, const std::string& recent_rows,
                      Claims& claims, pq::Deadline deadline) {
  internal::CopyReader reader(plan.key.size());
  absl::Status read;
  const auto remember = [&](std::string_view data) {
    reader.Feed(data);
    for (auto tuple = reader.Next(); read.ok(); tuple = reader.Next()) {
      read = tuple.status();
      if (!tuple.ok() || !tuple->has_value()) break;
      claims.Remember((*tuple)->substr(internal::kFieldCountBytes));
    }
  };
  const pq::CopyResult result = connection.Copy(KeysSql(plan, recent_rows), NoRows, remember, deadline);
  return result.status.ok() ? read : result.status;
}

}  // namespace

// The first barrier tells which life of the server speaks, the second makes durable what was visible in between.
absl::Status WarmUp(pq::Connection& connection, const CommitPlan& plan, const std::string& recent_rows, Claims& claims,
                    pq::Deadline deadline) {
  absl::Status status = Barrier(connection, plan, claims, deadline);
  if (status.ok()) status = ReadKeys(connection, plan, recent_rows, claims, deadline);
  if (status.ok()) status = Barrier(connection, plan, claims, deadline);
  if (!status.ok()) claims.Forget();
  return status;
}

}  // namespace bxb::write
