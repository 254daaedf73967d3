#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bxb/testing/ephemeral_postgres.h"
#include "support/session.h"

namespace bxb::bench {

/// The two tables that rows go into.
enum class Table {
  kDedup,  ///< an events table with the unique index on (organization_id, transaction_id) and no other
  kSeed,   ///< the events table as WriterOptions::create_table makes it: primary key and three indexes
};

/// A server that somebody else has started, or that is the user's.
struct RunningServer {
  std::string dsn;
  int pid = 0;         ///< of its postmaster; 0: not known, the user's
  std::string folder;  ///< on its disk; empty: not known
};

/// Drops the schema, if it is there, with all that is in it: some tables in each transaction, as a server has locks for
/// some hundred partitions only.
void DropSchema(Session& session, const std::string& schema);

/// The one server of a run, with its tables in a schema of their own.
class Server {
 public:
  /// Connects to the server of that dsn, or starts a private one where it is empty, with these lines of
  /// postgresql.conf besides its own.
  explicit Server(std::string dsn, const std::map<std::string, std::string>& settings = {});

  /// A running one, as a guest in `schema`, which is dropped first if it is there.
  Server(const RunningServer& running, const std::string& schema);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& dsn() const { return dsn_; }
  std::string NameOf(Table table) const;

  /// The full name of another table in the run's schema, which is the caller's to create.
  std::string InSchema(std::string_view name) const;

  /// Empties the tables and writes everything to disk, so that each run starts from the same state.
  void Clear();
  void Checkpoint();  ///< the last part of that alone

  /// Dies unless the table has so many rows.
  void RequireRows(const std::string& table, std::size_t rows);

  std::int64_t Count(const std::string& table);

  Session& session() { return *session_; }
  testing::EphemeralPostgres* own() { return own_.get(); }  ///< null for a running one

  /// Where it runs; of a private one the process changes when it is restarted.
  RunningServer running() const;

 private:
  void CreateSchema();
  void CreateTables();
  void WarmUpLog();

  std::unique_ptr<testing::EphemeralPostgres> own_;
  RunningServer running_;  ///< where it is not a private one
  std::string dsn_;
  std::string schema_;
  std::optional<Session> session_;
  bool may_checkpoint_ = false;
};

}  // namespace bxb::bench
