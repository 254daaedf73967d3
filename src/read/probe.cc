#include "read/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace bxb::read {
namespace {

// Whatever the role's defaults are: a hot standby knows no serializable transactions.
std::string InTransaction(std::string_view sql) {
  return fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; {}; COMMIT", sql);
}

// Where a primary's log is flushed up to: what lies behind that no standby can have, and nothing of it is confirmed but
// commits under synchronous_commit = off. The timeline: of a primary, as the name of its WAL file begins; of a standby,
// what it receives, where the role may know that, else that of its last restart point, which comes late.
constexpr const char* kProbeSql = R"(
  SELECT r.standby,
         CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END,
         CASE WHEN r.standby
              THEN COALESCE((SELECT received_tli FROM pg_stat_wal_receiver),
                            (SELECT timeline_id FROM pg_control_checkpoint()))
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END,
         extract(epoch FROM pg_postmaster_start_time())
    FROM (SELECT pg_is_in_recovery() AS standby) r)";

template <class Number>
std::optional<Number> ToNumber(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<std::string> SystemIdentifier(pq::Connection& connection, pq::Deadline deadline) {
  auto rows = connection.Query(InTransaction("SELECT system_identifier FROM pg_control_system()"), deadline);
  if (!rows.ok()) return rows.status();
  return rows->at(0).at(0).value_or("");
}

absl::StatusOr<Observation> Probe(pq::Connection& connection, pq::Deadline deadline) {
  auto rows = connection.Query(InTransaction(kProbeSql), deadline);
  if (!rows.ok()) return rows.status();
  const auto& row = rows->at(0);
  if (!std::ranges::all_of(row, [](const auto& value) { return value.has_value(); })) {
    return absl::UnavailableError("the server does not say where its log is: it has not replayed any yet");
  }
  const auto position = Lsn::Parse(*row[1]);
  const auto timeline = ToNumber<std::uint32_t>(*row[2]);
  if (!position || !timeline) return absl::InternalError("the server says nothing sensible of its log");
  return Observation{.standby = *row[0] == "t", .position = *position, .timeline = *timeline, .started = *row[3]};
}

}  // namespace bxb::read
