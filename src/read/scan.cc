#include "read/scan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "bxb/internal/copy_reader.h"
#include "bxb/internal/time_codec.h"
#include "schema/binding.h"
#include "schema/partition_interval.h"
#include "schema/table.h"

namespace bxb::read {
namespace {

using schema::Misfit;
using schema::Table;
using schema::TableColumn;
using Kind = Misfit::Kind;

constexpr const char* kOrganization = "organization_id";

absl::Status Bad(std::string_view option, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("ScanOptions::{} {}", option, why));
}

std::vector<Misfit> MisfitsOf(const internal::RowShape& shape, const Table& table) {
  std::vector<Misfit> misfits;
  for (const internal::ColumnShape& described : shape.columns) {
    const TableColumn* column = schema::FindColumn(table, described.name);
    std::string name(described.name);
    if (column == nullptr) {
      misfits.push_back({Kind::kColumn, std::move(name), "does not exist"});
    } else if (column->type == PgType::kUnsupported) {
      misfits.push_back(
          {Kind::kColumn, std::move(name), fmt::format("is {}, which cannot be read", column->type_name)});
    }
  }
  return misfits;
}

std::vector<Misfit> DeniedColumns(const Table& table, const std::vector<std::string>& names) {
  std::vector<Misfit> misfits;
  for (const std::string& name : names) {
    if (!schema::FindColumn(table, name)->may_select) {
      misfits.push_back({Kind::kPrivilege, name, "cannot be read: no SELECT privilege"});
    }
  }
  return misfits;
}

std::string Message(const Table& table, const std::vector<Misfit>& misfits) {
  return fmt::format("table {}: {}", table.sql_name, fmt::join(schema::Sentences(misfits), "; "));
}

absl::Status CheckOptions(const internal::RowShape& shape, const ScanOptions& scan, const Table& table) {
  if (scan.range.from > scan.range.to) return Bad("range", "ends before it begins");
  if (scan.range != TimeRange{} && !schema::TimeColumnOf(shape)) {
    return Bad("range", "is for a row type with a kTime column");
  }
  const TableColumn* organization = schema::FindColumn(table, kOrganization);
  if (scan.organization_id && (organization == nullptr || organization->type != PgType::kUuid)) {
    return Bad(kOrganization,
               fmt::format("is for a table with a uuid column of that name: {} has none", table.sql_name));
  }
  return absl::OkStatus();
}

// Times are stored in whole microseconds, so that t >= x is t >= ceil(x), and t < x is t < ceil(x).
std::string Bound(absl::Time time, bool with_zone) {
  if (time == absl::InfinitePast()) return "'-infinity'";
  if (time >= internal::kEndTimestamp) return "'infinity'";
  const absl::Duration since = std::max(time, internal::kMinTimestamp) - internal::kMinTimestamp;
  const absl::Time rounded = internal::kMinTimestamp + absl::Ceil(since, absl::Microseconds(1));
  if (rounded == internal::kEndTimestamp) return "'infinity'";
  return schema::QuoteLiteral(schema::TimeText(rounded, with_zone));
}

std::vector<std::string> Conditions(const internal::RowShape& shape, const ScanOptions& scan, const Table& table) {
  std::vector<std::string> conditions;
  const auto add_bound = [&](std::string_view operation, absl::Time time) {
    const TableColumn& column = *schema::FindColumn(table, *schema::TimeColumnOf(shape));
    const bool with_zone = column.type == PgType::kTimestamptz;
    conditions.push_back(fmt::format("{} {} {}{}", schema::QuoteIdentifier(column.name), operation,
                                     with_zone ? "timestamptz " : "timestamp ", Bound(time, with_zone)));
  };
  if (scan.range.from != absl::InfinitePast()) add_bound(">=", scan.range.from);
  if (scan.range.to != absl::InfiniteFuture()) add_bound("<", scan.range.to);
  if (scan.organization_id) {
    conditions.push_back(fmt::format("{} = uuid '{}'", kOrganization, scan.organization_id->ToString()));
  }
  return conditions;
}

std::string CopySql(const ScanPlan& plan) {
  const char* where = plan.conditions.empty() ? "" : " WHERE ";
  return fmt::format("COPY ({}{}{}) TO STDOUT (FORMAT binary)", plan.select, where,
                     fmt::join(plan.conditions, " AND "));
}

}  // namespace

absl::StatusOr<ScanPlan> PlanScan(pq::Connection& connection, const internal::RowShape& shape, const ScanOptions& scan,
                                  pq::Deadline deadline) {
  const std::string name(scan.table.empty() ? shape.table : scan.table);
  if (name.empty()) return Bad("table", "is empty, and the row type names none");
  const auto table = schema::InspectTable(connection, name, deadline);
  if (!table.ok()) return table.status();
  const std::vector<Misfit> misfits = MisfitsOf(shape, *table);
  if (!misfits.empty()) return absl::InvalidArgumentError(Message(*table, misfits));
  if (absl::Status options = CheckOptions(shape, scan, *table); !options.ok()) return options;

  ScanPlan plan;
  std::vector<std::string> names;
  std::vector<std::string> quoted;
  for (const internal::ColumnShape& described : shape.columns) {
    plan.types.push_back(schema::FindColumn(*table, described.name)->type);
    quoted.push_back(schema::QuoteIdentifier(names.emplace_back(described.name)));
  }
  if (scan.organization_id && std::ranges::find(names, kOrganization) == names.end()) names.emplace_back(kOrganization);
  const std::vector<Misfit> denied = DeniedColumns(*table, names);
  if (!denied.empty()) return absl::PermissionDeniedError(Message(*table, denied));
  plan.select = fmt::format("SELECT {} FROM {}", fmt::join(quoted, ", "), table->sql_name);
  plan.conditions = Conditions(shape, scan, *table);
  return plan;
}

absl::StatusOr<std::uint64_t> StreamScan(pq::Connection& connection, const ScanPlan& plan,
                                         const internal::TupleSink& sink, pq::Deadline deadline) {
  if (absl::Status learned = sink.on_types(plan.types); !learned.ok()) return learned;
  internal::CopyReader reader(plan.types.size());
  std::uint64_t rows = 0;
  const auto take = [&](std::string_view message) -> absl::Status {
    reader.Feed(message);
    while (true) {
      const auto tuple = reader.Next();
      if (!tuple.ok()) return tuple.status();
      if (!*tuple) return absl::OkStatus();
      if (absl::Status taken = sink.on_tuple(**tuple); !taken.ok()) return taken;
      ++rows;
    }
  };
  if (absl::Status copied = connection.CopyOut(CopySql(plan), take, deadline); !copied.ok()) return copied;
  if (absl::Status complete = reader.Finish(); !complete.ok()) return complete;
  return rows;
}

}  // namespace bxb::read
