#include "support/database.h"

#include <libpq-fe.h>

#include <iostream>

namespace examples {
namespace {

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Connection = std::unique_ptr<PGconn, Free>;
using Result = std::unique_ptr<PGresult, Free>;

std::string FirstLine(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

absl::StatusOr<Connection> Connect(const std::string& dsn) {
  // Not libpq's own words: they repeat what it could not read, and that may be a password.
  if (!std::unique_ptr<PQconninfoOption, Free>(PQconninfoParse(dsn.c_str(), nullptr))) {
    return absl::InvalidArgumentError("the connection string cannot be read");
  }
  const char* const names[] = {"connect_timeout", "dbname", nullptr};
  const char* const values[] = {"10", dsn.c_str(), nullptr};
  Connection connection(PQconnectdbParams(names, values, /*expand_dbname=*/1));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError(FirstLine(PQerrorMessage(connection.get())));
  }
  return connection;
}

TextTable ToTable(const PGresult* result) {
  TextTable table(1);
  const int columns = PQnfields(result);
  for (int column = 0; column < columns; ++column) table[0].emplace_back(PQfname(result, column));
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& cells = table.emplace_back();
    for (int column = 0; column < columns; ++column) cells.emplace_back(PQgetvalue(result, row, column));
  }
  return table;
}

std::string Quote(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

absl::StatusOr<Database> Database::Open(std::optional<std::string> dsn) {
  if (dsn) return Database(*std::move(dsn), nullptr);
  std::cout << "Starting a throwaway PostgreSQL, gone when this program ends (--dsn names yours) ...\n" << std::flush;
  auto server = bxb::testing::EphemeralPostgres::Start();
  if (!server.ok()) return server.status();
  std::string own = (*server)->dsn();
  return Database(std::move(own), *std::move(server));
}

absl::StatusOr<TextTable> Database::Query(const std::string& sql) const {
  auto connection = Connect(dsn_);
  if (!connection.ok()) return connection.status();
  const Result result(PQexec(connection->get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return ToTable(result.get());
  return absl::InternalError(FirstLine(PQerrorMessage(connection->get())));
}

std::string QuoteTable(std::string_view table) {
  const std::size_t dot = table.find('.');
  if (dot == std::string_view::npos) return Quote(table);
  return Quote(table.substr(0, dot)) + "." + Quote(table.substr(dot + 1));
}

}  // namespace examples
