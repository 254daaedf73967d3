#include "writer/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>

#include "bxb/writer.h"

namespace bxb::bench {
namespace {

// Everything is on, as in production; but no checkpoint and no autovacuum falls into one contender and not
// into another: each run starts behind a checkpoint of its own, and fits into max_wal_size.
testing::EphemeralPostgresOptions ServerOptions() {
  return {.settings = {{"fsync", "on"},
                       {"synchronous_commit", "on"},
                       {"full_page_writes", "on"},
                       {"shared_buffers", "1GB"},
                       {"min_wal_size", "2GB"},
                       {"max_wal_size", "8GB"},
                       {"checkpoint_timeout", "30min"},
                       {"autovacuum", "off"},
                       {"max_connections", "60"}}};
}

}  // namespace

Server::Server(const Settings& settings) : dsn_(settings.dsn), schema_(fmt::format("bxb_bench_{}", getpid())) {
  if (dsn_.empty()) {
    auto started = testing::EphemeralPostgres::Start(ServerOptions());
    if (!started.ok()) Die(started.status().ToString());
    own_ = *std::move(started);
    dsn_ = own_->dsn();
  } else {
    std::cerr << "bench_writer: works in the schema " << schema_ << " of that server, which is dropped afterwards\n";
  }
  session_.emplace(dsn_);
  may_checkpoint_ = session_->Value("SELECT usesuper FROM pg_user WHERE usename=current_user") == "t";
  session_->Run("CREATE SCHEMA " + schema_);
  CreateTables();
  WarmUpLog();
}

Server::~Server() { session_->Run(fmt::format("DROP SCHEMA {} CASCADE", schema_)); }

std::string Server::NameOf(Table table) const { return schema_ + (table == Table::kDedup ? ".dedup" : ".seed"); }

void Server::CreateTables() {
  WriterOptions options{.dsn = dsn_, .table = NameOf(Table::kSeed)};
  options.create_table = true;
  if (const auto writer = EventWriter::Open(options); !writer.ok()) Die(writer.status().ToString());
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
  if (may_checkpoint_) session_->Run("CHECKPOINT");
}

std::int64_t Server::Count(Table table) { return std::stoll(session_->Value("SELECT count(*) FROM " + NameOf(table))); }

}  // namespace bxb::bench
