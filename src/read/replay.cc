#include "read/replay.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

#include "read/whole_number.h"

namespace bxb::read {
namespace {

// The transactions below a snapshot's xmin have written how they ended before the snapshot was taken, and a statement's
// snapshot is taken before its functions run: so their ends lie before this position in the log. Read the other way
// round it could lie before an end, and a promotion in between would go unseen.
constexpr const char* kNowSql = R"(
  SELECT pg_snapshot_xmin(pg_current_snapshot()), pg_is_in_recovery(),
         CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
         (3000 * extract(epoch FROM current_setting('wal_writer_delay')::interval))::bigint)";

// A primary that crashes forgets what was not flushed, and gives its transaction numbers out again.
constexpr const char* kFlushedSql = "SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn, $1::pg_lsn";

// A standby shows a transaction as over a moment before it counts that record as replayed.
constexpr const char* kReplayedSql = R"(
  SELECT l.lsn > $1::pg_lsn OR coalesce(pg_last_wal_receive_lsn() <= l.lsn, true), l.lsn
    FROM (SELECT pg_last_wal_replay_lsn() AS lsn OFFSET 0) l)";

constexpr const char* kPause = "SELECT pg_sleep(0.005)";

// Waits until the log has come as far as it takes, but not for ever: after three times wal_writer_delay all ends are
// flushed (https://www.postgresql.org/docs/15/wal-async-commit.html), whatever else the primary has not flushed yet;
// and a standby may hold the first half of a record whose rest it never gets.
absl::StatusOr<Lsn> SettledLsn(pq::Connection& connection, const char* sql, const std::string& lsn,
                               absl::Duration patience, pq::Deadline deadline) {
  const pq::Deadline enough = pq::After(patience);
  while (true) {
    const auto rows = connection.Query(sql, {lsn}, deadline);
    if (!rows.ok()) return rows.status();
    const auto& row = rows->front();
    const auto now = Lsn::Parse(row[1].value_or(""));
    if (!now) return absl::UnavailableError("the server has no position in the log");
    if (row[0] == "t" || std::chrono::steady_clock::now() >= enough) return *now;
    if (const auto paused = connection.Query(kPause, deadline); !paused.ok()) return paused.status();
  }
}

constexpr std::uint64_t kWrap = std::uint64_t{1} << 32;

// A row has the low half of its transaction's number, and that type can neither be compared nor cast. age() counts
// from a number that stays the same within one statement, so a difference of two ages is one of transactions, and
// costs half of what casting through text does.
std::string AgeOf(std::uint64_t xid) { return fmt::format("(SELECT age('{}'::xid)::bigint)", xid % kWrap); }

std::string Within(const ReplayPosition& since, const ReplayPosition& next) {
  return fmt::format("((age(xmin) - {}) & {}) BETWEEN 1 AND {}", AgeOf(next.xid), kWrap - 1, next.xid - since.xid);
}

// All but those from `next` up to the end of what this statement's snapshot shows.
std::string Before(const ReplayPosition& next) {
  return fmt::format("(({} - age(xmin)) & {}) >= (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint - {})",
                     AgeOf(next.xid), kWrap - 1, next.xid);
}

constexpr const char* kMayReadSql =
    "SELECT has_function_privilege('pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')";

constexpr const char* kHistorySql = "SELECT pg_read_file('pg_wal/{:08X}.history', 0, 16777216, true)";

absl::Status Unproven(const ReplayPosition& since, std::uint32_t timeline, std::string_view why) {
  return absl::FailedPreconditionError(fmt::format("position {} is of timeline {}, the server is on timeline {}: {}",
                                                   since.ToString(), since.timeline, timeline, why));
}

std::string_view TakeUntil(std::string_view& text, char end) {
  const std::size_t size = text.find(end);
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size == std::string_view::npos ? text.size() : size + 1);
  return taken;
}

// Lines of a history file: a timeline, a tab, where it was left on the way to this one, a tab, and why.
std::optional<Lsn> PartingFrom(std::uint32_t timeline, std::string_view history) {
  while (!history.empty()) {
    std::string_view line = TakeUntil(history, '\n');
    if (WholeNumber<std::uint32_t>(TakeUntil(line, '\t')) == timeline) return Lsn::Parse(TakeUntil(line, '\t'));
  }
  return std::nullopt;
}

absl::Status CheckHistory(const ReplayPosition& since, std::uint32_t timeline, const std::string& history) {
  const std::optional<Lsn> parting = PartingFrom(since.timeline, history);
  if (!parting) return Unproven(since, timeline, "that did not come out of the position's");
  if (since.lsn <= *parting) return absl::OkStatus();
  return Unproven(since, timeline,
                  fmt::format("the two parted at {}, before the position was taken", parting->ToString()));
}

}  // namespace

absl::StatusOr<ReplayPosition> ReplayPositionNow(pq::Connection& connection, std::uint32_t timeline,
                                                 pq::Deadline deadline) {
  const auto rows = connection.Query(kNowSql, deadline);
  if (!rows.ok()) return rows.status();
  const auto& row = rows->front();
  const auto xid = WholeNumber<std::uint64_t>(row[0].value_or(""));
  const auto patience = WholeNumber<std::uint32_t>(row[3].value_or(""));
  if (!xid || !row[2] || !patience) return absl::UnavailableError("the server has no position in the log");
  const auto lsn = SettledLsn(connection, row[1] == "t" ? kReplayedSql : kFlushedSql, *row[2],
                              absl::Milliseconds(*patience), deadline);
  if (!lsn.ok()) return lsn.status();
  return ReplayPosition{.xid = *xid, .timeline = timeline, .lsn = *lsn};
}

std::string CommittedBetween(const ReplayPosition& since, const ReplayPosition& next) {
  if (since.xid >= next.xid) return "false";
  const std::uint64_t transactions = next.xid - since.xid;
  if (since.xid == 0 || transactions >= kWrap) return Before(next);
  // A row above `next` is less than half a wrap away from it, and must not be taken for one of the range.
  return transactions < kWrap / 2 ? Within(since, next) : Within(since, next) + " AND " + Before(next);
}

absl::Status CheckContinues(pq::Connection& connection, const ReplayPosition& since, std::uint32_t timeline,
                            std::optional<Lsn> common, pq::Deadline deadline) {
  if (since.xid == 0 || since.timeline == timeline) return absl::OkStatus();
  if (since.timeline > timeline) {
    return absl::UnavailableError(
        fmt::format("position {} is of timeline {}, which the server has not reached: it is on timeline {}",
                    since.ToString(), since.timeline, timeline));
  }
  if (common && since.lsn <= *common) return absl::OkStatus();

  // Asked first, since the refusal itself would spoil a transaction.
  const auto may_read = connection.Query(kMayReadSql, deadline);
  if (!may_read.ok()) return may_read.status();
  if (may_read->front()[0] != "t") {
    return Unproven(since, timeline,
                    "to see where the two parted, the role needs EXECUTE on "
                    "pg_read_file(text, bigint, bigint, boolean)");
  }
  const auto history = connection.Query(fmt::format(kHistorySql, timeline), deadline);
  if (!history.ok()) return history.status();
  const auto& text = history->front()[0];
  if (!text) return Unproven(since, timeline, fmt::format("it has no pg_wal/{:08X}.history", timeline));
  return CheckHistory(since, timeline, *text);
}

}  // namespace bxb::read
