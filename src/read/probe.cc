#include "read/probe.h"

#include <algorithm>

#include "read/transaction.h"
#include "read/whole_number.h"
#include "wire/wal_file.h"

namespace bxb::read {
namespace {

// Where a primary's log is flushed up to: what lies behind that no standby can have, and nothing of it is confirmed but
// commits under synchronous_commit = off. The timeline: of a primary, in the name of its WAL file; of a standby,
// what it receives, where the role may know that, else that of its last restart point, which comes late.
constexpr const char* kProbeSql = R"(
  SELECT r.standby,
         CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END,
         CASE WHEN r.standby
              THEN COALESCE((SELECT received_tli FROM pg_stat_wal_receiver),
                            (SELECT timeline_id FROM pg_control_checkpoint()))::text
              ELSE pg_walfile_name(pg_current_wal_insert_lsn()) END,
         extract(epoch FROM pg_postmaster_start_time())
    FROM (SELECT pg_is_in_recovery() AS standby) r)";

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
  const bool standby = row[0] == "t";
  const auto timeline = standby ? WholeNumber<std::uint32_t>(*row[2]) : wire::TimelineOfWalFile(*row[2]);
  if (!position || !timeline) return absl::InternalError("the server says nothing sensible of its log");
  return Observation{.standby = standby, .position = *position, .timeline = *timeline, .started = *row[3]};
}

}  // namespace bxb::read
