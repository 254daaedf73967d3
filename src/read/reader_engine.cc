#include "bxb/internal/reader_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bxb/reader.h"
#include "read/options.h"
#include "read/replay.h"
#include "read/router.h"
#include "read/scan.h"
#include "read/usage_statement.h"
#include "schema/table.h"

namespace bxb::internal {
namespace {

// The caller's part of a scan: its errors are its own, and each row counts.
TupleSink Counting(const TupleSink& sink, read::Attempt& attempt) {
  return {.on_types = sink.on_types,
          .on_tuple = [&](std::string_view tuple) { return attempt.Deliver([&] { return sink.on_tuple(tuple); }); }};
}

absl::StatusOr<std::shared_ptr<Cluster>> ClusterOf(const ReaderOptions& options) {
  if (options.cluster != nullptr) return options.cluster;
  ClusterOptions watch = options.watch;
  watch.dsn = options.dsn;
  watch.endpoints = options.endpoints;
  return Cluster::Open(watch);
}

}  // namespace

struct ReaderEngine::Impl {
  Impl(const ReaderOptions& options, std::shared_ptr<Cluster> cluster)
      : table(schema::QuoteTableName(options.table)), router(options, std::move(cluster)) {}

  const std::string table;
  read::Router router;
};

ReaderEngine::ReaderEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReaderEngine::~ReaderEngine() = default;

absl::StatusOr<std::unique_ptr<ReaderEngine>> ReaderEngine::Open(const ReaderOptions& options) {
  if (absl::Status valid = read::CheckOptions(options); !valid.ok()) return valid;
  auto cluster = ClusterOf(options);
  if (!cluster.ok()) return cluster.status();
  return std::unique_ptr<ReaderEngine>(new ReaderEngine(std::make_unique<Impl>(options, *std::move(cluster))));
}

absl::StatusOr<ReadReport> ReaderEngine::Query(const std::string& sql,
                                               const std::vector<std::optional<std::string>>& parameters,
                                               const OnTextRow& on_row, const ReadOptions& options) {
  const pq::Statement statement = {.sql = sql, .parameters = parameters};
  return impl_->router.Read(options, [&](read::Attempt& attempt) { return attempt.Query(statement, on_row); });
}

absl::StatusOr<ReadReport> ReaderEngine::Usage(const UsageQuery& query,
                                               const std::function<absl::Status(const UsageRow&)>& on_row,
                                               const ReadOptions& options) {
  if (absl::Status valid = read::CheckUsageQuery(query); !valid.ok()) return valid;
  const pq::Statement statement = read::UsageStatement(query, impl_->table);
  return impl_->router.Read(options, [&](read::Attempt& attempt) {
    return attempt.Query(statement, [&](pq::RowView row) {
      auto usage = read::UsageRowOf(query, row);
      return usage.ok() ? on_row(*usage) : usage.status();
    });
  });
}

absl::StatusOr<UsagePlan> ReaderEngine::Explain(const UsageQuery& query, bool analyze, const ReadOptions& options) {
  if (absl::Status valid = read::CheckUsageQuery(query); !valid.ok()) return valid;
  const pq::Statement statement = read::UsageStatement(query, impl_->table);
  UsagePlan plan = {.sql = statement.sql};
  for (const auto& parameter : statement.parameters) plan.parameters.push_back(parameter.value_or("NULL"));
  const pq::Statement explain = {.sql = (analyze ? "EXPLAIN (ANALYZE, BUFFERS) " : "EXPLAIN ") + statement.sql,
                                 .parameters = statement.parameters};
  const auto report = impl_->router.Read(options, [&](read::Attempt& attempt) {
    return attempt.Query(explain, [&](pq::RowView row) {
      plan.plan += fmt::format("{}\n", row[0].value_or(""));
      return absl::OkStatus();
    });
  });
  if (!report.ok()) return report.status();
  return plan;
}

absl::StatusOr<ReadReport> ReaderEngine::Scan(const RowShape& shape, const ScanOptions& scan, const TupleSink& sink,
                                              const ReadOptions& options) {
  return impl_->router.Read(options, [&](read::Attempt& attempt) {
    return attempt.Transaction([&](pq::Connection& connection) {
      const auto plan = read::PlanScan(connection, shape, scan, attempt.deadline());
      if (!plan.ok()) return plan.status();
      return read::StreamScan(connection, *plan, Counting(sink, attempt), attempt.deadline()).status();
    });
  });
}

absl::StatusOr<ReplayReport> ReaderEngine::Replay(const RowShape& shape, const ReplayPosition& since,
                                                  const ScanOptions& scan, const TupleSink& sink,
                                                  const ReadOptions& options) {
  ReplayReport replay;
  const auto stream = [&](read::Attempt& attempt, pq::Connection& connection) -> absl::Status {
    const auto common = impl_->router.cluster().CommonWith(since.timeline);
    absl::Status continues = read::CheckContinues(connection, since, attempt.timeline(), common, attempt.deadline());
    if (!continues.ok()) return continues;
    const auto now = read::ReplayPositionNow(connection, attempt.timeline(), attempt.deadline());
    if (!now.ok()) return now.status();
    replay.next = now->xid > since.xid ? *now : since;
    if (now->xid <= since.xid) return absl::OkStatus();
    auto plan = read::PlanScan(connection, shape, scan, attempt.deadline());
    if (!plan.ok()) return plan.status();
    plan->conditions.push_back(read::CommittedBetween(since, *now));
    return read::StreamScan(connection, *plan, Counting(sink, attempt), attempt.deadline()).status();
  };
  auto report = impl_->router.Read(options, [&](read::Attempt& attempt) {
    return attempt.Transaction([&](pq::Connection& connection) { return stream(attempt, connection); });
  });
  if (!report.ok()) return report.status();
  replay.read = *std::move(report);
  return replay;
}

ClusterSnapshot ReaderEngine::cluster() const { return impl_->router.cluster().snapshot(); }
ReaderStats ReaderEngine::stats() const { return impl_->router.stats(); }

}  // namespace bxb::internal
