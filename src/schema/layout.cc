#include "schema/layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>

#include "schema/key_table.h"
#include "schema/ledger.h"
#include "schema/partition_create.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::string_view kPartitionSuffix = "_p2026010100";
constexpr int kLastYear = 9'999;
constexpr std::int64_t kLargestThreshold = std::numeric_limits<std::int32_t>::max();

constexpr std::array kColumns = {
    EventColumn{"organization_id", PgType::kUuid, true, ""},
    EventColumn{"transaction_id", PgType::kText, true, ""},
    EventColumn{"external_customer_id", PgType::kText, true, ""},
    EventColumn{"code", PgType::kText, true, ""},
    EventColumn{kEventTime, PgType::kTimestamptz, true, ""},
    EventColumn{"properties", PgType::kJsonb, true, "'{}'"},
    EventColumn{"value", PgType::kFloat8, false, ""},
    EventColumn{"decimal_value", PgType::kNumeric, false, ""},
    EventColumn{"created_at", PgType::kTimestamptz, true, "now()"},
};

std::string QuotedList(const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(QuoteIdentifier(column));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

std::string ColumnSql(const EventColumn& column, bool collate_c) {
  const std::string_view type = column.type == PgType::kTimestamptz ? "timestamptz" : Name(column.type);
  const bool collate = collate_c && column.type == PgType::kText;
  return fmt::format("{} {}{}{}{}{}", QuoteIdentifier(column.name), type, collate ? " COLLATE \"C\"" : "",
                     column.not_null ? " NOT NULL" : "", column.default_sql.empty() ? "" : " DEFAULT ",
                     column.default_sql);
}

std::string ForeignKeySql(const ForeignKey& key) {
  return fmt::format("FOREIGN KEY ({}) REFERENCES {}{}", QuotedList(key.columns), QuoteTableName(key.table),
                     key.referenced.empty() ? "" : fmt::format(" ({})", QuotedList(key.referenced)));
}

std::string WithStorage(const Layout& layout) {
  const std::string parameters = StorageParameters(layout);
  return parameters.empty() ? "" : fmt::format("\nWITH ({})", parameters);
}

std::string TableSql(const Layout& layout) {
  std::vector<std::string> lines;
  // A serial, not an identity: partitions inherit a default but, before PostgreSQL 17, no identity.
  if (HasId(layout)) lines.emplace_back("\"id\" bigserial");
  for (const EventColumn& column : kColumns) lines.push_back(ColumnSql(column, layout.collate_c));
  if (HasId(layout)) lines.push_back(fmt::format("PRIMARY KEY ({})", QuotedList(PrimaryKeyOf(layout))));
  const std::vector<std::string> dedup = DedupIndexOf(layout);
  if (!dedup.empty()) lines.push_back(fmt::format("UNIQUE ({})", QuotedList(dedup)));
  for (const ForeignKey& key : layout.foreign_keys) lines.push_back(ForeignKeySql(key));
  const std::string end = layout.partition_by.has_value()
                              ? fmt::format(" PARTITION BY RANGE ({})", QuoteIdentifier(kEventTime))
                              : WithStorage(layout);
  return fmt::format("CREATE TABLE {} (\n  {}\n){};\n", QuoteTableName(layout.table), fmt::join(lines, ",\n  "), end);
}

std::string PartitionsDdl(const Layout& layout, absl::Time now) {
  const Table table = TableOf(layout);
  std::string sql;
  for (const TimeRange& range : RangesAround(*layout.partition_by, now, layout.behind, layout.ahead)) {
    sql += fmt::format("\nCREATE TABLE {} PARTITION OF {}\nFOR VALUES FROM ('{}') TO ('{}'){};\n",
                       NameBeside(table, table.name + NameSuffix(range)), table.sql_name, TimeText(range.from, true),
                       TimeText(range.to, true), WithStorage(layout));
  }
  return sql;
}

absl::Status Invalid(std::string_view member, std::string_view problem) {
  return absl::InvalidArgumentError(fmt::format("Layout::{} {}", member, problem));
}

bool IsEventColumn(const std::string& name) {
  return std::ranges::find(kColumns, name, &EventColumn::name) != kColumns.end();
}

absl::Status CheckName(const Layout& layout) {
  const Table table = TableOf(layout);
  if (table.name.empty()) return Invalid("table", "is empty");
  if (table.schema_name.empty() && layout.table.find('.') != std::string::npos) {
    return Invalid("table", fmt::format("is \"{}\", with an empty schema", layout.table));
  }
  const std::size_t longest = layout.partition_by.has_value() ? kLongestName - kPartitionSuffix.size() : kLongestName;
  if (table.name.size() <= longest && table.schema_name.size() <= kLongestName) return absl::OkStatus();
  return Invalid("table", fmt::format("is \"{}\", which is too long: at most {} bytes{}", layout.table, longest,
                                      layout.partition_by.has_value() ? ", since partitions are named after it" : ""));
}

absl::Status CheckForeignKey(const ForeignKey& key, std::size_t number) {
  const std::string member = fmt::format("foreign_keys[{}]", number);
  if (key.table.empty()) return Invalid(member + ".table", "is empty");
  if (key.columns.empty()) return Invalid(member + ".columns", "is empty");
  for (const std::string& column : key.columns) {
    if (!IsEventColumn(column)) {
      return Invalid(member + ".columns", fmt::format("has \"{}\", which is no column of the table", column));
    }
  }
  if (key.referenced.empty() || key.referenced.size() == key.columns.size()) return absl::OkStatus();
  return Invalid(member + ".referenced",
                 fmt::format("has {} columns for {}", key.referenced.size(), key.columns.size()));
}

absl::Status CheckRange(std::string_view member, std::int64_t value, std::int64_t least, std::int64_t most) {
  if (least <= value && value <= most) return absl::OkStatus();
  return Invalid(member, fmt::format("is {}, not {} … {}", value, least, most));
}

absl::Status CheckNow(const Layout& layout, absl::Time now) {
  const auto year = absl::ToCivilYear(now, absl::UTCTimeZone()).year();
  const bool finite = now != absl::InfinitePast() && now != absl::InfiniteFuture();
  if (!layout.partition_by.has_value() || (finite && 1 <= year && year <= kLastYear)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("now is {}, not in the years 1 … {}", absl::FormatTime(now), kLastYear));
}

}  // namespace

std::span<const EventColumn> EventColumns() { return kColumns; }

bool HasId(const Layout& layout) { return layout.indexes == IndexProfile::kSeed; }

bool HasKeyTable(const Layout& layout) {
  return layout.dedup == DedupScope::kGlobal && layout.partition_by.has_value();
}

std::vector<std::string> EventKey() { return {"organization_id", "transaction_id"}; }

std::vector<std::string> PrimaryKeyOf(const Layout& layout) {
  if (!HasId(layout)) return {};
  if (layout.partition_by.has_value()) return {"id", std::string(kEventTime)};
  return {"id"};
}

std::vector<std::string> DedupIndexOf(const Layout& layout) {
  if (layout.dedup == DedupScope::kNone || HasKeyTable(layout)) return {};
  std::vector<std::string> columns = EventKey();
  if (layout.dedup == DedupScope::kPerTimestamp) columns.emplace_back(kEventTime);
  return columns;
}

std::vector<LayoutIndex> IndexesOf(const Layout& layout) {
  const std::string time(kEventTime);
  if (layout.indexes == IndexProfile::kAppend) return {{.columns = {time}, .brin = true}};
  std::vector<LayoutIndex> indexes = {{.columns = {"organization_id", "code", time}}};
  if (layout.indexes == IndexProfile::kSeed) indexes.push_back({.columns = {"external_customer_id", time}});
  return indexes;
}

absl::Status CheckLayout(const Layout& layout) {
  absl::Status status = CheckName(layout);
  status.Update(CheckRange("fillfactor", layout.fillfactor, 10, 100));
  status.Update(CheckRange("ahead", layout.ahead, 0, 100));
  status.Update(CheckRange("behind", layout.behind, 0, 1000));
  status.Update(CheckRange("autovacuum.insert_threshold", layout.autovacuum.insert_threshold, 0, kLargestThreshold));
  status.Update(CheckRange("autovacuum.analyze_threshold", layout.autovacuum.analyze_threshold, 0, kLargestThreshold));
  for (std::size_t i = 0; i < layout.foreign_keys.size(); ++i) {
    status.Update(CheckForeignKey(layout.foreign_keys[i], i));
  }
  return status;
}

Table TableOf(const Layout& layout) {
  const auto dot = layout.table.find('.');
  Table table;
  table.sql_name = QuoteTableName(layout.table);
  if (dot != std::string::npos) table.schema_name = layout.table.substr(0, dot);
  table.name = layout.table.substr(dot == std::string::npos ? 0 : dot + 1);
  table.partitioned = layout.partition_by.has_value();
  for (const EventColumn& column : kColumns) {
    const bool collate = layout.collate_c && column.type == PgType::kText;
    table.columns.push_back({.name = std::string(column.name),
                             .type = column.type,
                             .type_name = std::string(Name(column.type)),
                             .collation = collate ? "\"C\"" : "",
                             .not_null = column.not_null,
                             .has_default = !column.default_sql.empty()});
  }
  return table;
}

// With a scale factor of zero the work comes in portions of one size, however large the table is. A page that
// is all visible is not looked at again until it must be frozen: so it is frozen at once.
std::string StorageParameters(const Layout& layout) {
  std::vector<std::string> parameters;
  if (layout.fillfactor != 100) parameters.push_back(fmt::format("fillfactor = {}", layout.fillfactor));
  if (layout.autovacuum.tuned) {
    parameters.push_back(fmt::format(
        "autovacuum_vacuum_insert_threshold = {}, autovacuum_vacuum_insert_scale_factor = 0,\n"
        "      autovacuum_analyze_threshold = {}, autovacuum_analyze_scale_factor = 0, autovacuum_freeze_min_age = 0",
        layout.autovacuum.insert_threshold, layout.autovacuum.analyze_threshold));
  }
  return fmt::format("{}", fmt::join(parameters, ",\n      "));
}

std::string EventsTableDdl(const Layout& layout, absl::Time now) {
  std::string sql = TableSql(layout);
  for (const LayoutIndex& index : IndexesOf(layout)) {
    sql += fmt::format("CREATE INDEX ON {}{} ({});\n", QuoteTableName(layout.table), index.brin ? " USING brin" : "",
                       QuotedList(index.columns));
  }
  if (layout.partition_by.has_value()) sql += PartitionsDdl(layout, now);
  return sql;
}

}  // namespace bxb::schema

namespace bxb {

std::string_view Name(IndexProfile profile) {
  switch (profile) {
    case IndexProfile::kSeed:
      return "seed";
    case IndexProfile::kLean:
      return "lean";
    case IndexProfile::kAppend:
      return "append";
  }
  return "unknown";
}

absl::StatusOr<std::string> LayoutDdl(const Layout& layout, absl::Time now) {
  if (absl::Status status = schema::CheckLayout(layout); !status.ok()) return status;
  if (absl::Status status = schema::CheckNow(layout, now); !status.ok()) return status;
  std::string sql = schema::EventsTableDdl(layout, now);
  if (schema::HasKeyTable(layout)) sql += "\n" + schema::KeyTableDdl(schema::TableOf(layout), schema::EventKey());
  if (layout.dedup == DedupScope::kNone) sql += "\n" + schema::LedgerDdl(schema::TableOf(layout));
  return sql;
}

}  // namespace bxb
