#include "read/probe.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace bxb::read {
namespace {

// The timeline: of a primary, as the name of its WAL file begins; of a standby, what it receives, where the role may
// know that, else that of its last restart point, which comes late.
constexpr const char* kProbeSql = R"(
  SELECT r.standby,
         CASE WHEN r.standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END,
         CASE WHEN r.standby
              THEN GREATEST((SELECT received_tli FROM pg_stat_wal_receiver),
                            (SELECT timeline_id FROM pg_control_checkpoint()))
              ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END,
         extract(epoch FROM pg_postmaster_start_time()),
         (SELECT system_identifier FROM pg_control_system()),
         current_setting('wal_block_size'),
         pg_size_bytes(current_setting('wal_segment_size'))
    FROM (SELECT pg_is_in_recovery() AS standby) r)";

// src/include/access/xlog_internal.h: the header of a page, and the longer one of a segment's first page.
constexpr std::uint64_t kPageHeaderBytes = 24;
constexpr std::uint64_t kSegmentHeaderBytes = 40;

template <class Number>
std::optional<Number> ToNumber(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Lsn EndOfLog(Lsn insert_position, std::uint64_t page_bytes, std::uint64_t segment_bytes) {
  const std::uint64_t at = insert_position.value;
  if (at % segment_bytes == kSegmentHeaderBytes) return {at - kSegmentHeaderBytes};
  if (at % page_bytes == kPageHeaderBytes) return {at - kPageHeaderBytes};
  return insert_position;
}

absl::StatusOr<Observation> Probe(pq::Connection& connection, pq::Deadline deadline) {
  auto rows = connection.Query(kProbeSql, deadline);
  if (!rows.ok()) return rows.status();
  const auto& row = rows->at(0);
  if (!std::ranges::all_of(row, [](const auto& value) { return value.has_value(); })) {
    return absl::UnavailableError("the server does not say where its log is: it has not replayed any yet");
  }
  const auto position = Lsn::Parse(*row[1]);
  const auto timeline = ToNumber<std::uint32_t>(*row[2]);
  const auto page = ToNumber<std::uint64_t>(*row[5]);
  const auto segment = ToNumber<std::uint64_t>(*row[6]);
  if (!position || !timeline || page.value_or(0) == 0 || segment.value_or(0) == 0) {
    return absl::InternalError("the server says nothing sensible of its log");
  }
  const bool standby = *row[0] == "t";
  return Observation{.standby = standby,
                     .position = standby ? *position : EndOfLog(*position, *page, *segment),
                     .timeline = *timeline,
                     .started = *row[3],
                     .system = *row[4]};
}

}  // namespace bxb::read
