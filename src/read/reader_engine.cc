#include "bxb/internal/reader_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
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

// libpq takes texts up to their first NUL, and counts parameters in 16 bits.
absl::Status CheckStatement(const pq::Statement& statement) {
  constexpr std::size_t kMostParameters = 65'535;
  const auto has_nul = [](const std::optional<std::string>& text) { return text && text->find('\0') != text->npos; };
  if (has_nul(statement.sql)) return absl::InvalidArgumentError("the query holds a NUL byte");
  if (std::ranges::any_of(statement.parameters, has_nul)) {
    return absl::InvalidArgumentError("a parameter holds a NUL byte");
  }
  if (statement.parameters.size() <= kMostParameters) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("the query has {} parameters; {} are the most", statement.parameters.size(), kMostParameters));
}

absl::Status CheckLabel(const ReaderOptions& options, const ClusterSnapshot& cluster) {
  if (options.label.empty()) return absl::OkStatus();
  if (std::ranges::find(cluster.endpoints, options.label, &EndpointState::label) != cluster.endpoints.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("ReaderOptions::label is \"{}\", which is the label of no endpoint", options.label));
}

// Events are where the reader's options say.
ScanOptions Located(ScanOptions scan, const RowShape& shape, const std::string& events_table) {
  if (scan.table.empty() && shape.is_event) scan.table = events_table;
  return scan;
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
      : events_table(options.table), table(schema::QuoteTableName(events_table)), router(options, std::move(cluster)) {}

  absl::Status CheckTimeZone(const std::string& name, const ReadOptions& options, pq::Deadline deadline);

  const std::string events_table;
  const std::string table;  ///< the same, quoted
  read::Router router;

  std::mutex mutex;
  std::set<std::string> time_zones = {"UTC"};  ///< that a server has confirmed
};

// PostgreSQL takes "+02:00" for two hours west of Greenwich, and "CEST" for a zone without summer. Its list takes some
// milliseconds, so each name is looked up once; how far the server has come does not matter.
absl::Status ReaderEngine::Impl::CheckTimeZone(const std::string& name, const ReadOptions& options,
                                               pq::Deadline deadline) {
  {
    const std::lock_guard lock(mutex);
    if (time_zones.contains(name)) return absl::OkStatus();
  }
  ReadOptions unbounded = options;
  unbounded.at_least = {};
  unbounded.max_staleness.reset();
  unbounded.max_lag_bytes.reset();
  bool known = false;
  const pq::Statement statement = {.sql = "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)",
                                   .parameters = {name}};
  const auto read = router.Read(unbounded, deadline, [&](read::Attempt& attempt) {
    return attempt.Query(statement, [&](pq::RowView row) { return known = row[0] == "t", absl::OkStatus(); });
  });
  if (!read.ok()) return read.status();
  if (!known) {
    return absl::InvalidArgumentError(fmt::format(
        "UsageQuery::time_zone is \"{}\", which is not the name of a time zone, as \"Europe/Paris\" is", name));
  }
  const std::lock_guard lock(mutex);
  time_zones.insert(name);
  return absl::OkStatus();
}

ReaderEngine::ReaderEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReaderEngine::~ReaderEngine() = default;

absl::StatusOr<std::unique_ptr<ReaderEngine>> ReaderEngine::Open(const ReaderOptions& options) {
  if (absl::Status valid = read::CheckOptions(options); !valid.ok()) return valid;
  auto cluster = ClusterOf(options);
  if (!cluster.ok()) return cluster.status();
  if (absl::Status near = CheckLabel(options, (*cluster)->snapshot()); !near.ok()) return near;
  return std::unique_ptr<ReaderEngine>(new ReaderEngine(std::make_unique<Impl>(options, *std::move(cluster))));
}

absl::StatusOr<ReadReport> ReaderEngine::Query(const std::string& sql,
                                               const std::vector<std::optional<std::string>>& parameters,
                                               const OnTextRow& on_row, const ReadOptions& options) {
  const pq::Statement statement = {.sql = sql, .parameters = parameters};
  if (absl::Status valid = CheckStatement(statement); !valid.ok()) return valid;
  if (!on_row) return absl::InvalidArgumentError("on_row is empty");
  return impl_->router.Read(options, [&](read::Attempt& attempt) { return attempt.Query(statement, on_row); });
}

absl::StatusOr<ReadReport> ReaderEngine::StreamUsage(const UsageQuery& query,
                                                     const std::function<absl::Status(const UsageRow&)>& on_row,
                                                     const ReadOptions& options) {
  if (!on_row) return absl::InvalidArgumentError("on_row is empty");
  if (absl::Status valid = read::CheckUsageQuery(query); !valid.ok()) return valid;
  const pq::Deadline deadline = pq::After(options.timeout);
  if (absl::Status known = impl_->CheckTimeZone(query.time_zone, options, deadline); !known.ok()) return known;
  const pq::Statement statement = read::UsageStatement(query, impl_->table);
  return impl_->router.Read(options, deadline, [&](read::Attempt& attempt) {
    return attempt.Query(statement, [&](pq::RowView row) {
      auto usage = read::UsageRowOf(query, row);
      return usage.ok() ? on_row(*usage) : usage.status();
    });
  });
}

absl::StatusOr<UsagePlan> ReaderEngine::Explain(const UsageQuery& query, bool analyze, const ReadOptions& options) {
  if (absl::Status valid = read::CheckUsageQuery(query); !valid.ok()) return valid;
  const pq::Deadline deadline = pq::After(options.timeout);
  if (absl::Status known = impl_->CheckTimeZone(query.time_zone, options, deadline); !known.ok()) return known;
  const pq::Statement statement = read::UsageStatement(query, impl_->table);
  UsagePlan plan = {.sql = statement.sql};
  for (const auto& parameter : statement.parameters) plan.parameters.push_back(parameter.value_or("NULL"));
  const pq::Statement explain = {.sql = (analyze ? "EXPLAIN (ANALYZE, BUFFERS) " : "EXPLAIN ") + statement.sql,
                                 .parameters = statement.parameters};
  const auto report = impl_->router.Read(options, deadline, [&](read::Attempt& attempt) {
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
  const ScanOptions located = Located(scan, shape, impl_->events_table);
  return impl_->router.Read(options, [&](read::Attempt& attempt) {
    return attempt.Transaction([&](pq::Connection& connection) {
      const auto plan = read::PlanScan(connection, shape, located, attempt.deadline());
      if (!plan.ok()) return plan.status();
      return read::StreamScan(connection, *plan, Counting(sink, attempt), attempt.deadline()).status();
    });
  });
}

absl::StatusOr<ReplayReport> ReaderEngine::Replay(const RowShape& shape, const ReplayPosition& since,
                                                  const ScanOptions& scan, const TupleSink& sink,
                                                  const ReadOptions& options) {
  const ScanOptions located = Located(scan, shape, impl_->events_table);
  // A server that is not there yet has nothing to give; nor has one of another cluster, which is found out so.
  ReadOptions reached = options;
  ReadToken token(since.lsn, since.timeline);
  token.xid = since.xid;
  reached.at_least.Raise(token);
  ReplayReport replay;
  const auto stream = [&](read::Attempt& attempt, pq::Connection& connection) -> absl::Status {
    const auto common = impl_->router.cluster().CommonWith(since.timeline);
    absl::Status continues = read::CheckContinues(connection, since, attempt.timeline(), common, attempt.deadline());
    if (!continues.ok()) return continues;
    const auto now = read::ReplayPositionNow(connection, attempt.timeline(), attempt.deadline());
    if (!now.ok()) return now.status();
    replay.next = now->xid > since.xid ? *now : since;
    if (now->xid <= since.xid) return absl::OkStatus();
    auto plan = read::PlanScan(connection, shape, located, attempt.deadline());
    if (!plan.ok()) return plan.status();
    plan->conditions.push_back(read::CommittedBetween(since, *now));
    return read::StreamScan(connection, *plan, Counting(sink, attempt), attempt.deadline()).status();
  };
  auto report = impl_->router.Read(reached, [&](read::Attempt& attempt) {
    return attempt.Transaction([&](pq::Connection& connection) { return stream(attempt, connection); });
  });
  if (!report.ok()) return report.status();
  replay.read = *std::move(report);
  return replay;
}

ClusterSnapshot ReaderEngine::cluster() const { return impl_->router.cluster().snapshot(); }
ReaderStats ReaderEngine::stats() const { return impl_->router.stats(); }

}  // namespace bxb::internal
