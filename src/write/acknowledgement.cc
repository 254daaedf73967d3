#include "write/acknowledgement.h"

#include <algorithm>
#include <optional>

#include "wire/wal_file.h"

namespace bxb::write {
namespace {

constexpr std::size_t kColumns = 6;

bool IsComplete(const pq::Rows& rows) {
  return rows.size() == 1 && rows[0].size() == kColumns &&
         std::ranges::all_of(rows[0], [](const auto& value) { return value.has_value(); });
}

}  // namespace

absl::StatusOr<Acknowledgement> AcknowledgementOf(const pq::Rows& rows) {
  const auto lsn = IsComplete(rows) ? Lsn::Parse(*rows[0][0]) : std::nullopt;
  const auto timeline = lsn ? wire::TimelineOfWalFile(*rows[0][4]) : std::nullopt;
  if (!timeline) return absl::InternalError("the server did not say where the commit is in its log");
  const auto& row = rows[0];
  return Acknowledgement{.outcome = {.kind = Outcome::Kind::kInserted,
                                     .durability = DurabilityOf(*row[1], row[2] == "t", row[3] == "on"),
                                     .lsn = *lsn,
                                     .timeline = *timeline},
                         .server = {.timeline = *timeline, .started = *row[5]}};
}

Durability DurabilityOf(const std::string& synchronous_commit, bool has_synchronous_standbys, bool fsync) {
  if (synchronous_commit == "off" || !fsync) return Durability::kNone;
  if (synchronous_commit == "local" || !has_synchronous_standbys) return Durability::kLocalFsync;
  if (synchronous_commit == "remote_write") return Durability::kRemoteWrite;
  if (synchronous_commit == "remote_apply") return Durability::kRemoteApply;
  return Durability::kRemoteFlush;
}

}  // namespace bxb::write
