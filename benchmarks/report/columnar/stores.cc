#include "report/columnar/stores.h"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>

#include "bxb/schema.h"

namespace bxb::bench::report {
namespace {

std::string With(std::string_view sql, std::string_view table) { return fmt::format(fmt::runtime(sql), table); }

double Number(Session& session, const std::string& sql) { return std::stod(session.Value(sql)); }

// All rows of the answer as one value.
std::string AskPostgres(Session& session, const std::string& sql) {
  return session.Value(
      fmt::format("SELECT string_agg(concat_ws(E'\\t', a, b, c), E'\\n') || E'\\n' FROM ({}) AS answer(a, b, c)", sql));
}

// The size of each column's values in `rows`, a query.
std::map<std::string, double> ColumnBytes(Session& session, const std::string& rows) {
  std::map<std::string, double> columns;
  for (const std::string_view column : kStoredColumns) {
    columns.emplace(column,
                    Number(session, fmt::format("SELECT sum(pg_column_size({})) FROM ({}) AS stored", column, rows)));
  }
  return columns;
}

}  // namespace

RowStore::RowStore(const Ground& ground, const UsageMonth& month)
    : server_(ground.server, ground.schema), session_(server_.dsn()) {
  const std::string seed = server_.NameOf(Table::kSeed);
  const std::string lean = server_.InSchema("lean");
  const absl::Status created = ApplyLayout(server_.dsn(), {.table = lean, .indexes = IndexProfile::kLean});
  if (!created.ok()) Die(std::string(created.message()));
  month.ForEachBatch([&](std::span<const Event> events) {
    const EncodedEvents encoded(events);
    for (const std::string& table : {seed, lean}) session_.Copy(CopySql(table), encoded.Tuples(0, encoded.size()));
  });
  session_.Run("SET timezone = 'UTC'");
  Keep("seed", seed);
  Keep("lean", lean);
}

void RowStore::Keep(const std::string& name, const std::string& table) {
  session_.Run("VACUUM (ANALYZE) " + table);
  Store::Keep(name, {.all = Number(session_, fmt::format("SELECT pg_total_relation_size('{}')", table)),
                     .columns = ColumnBytes(session_, "SELECT * FROM " + table)});
}

std::string RowStore::Ask(std::string_view sql) {
  return AskPostgres(session_, With(sql, server_.NameOf(Table::kSeed)));
}

namespace {

constexpr std::string_view kClickHouseTable =
    "CREATE TABLE {} (organization_id UUID, transaction_id String, external_customer_id String, "
    "code LowCardinality(String), timestamp DateTime64(6, 'UTC'), properties String, value Float64, "
    "decimal_value Decimal(18, 2), created_at DateTime64(6, 'UTC') DEFAULT now64(6)) "
    "ENGINE = MergeTree ORDER BY (organization_id, code, timestamp) {}";

// There is nothing to escape: these events have no backslash, tab or line feed.
void AppendTabSeparated(const Event& event, std::string& lines) {
  const std::int64_t micros = absl::ToUnixMicros(event.timestamp);
  fmt::format_to(std::back_inserter(lines), "{}\t{}\t{}.{:06}\t{}\t{}\t{}\t{}\t{}\n", event.organization_id.ToString(),
                 event.transaction_id, micros / 1'000'000, micros % 1'000'000, event.external_customer_id, event.code,
                 event.properties, *event.value, event.decimal_value->ToString());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> ClickHouseStore::Open(const Ground& ground, const UsageMonth& month) {
  const absl::StatusOr<std::string> library = ground.Peer("chdb", "libchdb.so");
  if (!library.ok()) return library.status();
  auto chdb = Chdb::Open(*library, ground.folder + "/clickhouse");
  if (!chdb.ok()) return chdb.status();
  return std::unique_ptr<Store>(new ClickHouseStore(*std::move(chdb), month));
}

ClickHouseStore::ClickHouseStore(std::unique_ptr<Chdb> chdb, const UsageMonth& month) : chdb_(std::move(chdb)) {
  chdb_->Query(fmt::format(fmt::runtime(kClickHouseTable), "lz4", ""));
  chdb_->Query(fmt::format(fmt::runtime(kClickHouseTable), "zstd", "SETTINGS default_compression_codec = 'ZSTD(1)'"));
  Fill(month);
  chdb_->Query("INSERT INTO zstd SELECT * FROM lz4");
  Keep("lz4");
  Keep("zstd");
}

void ClickHouseStore::Fill(const UsageMonth& month) {
  Chdb::Insert insert(*chdb_, fmt::format("INSERT INTO lz4 ({})", kColumns));
  std::string lines;
  month.ForEachBatch([&](std::span<const Event> events) {
    lines.clear();
    for (const Event& event : events) AppendTabSeparated(event, lines);
    insert.Append(lines);
  });
  insert.Finish();
}

void ClickHouseStore::Keep(const std::string& table) {
  chdb_->Query(fmt::format("OPTIMIZE TABLE {} FINAL", table));
  const auto bytes = [&](std::string_view sum, std::string_view parts, std::string_view column) {
    return std::stod(chdb_->Query(
        fmt::format("SELECT sum({}) FROM system.{} WHERE active AND table = '{}'{}", sum, parts, table, column)));
  };
  StoredBytes stored{.all = bytes("bytes_on_disk", "parts", "")};
  for (const std::string_view column : kStoredColumns) {
    stored.columns.emplace(column,
                           bytes("column_bytes_on_disk", "parts_columns", fmt::format(" AND column = '{}'", column)));
  }
  Store::Keep(table, std::move(stored));
}

// Its cache of conditions would remember which rows the same query has found the last time.
std::string ClickHouseStore::Ask(std::string_view sql) {
  return chdb_->Query(With(sql, "lz4") +
                      " SETTINGS output_format_decimal_trailing_zeros = 1, use_query_condition_cache = 0");
}

absl::StatusOr<std::unique_ptr<Store>> TimescaleStore::Open(const Ground& ground, const UsageMonth& month) {
  const absl::StatusOr<std::string> front = ground.Peer("timescaledb", "front.mjs");
  if (!front.ok()) return front.status();
  auto server = TimescaleDb::Start(*front, ground.folder + "/timescaledb");
  if (!server.ok()) return server.status();
  return std::unique_ptr<Store>(new TimescaleStore(*std::move(server), month));
}

TimescaleStore::TimescaleStore(std::unique_ptr<TimescaleDb> server, const UsageMonth& month)
    : server_(std::move(server)), session_(server_->dsn()) {
  Create();
  month.ForEachBatch([&](std::span<const Event> events) {
    const EncodedEvents encoded(events);
    session_.Copy(CopySql("events"), encoded.Tuples(0, encoded.size()));
  });
  Store::Keep("uncompressed", {.all = Number(session_, "SELECT hypertable_size('events')"), .columns = {}});
  session_.Value("SELECT count(compress_chunk(chunk)) FROM show_chunks('events') AS chunk");
  session_.Run("VACUUM (ANALYZE) events");
  const std::string chunks = session_.Value(
      "SELECT string_agg(format('SELECT * FROM %I.%I', packed.schema_name, packed.table_name), ' UNION ALL ') "
      "FROM _timescaledb_catalog.chunk JOIN _timescaledb_catalog.chunk AS packed "
      "ON packed.id = chunk.compressed_chunk_id");
  Store::Keep("compressed",
              {.all = Number(session_, "SELECT hypertable_size('events')"), .columns = ColumnBytes(session_, chunks)});
}

void TimescaleStore::Create() {
  session_.Run(
      "CREATE EXTENSION IF NOT EXISTS timescaledb;"
      "CREATE TABLE events (organization_id uuid NOT NULL, transaction_id text NOT NULL, "
      "external_customer_id text NOT NULL, code text NOT NULL, timestamp timestamptz NOT NULL, "
      "properties jsonb NOT NULL DEFAULT '{}', value double precision, decimal_value numeric, "
      "created_at timestamptz NOT NULL DEFAULT now())");
  session_.Value("SELECT create_hypertable('events', 'timestamp')");
  session_.Run(
      "ALTER TABLE events SET (timescaledb.compress, timescaledb.compress_segmentby = 'organization_id', "
      "timescaledb.compress_orderby = 'timestamp');"
      "SET timezone = 'UTC'");
}

std::string TimescaleStore::Ask(std::string_view sql) { return AskPostgres(session_, With(sql, "events")); }

}  // namespace bxb::bench::report
