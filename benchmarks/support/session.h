#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bxb::bench {

/// Says why on stderr and ends the program: a benchmark has nothing better to do about an error.
[[noreturn]] void Die(std::string_view what);

/// Also tells `tell` why, from now on. Before there are threads.
void OnDeath(std::function<void(std::string_view)> tell);

/// A libpq connection used as plainly as libpq allows: what the writer is compared with goes through it,
/// not through bxb's own. Dies on errors. Thread-compatible.
class Session {
 public:
  explicit Session(const std::string& dsn);

  void Run(const std::string& sql);

  /// The first column of the first row.
  std::string Value(const std::string& sql);

  /// One statement with its parameters, values as text; returns the number of rows.
  std::size_t Query(const std::string& sql, std::span<const std::string> parameters);

  /// Receives the data of a COPY TO STDOUT, without a look at it; returns the number of rows.
  std::size_t Receive(const std::string& sql);

  /// One simple-query message that holds one COPY FROM STDIN, and its data: header, tuples, trailer, handed
  /// to libpq in pieces of at most `chunk_bytes`.
  void Copy(const std::string& sql, std::string_view tuples, std::size_t chunk_bytes = std::size_t{64} << 10);

  /// The same for a message that holds a COPY for each of `parts`: its tuples.
  void CopyEach(const std::string& sql, std::span<const std::string_view> parts,
                std::size_t chunk_bytes = std::size_t{64} << 10);

  void Prepare(const std::string& name, const std::string& sql);

  /// Executes a prepared statement with the fields of a COPY BINARY tuple as its parameters.
  void Execute(const std::string& name, std::string_view tuple);

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  Result Checked(PGresult* result, ExecStatusType expected);
  void Put(std::string_view data);
  void PutTuples(std::string_view tuples, std::size_t chunk_bytes);

  std::unique_ptr<PGconn, Finish> connection_;
};

/// `BEGIN;COPY table(columns of an event) FROM STDIN (FORMAT binary);COMMIT`
std::string CopySql(const std::string& table);

/// The same through a temporary table, where rows that are in the table already stay out of it.
std::string MergeSql(const std::string& table);

/// The columns of an event in a tuple's order.
inline constexpr std::string_view kColumns =
    "organization_id,transaction_id,timestamp,external_customer_id,code,properties,value,decimal_value";

}  // namespace bxb::bench
