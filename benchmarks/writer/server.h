#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bxb/testing/ephemeral_postgres.h"
#include "writer/session.h"
#include "writer/settings.h"

namespace bxb::bench {

/// The two tables that rows go into.
enum class Table {
  kDedup,  ///< an events table with the unique index on (organization_id, transaction_id) and no other
  kSeed,   ///< the events table as WriterOptions::create_table makes it: primary key and three indexes
};

/// The one server of a run, with its tables in a schema of their own.
class Server {
 public:
  /// Starts a private server, or connects to the one that the settings name.
  explicit Server(const Settings& settings);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& dsn() const { return dsn_; }
  std::string NameOf(Table table) const;

  /// Empties the tables and writes everything to disk, so that each run starts from the same state.
  void Clear();

  std::int64_t Count(Table table);

  Session& session() { return *session_; }
  testing::EphemeralPostgres* own() { return own_.get(); }  ///< null for a user's server

 private:
  void CreateTables();
  void WarmUpLog();

  std::unique_ptr<testing::EphemeralPostgres> own_;
  std::string dsn_;
  std::string schema_;
  std::optional<Session> session_;
  bool may_checkpoint_ = false;
};

}  // namespace bxb::bench
