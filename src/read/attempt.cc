#include "read/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "bxb/status.h"
#include "read/transaction.h"
#include "read/whole_number.h"
#include "wire/status_text.h"
#include "wire/wal_file.h"

namespace bxb::read {
namespace {

// What a server says where it is; the other kind of server fails at the first function that is not for it. The WAL
// file's name begins with the timeline.
constexpr const char* kPrimarySql =
    "SELECT pg_is_in_recovery(), pg_current_wal_insert_lsn(), extract(epoch FROM pg_postmaster_start_time()), "
    "pg_walfile_name(pg_current_wal_insert_lsn())";
constexpr const char* kStandbySql =
    "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), extract(epoch FROM pg_postmaster_start_time()), NULL";

// Behind the read: what it may have seen. A standby shows a commit as soon as it has replayed it, the primary only when
// its synchronous standbys have confirmed it; so a standby also says which transactions it may have shown.
constexpr const char* kPrimaryPositionSql = "SELECT pg_current_wal_insert_lsn(), NULL";
constexpr const char* kStandbyPositionSql = "SELECT pg_last_wal_replay_lsn(), pg_snapshot_xmax(pg_current_snapshot())";
constexpr const char* kTransactionsSql =
    ", pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmax(pg_current_snapshot())";
constexpr std::string_view kWrongKindOfServer = "55000";

// A snapshot ends behind the last transaction that is over. A standby may have shown later ones, which still wait for
// their standbys on the primary; so many, with their subtransactions, cannot be under way there.
constexpr std::uint64_t kUnderWayAtMost = 1'000'000;

// Columns of kTransactionsSql.
constexpr std::size_t kUnderWay = 4;
constexpr std::size_t kToCome = 5;

// PostgreSQL counts milliseconds in 32 bits.
constexpr absl::Duration kLongestTimeout = absl::Hours(24 * 24);

Lsn LsnOf(const std::optional<std::string_view>& text) { return Lsn::Parse(text.value_or("")).value_or(Lsn{}); }

pq::Statement Command(std::string sql) { return {.sql = std::move(sql), .is_command = true}; }

std::uint64_t NumberOf(const std::optional<std::string_view>& text) {
  return WholeNumber<std::uint64_t>(text.value_or("")).value_or(0);
}

}  // namespace

Attempt::Attempt(internal::ClusterEngine& cluster, const Candidate& server, Session& session, const Bounds& bounds,
                 pq::Deadline deadline)
    : cluster_(cluster),
      server_(server.server),
      standby_(!server.primary),
      session_(session),
      bounds_(bounds),
      deadline_(deadline),
      sent_(std::chrono::steady_clock::now()),
      timeline_(cluster.timeline()) {}

// The server is to end what nobody waits for any more; a shorter statement_timeout of the role's stays.
std::string Attempt::TimeoutSql() const {
  const absl::Duration left = absl::Ceil(absl::FromChrono(deadline_ - sent_), absl::Milliseconds(1));
  const absl::Duration least = std::min({left, session_.statement_timeout, kLongestTimeout});
  return fmt::format("SET LOCAL statement_timeout = {}", std::max<std::int64_t>(1, absl::ToInt64Milliseconds(least)));
}

absl::Status Attempt::Unconfirmed(std::string_view how) {
  unconfirmed_ = true;
  return absl::UnavailableError(fmt::format("{} is not what it was taken for: {}", cluster_.name(server_), how));
}

absl::Status Attempt::Confirm(pq::RowView row) {
  seen_ = {.standby = row[0] == "t",
           .position = LsnOf(row[1]),
           .timeline = row[3] ? wire::TimelineOfWalFile(*row[3]).value_or(0) : timeline_,
           .started = std::string(row[2].value_or(""))};
  last_ = {seen_.position, timeline_};
  if (absl::Status known = CheckToken(row); !known.ok()) return known;
  if (!cluster_.Confirms(server_, seen_, bounds_, sent_)) {
    return Unconfirmed(fmt::format("a {} at {}", seen_.standby ? "standby" : "primary", seen_.position.ToString()));
  }
  if (row.size() > kUnderWay && NumberOf(row[kUnderWay]) < bounds_.at_least.xid) {
    return Unconfirmed("a primary that has yet to show what a standby has shown");
  }
  confirmed_ = true;
  return absl::OkStatus();
}

// What the primary itself has not come to nobody can wait for.
absl::Status Attempt::CheckToken(pq::RowView row) const {
  const ReadToken& token = bounds_.at_least;
  if (seen_.standby || seen_.timeline != timeline_ || token.timeline != timeline_) return absl::OkStatus();
  const bool transaction_to_come = row.size() > kToCome && NumberOf(row[kToCome]) + kUnderWayAtMost < token.xid;
  if (seen_.position >= token.lsn && !transaction_to_come) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "the token {} lies beyond the log of the primary {}, which ends at {}: it is of another cluster, or a "
      "crash has lost what it stands for",
      token.ToString(), cluster_.name(server_), seen_.position.ToString()));
}

absl::Status Attempt::Note(pq::RowView row) {
  last_ = {LsnOf(row[0]), timeline_};
  last_.xid = NumberOf(row[1]);
  return absl::OkStatus();
}

absl::Status Attempt::Deliver(absl::FunctionRef<absl::Status()> give) {
  if (rows_++ == 0) session_.connection.set_interrupt(nullptr);
  absl::Status said = give();
  ended_by_caller_ = !said.ok();
  return said;
}

std::array<pq::Statement, 3> Attempt::Opening() const {
  std::string where = standby_ ? kStandbySql : kPrimarySql;
  const ReadToken& token = bounds_.at_least;
  // What was under way when a standby was promoted is over.
  if (!standby_ && token.xid != 0 && token.timeline == timeline_) where += kTransactionsSql;
  return {{Command(kBeginSql), Command(TimeoutSql()), {.sql = std::move(where)}}};
}

// It has written nothing, and what it has set must not stay with the session.
std::array<pq::Statement, 2> Attempt::Closing() const {
  return {{{.sql = standby_ ? kStandbyPositionSql : kPrimaryPositionSql}, Command("ROLLBACK")}};
}

absl::Status Attempt::Query(const pq::Statement& statement, OnRow on_row) {
  const auto [begin, timeout, where] = Opening();
  const auto [position, rollback] = Closing();
  const std::array statements = {begin, timeout, where, statement, position, rollback};
  return Finished(session_.connection.Pipeline(
      statements,
      [&](std::size_t number, pq::RowView row) {
        if (number == 2) return Confirm(row);
        if (number == 3) return Deliver([&] { return on_row(row); });
        return Note(row);
      },
      deadline_));
}

absl::Status Attempt::Transaction(absl::FunctionRef<absl::Status(pq::Connection&)> work) {
  pq::Connection& connection = session_.connection;
  absl::Status status =
      connection.Pipeline(Opening(), [&](std::size_t, pq::RowView row) { return Confirm(row); }, deadline_);
  if (status.ok()) status = work(connection);
  if (!status.ok()) return Finished(std::move(status));
  return Finished(connection.Pipeline(Closing(), [&](std::size_t, pq::RowView row) { return Note(row); }, deadline_));
}

absl::Status Attempt::Finished(absl::Status status) {
  if (!confirmed_ && SqlStateOf(status) == kWrongKindOfServer) {
    status = Unconfirmed(wire::Text(status));
  }
  pq::Connection& connection = session_.connection;
  if (!connection.lost() && connection.in_transaction()) (void)connection.Query("ROLLBACK", deadline_);
  return status;
}

ReadReport Attempt::Report() const {
  return {.endpoint = cluster_.name(server_),
          .role = seen_.standby ? EndpointState::Role::kStandby : EndpointState::Role::kPrimary,
          .token = last_,
          .staleness = seen_.standby ? cluster_.Staleness(seen_.position, sent_) : absl::ZeroDuration(),
          .rows = rows_};
}

}  // namespace bxb::read
