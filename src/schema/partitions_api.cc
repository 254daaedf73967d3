
#include <string_view>

#include "bxb/partitions.h"
#include "pq/connection.h"
#include "schema/maintenance.h"
#include "schema/partition_interval.h"
#include "schema/table.h"

namespace bxb {
namespace {

constexpr std::string_view kMidnight = " 00:00:00";

std::string_view Verb(PartitionChange::Kind kind) {
  switch (kind) {
    case PartitionChange::Kind::kCreated:
      return "created";
    case PartitionChange::Kind::kDetached:
      return "detached";
    case PartitionChange::Kind::kArchived:
      return "archived";
    case PartitionChange::Kind::kDropped:
      return "dropped";
    case PartitionChange::Kind::kKeysDeleted:
      break;
  }
  return "deleted";
}

std::string Shown(absl::Time time) {
  if (time == absl::InfinitePast()) return "-infinity";
  if (time == absl::InfiniteFuture()) return "infinity";
  std::string text = schema::TimeText(time, /*with_zone=*/false);
  if (const auto at = text.find(kMidnight); at != std::string::npos) text.erase(at, kMidnight.size());
  return text;
}

}  // namespace

absl::StatusOr<MaintenanceReport> MaintainPartitions(const std::string& dsn, const std::string& table,
                                                     const PartitionOptions& options, bool dry_run,
                                                     absl::Duration timeout) {
  if (absl::Status valid = schema::CheckPartitionOptions(options); !valid.ok()) return valid;
  const auto deadline = pq::After(timeout);
  auto connection = pq::Connection::Open(dsn, "bxb", deadline, /*interrupt=*/nullptr, pq::Target::kWritable);
  if (!connection.ok()) return connection.status();
  const auto found = schema::InspectTable(*connection, table, deadline);
  if (!found.ok()) return found.status();
  return schema::Maintain(*connection, *found, options, dry_run, deadline);
}

std::ostream& operator<<(std::ostream& out, const PartitionChange& change) {
  out << Verb(change.kind) << ' ';
  if (change.kind == PartitionChange::Kind::kKeysDeleted) {
    if (change.keys > 0) out << change.keys << ' ';
    return out << "old keys of " << change.table;
  }
  return out << change.table << " [" << Shown(change.range.from) << ", " << Shown(change.range.to) << ')';
}

std::ostream& operator<<(std::ostream& out, const MaintenanceReport& report) {
  for (const PartitionChange& change : report.changes) out << (report.dry_run ? "would be " : "") << change << '\n';
  for (const std::string& note : report.notes) out << "note: " << note << '\n';
  return out;
}

}  // namespace bxb
