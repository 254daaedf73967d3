#include "schema/maintenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "schema/detach_mark.h"
#include "schema/key_table.h"
#include "schema/maintenance_plan.h"
#include "schema/partition_catalog.h"
#include "schema/partition_create.h"
#include "schema/partition_ddl.h"
#include "schema/partition_owner.h"
#include "schema/retention.h"

namespace bxb::schema {
namespace {

using Kind = PartitionChange::Kind;

constexpr int kMaxAhead = 100;
constexpr int kMaxBehind = 1'000;
constexpr absl::Duration kShortestMemory = absl::Minutes(1);

// Beyond it the server's timestamps end.
constexpr absl::Duration kForever = absl::Hours(24 * 365 * 1'000);

absl::StatusOr<absl::Time> ServerNow(pq::Connection& connection, pq::Deadline deadline) {
  const auto rows = connection.Query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8", deadline);
  if (!rows.ok()) return rows.status();
  const std::string& text = *rows->front()[0];
  std::int64_t micros = 0;
  std::from_chars(text.data(), text.data() + text.size(), micros);
  return absl::FromUnixMicros(micros);
}

/// One round. Its steps note what does not work, and the later ones go on while there is a connection.
class Round {
 public:
  Round(pq::Connection& connection, const Table& table, const TimePartitioning& by, const PartitionOptions& options,
        pq::Deadline deadline)
      : connection_(connection),
        table_(table),
        by_(by),
        options_(options),
        deadline_(deadline),
        retention_(connection, table, by, options, deadline) {}

  /// Reads everything before anything is changed.
  absl::Status Prepare() {
    auto pending = ReadDetachPending(connection_, table_, deadline_);
    if (!pending.ok()) return pending.status();
    pending_ = *std::move(pending);
    const auto map = ReadPartitionMap(connection_, table_, {}, deadline_);
    if (!map.ok()) return map.status();
    has_default_ = map->has_default();
    const auto server_now = ServerNow(connection_, deadline_);
    if (!server_now.ok()) return server_now.status();
    plan_ = PlanMaintenance(*map, absl::Now(), *server_now, options_);
    report_.notes = plan_.notes;
    return absl::OkStatus();
  }

  MaintenanceReport Work() {
    ClearMarks();
    FinishDetaching();
    Create();
    Detach();
    Remove();
    DeleteKeys();
    return std::move(report_);
  }

  MaintenanceReport DryRun() {
    report_.dry_run = true;
    for (const Partition& partition : pending_) Add(Kind::kDetached, partition.sql_name, partition.range());
    for (const TimeRange& range : plan_.create) {
      const auto name = FreePartitionName(connection_, table_, range, deadline_);
      if (Noted(name.status())) Add(Kind::kCreated, *name, range);
    }
    for (const Partition& partition : plan_.take_away) Add(Kind::kDetached, partition.sql_name, partition.range());
    for (const MarkedTable& marked : Removable()) WouldRemove(marked.sql_name, marked.range);
    for (const Partition& partition : plan_.take_away) WouldRemove(partition.sql_name, partition.range());
    if (DeletesKeys()) Add(Kind::kKeysDeleted, KeyTableName(table_), {});
    return std::move(report_);
  }

 private:
  void Add(Kind kind, const std::string& table, const TimeRange& range) {
    report_.changes.push_back({.kind = kind, .table = table, .range = range});
  }

  void WouldRemove(const std::string& table, const TimeRange& range) {
    if (options_.archive) Add(Kind::kArchived, table, range);
    Add(Kind::kDropped, table, range);
  }

  // True for OK.
  bool Noted(const absl::Status& status) {
    if (!status.ok()) report_.notes.emplace_back(status.message());
    return status.ok();
  }

  // The owner has attached them again. Those that are to go are marked anew, perhaps by another round just now.
  void ClearMarks() {
    const auto marked = FindMarkedPartitions(connection_, table_, deadline_);
    if (!Noted(marked.status())) return;
    for (const MarkedPartition& partition : *marked) {
      if (connection_.lost()) return;
      const bool goes =
          std::ranges::find(plan_.take_away, partition.sql_name, &Partition::sql_name) != plan_.take_away.end();
      if (!goes) Noted(retention_.ClearMark(partition));
    }
  }

  void FinishDetaching() {
    for (const Partition& partition : pending_) {
      if (connection_.lost()) return;
      if (!Noted(retention_.FinishDetaching(partition))) continue;
      Add(Kind::kDetached, partition.sql_name, partition.range());
    }
  }

  // One by one: where one cannot be had the others may.
  void Create() {
    for (const TimeRange& range : plan_.create) {
      if (connection_.lost()) return;
      const auto made = CreatePartitions(connection_, table_, by_, {&range, 1}, options_.lock_timeout, deadline_);
      if (Noted(made.status())) report_.changes.insert(report_.changes.end(), made->begin(), made->end());
      if (absl::IsAborted(made.status())) return;
    }
  }

  void Detach() {
    for (const Partition& partition : plan_.take_away) {
      if (connection_.lost()) return;
      const absl::Status detached = retention_.Detach(partition, has_default_);
      if (Noted(detached)) Add(Kind::kDetached, partition.sql_name, partition.range());
      if (absl::IsAborted(detached)) return;
    }
  }

  // Those of this round and those that earlier ones have left.
  void Remove() {
    for (const MarkedTable& marked : Removable()) {
      if (connection_.lost()) return;
      Noted(retention_.Remove(marked, KeepFromFor(marked), report_.changes));
    }
  }

  std::vector<MarkedTable> Removable() {
    if (!plan_.keep_from || connection_.lost()) return {};
    auto marked = FindMarked(connection_, table_, deadline_);
    if (!Noted(marked.status())) return {};
    std::erase_if(*marked,
                  [&](const MarkedTable& table) { return table.range.to > KeepFromFor(table) || !IsAsMarked(table); });
    return *std::move(marked);
  }

  // Its own interval may be longer than those that are left.
  absl::Time KeepFromFor(const MarkedTable& marked) const {
    const auto own = KeepFrom(marked.range, plan_.now, options_);
    return own ? std::min(*own, *plan_.keep_from) : absl::InfinitePast();
  }

  bool IsAsMarked(const MarkedTable& marked) {
    if (marked.mark == DetachMark(table_, marked)) return true;
    report_.notes.push_back(fmt::format("{} is left alone: it is not the table that its comment speaks of, \"{}\"",
                                        marked.sql_name, marked.mark));
    return false;
  }

  bool DeletesKeys() const { return options_.keep_keys && *options_.keep_keys <= kForever; }

  void DeleteKeys() {
    if (!DeletesKeys() || connection_.lost()) return;
    if (!Noted(CheckKeyTableName(table_))) return;
    const auto keys = InspectSqlTable(connection_, KeyTableName(table_), deadline_);
    if (!Noted(keys.status())) return;
    const auto deleted = DeleteOldKeys(connection_, *keys, *options_.keep_keys, deadline_);
    if (!Noted(deleted.status()) || *deleted == 0) return;
    report_.changes.push_back({.kind = Kind::kKeysDeleted, .table = keys->sql_name, .range = {}, .keys = *deleted});
  }

  pq::Connection& connection_;
  const Table& table_;
  const TimePartitioning& by_;
  const PartitionOptions& options_;
  const pq::Deadline deadline_;
  Retention retention_;
  std::vector<Partition> pending_;
  bool has_default_ = false;
  MaintenancePlan plan_;
  MaintenanceReport report_;
};

}  // namespace

absl::StatusOr<MaintenanceReport> Maintain(pq::Connection& connection, const Table& table,
                                           const PartitionOptions& options, bool dry_run, pq::Deadline deadline) {
  const auto by = FindTimePartitioning(connection, table, "", deadline);
  if (!by.ok()) return by.status();
  if (!*by) {
    return absl::FailedPreconditionError(
        fmt::format("{} is not partitioned by ranges of one timestamptz or timestamp column", table.sql_name));
  }
  const auto not_owner = WhyNotOwner(connection, table, deadline);
  if (!not_owner.ok()) return not_owner.status();
  if (!not_owner->empty())
    return absl::PermissionDeniedError(*not_owner + ": let a job of the owner run MaintainPartitions");
  const auto partman = IsManagedByPartman(connection, table, deadline);
  if (!partman.ok()) return partman.status();
  if (*partman) return MaintenanceReport{.notes = {fmt::format("pg_partman manages {}", table.sql_name)}};

  Round round(connection, table, **by, options, deadline);
  if (absl::Status prepared = round.Prepare(); !prepared.ok()) return prepared;
  return dry_run ? round.DryRun() : round.Work();
}

absl::Status CheckPartitionOptions(const PartitionOptions& options) {
  const auto wrong = [](const char* what) { return absl::InvalidArgumentError(what); };
  if (options.behind < 0 || options.behind > kMaxBehind) return wrong("partitions.behind must be 0 … 1,000");
  if (options.ahead < 0 || options.ahead > kMaxAhead) return wrong("partitions.ahead must be 0 … 100");
  if (options.oldest < absl::ZeroDuration()) return wrong("partitions.oldest must not be negative");
  if (options.newest < absl::ZeroDuration()) return wrong("partitions.newest must not be negative");
  if (options.lock_timeout < absl::Milliseconds(1) || options.lock_timeout > absl::Minutes(1)) {
    return wrong("partitions.lock_timeout must be 1 ms … 1 minute");
  }
  if (options.keep && *options.keep < 0) return wrong("partitions.keep must not be negative");
  if (options.keep_keys && *options.keep_keys < kShortestMemory) {
    return wrong("partitions.keep_keys must be at least 1 minute");
  }
  return absl::OkStatus();
}

}  // namespace bxb::schema
