#include "read/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

namespace bxb::read {
namespace {

// Whatever the role's defaults are: with one snapshot for all statements the position would be younger than it.
constexpr const char* kBeginSql = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY";

// A role's own statement_timeout holds where it is shorter. The WAL file's name begins with the timeline.
constexpr const char* kConfirmSql = R"(
  SELECT r.standby,
         CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
         CASE WHEN NOT r.standby THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END,
         extract(epoch FROM pg_postmaster_start_time()),
         set_config('statement_timeout',
                    CASE WHEN own::interval BETWEEN '1 us' AND left_over::interval THEN own ELSE left_over END, true)
    FROM (SELECT pg_is_in_recovery() AS standby) r,
         (SELECT current_setting('statement_timeout') AS own, $1::text AS left_over) s)";

constexpr const char* kPositionSql =
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END";

Lsn LsnOf(const std::optional<std::string_view>& text) { return Lsn::Parse(text.value_or("")).value_or(Lsn{}); }

std::uint32_t HexOf(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

}  // namespace

Attempt::Attempt(internal::ClusterEngine& cluster, std::size_t server, Session& session, const Bounds& bounds,
                 pq::Deadline deadline)
    : cluster_(cluster),
      server_(server),
      session_(session),
      bounds_(bounds),
      deadline_(deadline),
      sent_(std::chrono::steady_clock::now()),
      timeline_(cluster.timeline()) {}

pq::Statement Attempt::Opening() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - sent_).count();
  // PostgreSQL counts these milliseconds in 32 bits.
  const auto bounded = std::clamp<std::int64_t>(left, 1, 2'000'000'000);
  return {.sql = kConfirmSql, .parameters = {fmt::format("{}ms", bounded)}};
}

absl::Status Attempt::Confirm(pq::RowView row) {
  seen_ = {.standby = row[0] == "t",
           .position = LsnOf(row[1]),
           .timeline = row[2] ? HexOf(*row[2]) : timeline_,
           .started = std::string(row[3].value_or("")),
           .system = {}};
  last_ = seen_.position;
  if (cluster_.Confirms(server_, seen_, bounds_, sent_)) return absl::OkStatus();
  unconfirmed_ = true;
  return absl::UnavailableError(
      fmt::format("{} is at {}, and not what it was taken for", cluster_.name(server_), seen_.position.ToString()));
}

absl::Status Attempt::Deliver(absl::FunctionRef<absl::Status()> give) {
  if (rows_++ == 0) session_.connection.set_interrupt(nullptr);
  absl::Status said = give();
  ended_by_caller_ = !said.ok();
  return said;
}

absl::Status Attempt::Query(const pq::Statement& statement, OnRow on_row) {
  const std::array<pq::Statement, 5> statements = {{{kBeginSql}, Opening(), statement, {kPositionSql}, {"COMMIT"}}};
  return Finished(session_.connection.Pipeline(
      statements,
      [&](std::size_t number, pq::RowView row) {
        if (number == 1) return Confirm(row);
        if (number == 2) return Deliver([&] { return on_row(row); });
        last_ = LsnOf(row[0]);
        return absl::OkStatus();
      },
      deadline_));
}

absl::Status Attempt::Transaction(absl::FunctionRef<absl::Status(pq::Connection&)> work) {
  pq::Connection& connection = session_.connection;
  const std::array<pq::Statement, 2> begin = {{{kBeginSql}, Opening()}};
  absl::Status status =
      connection.Pipeline(begin, [&](std::size_t, pq::RowView row) { return Confirm(row); }, deadline_);
  if (status.ok()) status = work(connection);
  if (!status.ok()) return Finished(std::move(status));
  const std::array<pq::Statement, 2> end = {{{kPositionSql}, {"COMMIT"}}};
  return Finished(connection.Pipeline(
      end,
      [&](std::size_t, pq::RowView row) {
        last_ = LsnOf(row[0]);
        return absl::OkStatus();
      },
      deadline_));
}

absl::Status Attempt::Finished(absl::Status status) {
  pq::Connection& connection = session_.connection;
  if (!connection.lost() && connection.in_transaction()) (void)connection.Query("ROLLBACK", deadline_);
  return status;
}

ReadReport Attempt::Report() const {
  return {.endpoint = cluster_.name(server_),
          .role = seen_.standby ? EndpointState::Role::kStandby : EndpointState::Role::kPrimary,
          .token = {last_, timeline_},
          .staleness = seen_.standby ? cluster_.Staleness(seen_.position, sent_) : absl::ZeroDuration(),
          .attempts = 1,
          .rows = rows_};
}

}  // namespace bxb::read
