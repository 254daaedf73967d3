#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "report/columnar/chdb.h"
#include "report/columnar/timescaledb.h"
#include "report/columnar/usage_month.h"
#include "report/ground.h"
#include "support/server.h"

namespace bxb::bench::report {

inline constexpr std::array<std::string_view, 9> kStoredColumns = {
    "organization_id", "transaction_id", "external_customer_id", "code",      "timestamp",
    "properties",      "value",          "decimal_value",        "created_at"};

/// What a table takes on disk.
struct StoredBytes {
  double all = 0;
  std::map<std::string, double> columns;
};

/// The month in one engine, in one table or more. Dies on errors. Thread-compatible.
class Store {
 public:
  virtual ~Store() = default;

  /// `sql` is a query of three columns that all engines understand, with "{}" for the table; the answer has a line for
  /// each row, with tabs between its fields.
  virtual std::string Ask(std::string_view sql) = 0;

  /// By table.
  const std::map<std::string, StoredBytes>& stored() const { return stored_; }

 protected:
  void Keep(std::string table, StoredBytes bytes) { stored_.emplace(std::move(table), std::move(bytes)); }

 private:
  std::map<std::string, StoredBytes> stored_;
};

/// PostgreSQL: the layouts "seed", which is asked, and "lean".
class RowStore : public Store {
 public:
  RowStore(const Ground& ground, const UsageMonth& month);

  std::string Ask(std::string_view sql) override;

 private:
  void Keep(const std::string& name, const std::string& table);

  Server server_;
  Session session_;
};

/// ClickHouse: compressed with "lz4", which is asked, and "zstd".
class ClickHouseStore : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Ground& ground, const UsageMonth& month);

  std::string Ask(std::string_view sql) override;

 private:
  ClickHouseStore(std::unique_ptr<Chdb> chdb, const UsageMonth& month);
  void Fill(const UsageMonth& month);
  void Keep(const std::string& table);

  std::unique_ptr<Chdb> chdb_;
};

/// TimescaleDB: one hypertable, "uncompressed" and, from then on, "compressed".
class TimescaleStore : public Store {
 public:
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Ground& ground, const UsageMonth& month);

  std::string Ask(std::string_view sql) override;

 private:
  TimescaleStore(std::unique_ptr<TimescaleDb> server, const UsageMonth& month);
  void Create();

  std::unique_ptr<TimescaleDb> server_;
  Session session_;
};

}  // namespace bxb::bench::report
