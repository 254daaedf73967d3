#include "support/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <utility>

#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench {
namespace {

// Everything is on, as in production; but no checkpoint and no autovacuum falls into one contender and not
// into another: each run starts behind a checkpoint of its own, and fits into max_wal_size.
testing::EphemeralPostgresOptions ServerOptions(std::map<std::string, std::string> settings) {
  settings.insert({{"fsync", "on"},
                   {"synchronous_commit", "on"},
                   {"full_page_writes", "on"},
                   {"shared_buffers", "1GB"},
                   {"min_wal_size", "2GB"},
                   {"max_wal_size", "8GB"},
                   {"checkpoint_timeout", "30min"},
                   {"autovacuum", "off"},
                   {"max_connections", "60"},
                   {"max_locks_per_transaction", "256"}});
  return {.settings = std::move(settings)};
}

// Partitions before their roots; empty if there is none.
std::string SomeTables(Session& session, const std::string& schema) {
  return session.Value(
      fmt::format("SELECT coalesce(string_agg(oid::regclass::text, ', '), '') FROM (SELECT oid FROM pg_class WHERE "
                  "relnamespace = to_regnamespace('{}') AND relkind IN ('r', 'p') "
                  "ORDER BY relkind DESC, relispartition DESC LIMIT 100) AS some_tables",
                  schema));
}

}  // namespace

void DropSchema(Session& session, const std::string& schema) {
  for (std::string tables; !(tables = SomeTables(session, schema)).empty();) {
    session.Run(fmt::format("DROP TABLE {} CASCADE", tables));
  }
  session.Run(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", schema));
}

Server::Server(std::string dsn, const std::map<std::string, std::string>& settings)
    : dsn_(std::move(dsn)), schema_(fmt::format("bxb_bench_{}", getpid())) {
  if (dsn_.empty()) {
    own_ = Must(testing::EphemeralPostgres::Start(ServerOptions(settings)));
    dsn_ = own_->dsn();
  } else {
    running_.dsn = dsn_;
    std::cerr << fmt::format("{}: works in the schema {} of that server, which is dropped afterwards\n",
                             program_invocation_short_name, schema_);
  }
  CreateSchema();
  WarmUpLog();
}

Server::Server(const RunningServer& running, const std::string& schema)
    : running_(running), dsn_(running.dsn), schema_(schema) {
  CreateSchema();
}

RunningServer Server::running() const {
  return own_ == nullptr ? running_ : RunningServer{dsn_, own_->pid(), own_->dir()};
}

void Server::CreateSchema() {
  session_.emplace(dsn_);
  may_checkpoint_ = session_->Value("SELECT usesuper FROM pg_user WHERE usename=current_user") == "t";
  DropSchema(*session_, schema_);
  session_->Run("CREATE SCHEMA " + schema_);
  CreateTables();
}

Server::~Server() { DropSchema(*session_, schema_); }

std::string Server::NameOf(Table table) const { return InSchema(table == Table::kDedup ? "dedup" : "seed"); }

std::string Server::InSchema(std::string_view name) const { return fmt::format("{}.{}", schema_, name); }

void Server::CreateTables() {
  WriterOptions options{.dsn = dsn_, .table = NameOf(Table::kSeed)};
  options.create_table = true;
  OpenWriter(options);
  session_->Run(
      fmt::format("CREATE TABLE {0} (LIKE {1} INCLUDING DEFAULTS);"
                  "ALTER TABLE {0} ADD UNIQUE (organization_id, transaction_id)",
                  NameOf(Table::kDedup), NameOf(Table::kSeed)));
}

// A log file that is used again costs less than a new one: the first contender would pay for them all.
void Server::WarmUpLog() {
  session_->Run(
      fmt::format("CREATE TABLE {}.warm_up AS SELECT repeat('x', 1000) FROM generate_series(1, 1000000)", schema_));
  session_->Run(fmt::format("DROP TABLE {}.warm_up", schema_));
  Clear();
}

void Server::Clear() {
  session_->Run(fmt::format("TRUNCATE {}, {}", NameOf(Table::kDedup), NameOf(Table::kSeed)));
  Checkpoint();
}

void Server::Checkpoint() {
  if (may_checkpoint_) session_->Run("CHECKPOINT");
}

void Server::RequireRows(const std::string& table, std::size_t rows) {
  const std::int64_t stored = Count(table);
  if (stored != static_cast<std::int64_t>(rows)) Die(fmt::format("{} rows stored instead of {}", stored, rows));
}

std::int64_t Server::Count(const std::string& table) {
  return std::stoll(session_->Value("SELECT count(*) FROM " + table));
}

}  // namespace bxb::bench
