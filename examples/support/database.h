#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/testing/ephemeral_postgres.h"

namespace examples {

/// The rows of a query as text, the columns' names first; NULL is an empty string.
using TextTable = std::vector<std::vector<std::string>>;

/// The server that an example works on: the one that `--dsn` names, or a private one that goes away with
/// this object.
class Database {
 public:
  static absl::StatusOr<Database> Open(std::optional<std::string> dsn);

  const std::string& dsn() const { return dsn_; }
  bool is_throwaway() const { return server_ != nullptr; }

  /// Runs SQL on a connection of its own.
  absl::StatusOr<TextTable> Query(const std::string& sql) const;

 private:
  Database(std::string dsn, std::unique_ptr<bxb::testing::EphemeralPostgres> server)
      : dsn_(std::move(dsn)), server_(std::move(server)) {}

  std::string dsn_;
  std::unique_ptr<bxb::testing::EphemeralPostgres> server_;
};

/// "schema.name" or "name", as SQL wants it: "schema"."name".
std::string QuoteTable(std::string_view table);

}  // namespace examples
