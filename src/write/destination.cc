#include "write/destination.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "bxb/row.h"
#include "schema/binding.h"
#include "schema/events_table.h"
#include "schema/ledger.h"
#include "schema/recent_rows.h"
#include "write/warm_up.h"

namespace bxb::write {
namespace {

absl::StatusOr<schema::Table> FindTable(pq::Connection& connection, const WriterOptions& options,
                                        const internal::RowShape& shape, pq::Deadline deadline) {
  const std::string name = options.table.empty() ? std::string(shape.table) : options.table;
  if (options.create_table && shape.is_event) {
    if (absl::Status created = schema::CreateEventsTable(connection, name, deadline); !created.ok()) return created;
  }
  return schema::InspectTable(connection, name, deadline);
}

absl::StatusOr<std::optional<std::string>> FindLedger(pq::Connection& connection, const WriterOptions& options,
                                                      const schema::Table& table, pq::Deadline deadline) {
  if (options.create_table) {
    if (absl::Status created = schema::CreateLedger(connection, table, deadline); !created.ok()) return created;
  }
  auto ledger = schema::FindLedger(connection, table, deadline);
  if (ledger.ok() && !ledger->has_value() && options.log) {
    options.log(LogLevel::kWarning,
                fmt::format("table {} has neither a dedup key nor a ledger ({}) that this role may write to: a batch "
                            "whose connection breaks during its commit will be unknown",
                            table.sql_name, schema::kLedgerName));
  }
  return ledger;
}

std::string TimeColumnOf(const internal::RowShape& shape) {
  const auto is_time = [](const auto& column) { return (column.roles & kTime) != 0; };
  const auto found = std::ranges::find_if(shape.columns, is_time);
  return found == shape.columns.end() ? "" : schema::QuoteIdentifier(found->name);
}

}  // namespace

absl::StatusOr<Destination> FindDestination(pq::Connection& connection, const WriterOptions& options,
                                            const internal::RowShape& shape, pq::Deadline deadline) {
  auto table = FindTable(connection, options, shape, deadline);
  if (!table.ok()) return table.status();
  auto binding = schema::Bind(shape, *table);
  if (!binding.ok()) return binding.status();
  std::optional<std::string> ledger;
  if (binding->key_columns == 0) {
    auto found = FindLedger(connection, options, *table, deadline);
    if (!found.ok()) return found.status();
    ledger = *std::move(found);
  }
  CommitPlan plan = MakeCommitPlan(*table, *binding, options.synchronous_commit, ledger);
  return Destination{.table = *std::move(table), .types = std::move(binding->types), .plan = std::move(plan)};
}

void WarmUpFrom(pq::Connection& connection, const WriterOptions& options, const internal::RowShape& shape,
                const Destination& destination, Claims& claims) {
  if (options.warm_up_keys == 0 || claims.bytes() == 0) return;
  const pq::Deadline deadline = pq::After(options.connect_timeout);
  const auto rows =
      schema::RecentRowsSql(connection, destination.table, TimeColumnOf(shape), options.warm_up_keys, deadline);
  const absl::Status warmed = rows.ok() ? WarmUp(connection, destination.plan, *rows, claims, deadline) : rows.status();
  if (!options.log) return;
  if (warmed.ok()) {
    options.log(LogLevel::kInfo, fmt::format("warmed up with {} keys", claims.keys()));
  } else {
    options.log(LogLevel::kWarning, fmt::format("not warmed up: {}", std::string(warmed.message())));
  }
}

}  // namespace bxb::write
