// Reads that scale out and never go back in time: usage from a replica that shows what was just written.
//
// Loads a file, asks for the usage of its largest organization (of a replica, at least as of the load), shows how the
// server runs that, streams everything, and then only what has been committed since.

#include <filesystem>
#include <iostream>
#include <memory>
#include <vector>

#include "bxb/bxb.h"
#include "bxb/testing/ephemeral_postgres.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/format.h"
#include "support/load.h"

namespace {

using examples::WithCommas;

/// The servers that the example reads from: those that `--dsn` names, or a private primary with a standby.
class Servers {
 public:
  static absl::StatusOr<Servers> Open(const std::optional<std::string>& dsn) {
    Servers servers;
    if (dsn) {
      servers.dsn_ = *dsn;
      return servers;
    }
    auto primary = bxb::testing::EphemeralPostgres::Start();
    if (!primary.ok()) return primary.status();
    auto standby = (*primary)->StartStandby("replica");
    if (!standby.ok()) return standby.status();
    servers.dsn_ = "host=" + (*primary)->dir() + "," + (*standby)->dir() + " user=postgres dbname=postgres";
    servers.running_.push_back(*std::move(primary));
    servers.running_.push_back(*std::move(standby));
    return servers;
  }

  const std::string& dsn() const { return dsn_; }

 private:
  std::string dsn_;
  std::vector<std::unique_ptr<bxb::testing::EphemeralPostgres>> running_;
};

/// The organization with the most events, and the time they are of.
absl::StatusOr<bxb::UsageQuery> Largest(bxb::Reader& reader, const std::string& table,
                                        const bxb::ReadOptions& options) {
  bxb::UsageQuery query;
  const auto take = [&](bxb::TextRow row) {
    query.organization_id = *bxb::Uuid::Parse(*row[0]);
    absl::ParseTime(absl::RFC3339_full, std::string(*row[1]), &query.from, nullptr);
    absl::ParseTime(absl::RFC3339_full, std::string(*row[2]), &query.to, nullptr);
    return absl::OkStatus();
  };
  const std::string utc = "AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T00:00:00Z\"')";
  const auto read =
      reader.Query("SELECT organization_id, to_char(min(timestamp) " + utc + ", to_char((max(timestamp) + '1 day') " +
                       utc + " FROM " + examples::QuoteTable(table) + " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
                   {}, take, options);
  if (!read.ok()) return read.status();
  return query;
}

absl::Status ShowUsage(bxb::Reader& reader, bxb::UsageQuery query, const bxb::ReadOptions& options) {
  query.aggregate = bxb::Sum("value");
  query.group_by = {bxb::GroupBy::Code()};
  query.bucket = bxb::Bucket::kDay;
  query.time_zone = "America/Chicago";
  std::string code;
  const auto print = [&](const bxb::UsageRow& row) {
    std::cout << "    " << row << "\n";
    code = row.group[0].value_or("");
    return absl::OkStatus();
  };
  auto read = reader.StreamUsage(query, print, options);
  if (!read.ok()) return read.status();
  std::cout << "    read from a " << Name(read->role) << " at " << read->token << "\n";

  query.bucket.reset();
  query.codes = {code};
  auto plan = reader.Explain(query);
  if (!plan.ok()) return plan.status();
  std::cout << "\n3. How a server would run it for one code\n" << plan->plan;
  return absl::OkStatus();
}

absl::Status ShowReplay(bxb::Reader& reader, bxb::EventWriter& writer, const bxb::ScanOptions& scan) {
  std::uint64_t rows = 0;
  const auto count = [&](const bxb::Event&) { return ++rows, absl::OkStatus(); };
  const absl::Time start = absl::Now();
  auto all = reader.Replay<bxb::Event>({}, scan, count);
  if (!all.ok()) return all.status();
  std::cout << "    " << WithCommas(rows) << " events, " << examples::PerSecond(rows, absl::Now() - start)
            << ", up to position " << all->next << "\n";

  const bxb::Outcome outcome =
      writer.WriteDurable({.organization_id = *bxb::Uuid::Parse("0b0e7f4e-6c0e-4f0a-8f5e-3d1f0f6f2a77"),
                           .transaction_id = "after the replay",
                           .external_customer_id = "cust_7",
                           .code = "flight",
                           .timestamp = absl::Now(),
                           .value = 1});
  if (!outcome.stored()) return outcome.status;
  rows = 0;
  // Position and token travel as text, for example to another process.
  const auto since = bxb::ReplayPosition::Parse(all->next.ToString());
  const auto token = bxb::ReadToken::Parse(outcome.token().ToString());
  auto news = reader.Replay<bxb::Event>(*since, scan, count, {.at_least = *token});
  if (!news.ok()) return news.status();
  std::cout << "    one more is written: " << outcome << "\n    since that position: " << rows << " event\n";
  return absl::OkStatus();
}

absl::Status Run(const Servers& servers, const std::string& file, const std::string& table) {
  std::cout << "1. Load " << file << " into " << table << "\n";
  const bxb::WriterOptions options = {.dsn = servers.dsn(), .table = table, .create_table = true};
  auto loaded = examples::Load(file, options);
  if (!loaded.ok()) return loaded.status();
  std::cout << *loaded << "\n";

  auto reader = bxb::Reader::Open({.dsn = servers.dsn(), .table = table});
  if (!reader.ok()) return reader.status();
  std::cout << (*reader)->cluster() << "\n";

  // Whoever serves it, a read with this token shows all that was loaded.
  const bxb::ReadOptions after_the_load = {.at_least = loaded->written.token(), .wait = absl::Seconds(5)};
  auto query = Largest(**reader, table, after_the_load);
  if (!query.ok()) return query.status();
  std::cout << "2. Usage of " << query->organization_id.ToString() << ", by code and day in Chicago\n";
  if (absl::Status shown = ShowUsage(**reader, *query, after_the_load); !shown.ok()) return shown;

  std::cout << "\n4. Everything, and then what was committed since\n";
  auto writer = bxb::EventWriter::Open(options);
  if (!writer.ok()) return writer.status();
  return ShowReplay(**reader, **writer, {.table = table});
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv,
                                    "Loads usage events, and reads them back from replicas (name all hosts in --dsn).",
                                    {examples::kDsnFlag,
                                     {"file", "PATH", "the events, NDJSON; .gz or plain (required)"},
                                     {"table", "NAME", "made where there is none; default: example_usage"}});
  const auto file = flags.Get("file");
  if (!file) flags.Misuse("--file is missing");
  auto servers = Servers::Open(flags.Get("dsn"));
  if (!servers.ok()) return flags.Fail(servers.status());
  const absl::Status status = Run(*servers, *file, flags.Get("table", "example_usage"));
  return status.ok() ? 0 : flags.Fail(status);
}
