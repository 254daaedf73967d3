#include "write/acknowledgement.h"

namespace bxb::write {

absl::StatusOr<Outcome> AcknowledgementOf(const pq::Rows& rows) {
  const bool complete = rows.size() == 1 && rows[0].size() == 4 && rows[0][0] && rows[0][1] && rows[0][2] && rows[0][3];
  const auto lsn = complete ? Lsn::Parse(*rows[0][0]) : std::nullopt;
  if (!lsn) return absl::InternalError("the server did not say where the commit is in its log");
  return Outcome{.kind = Outcome::Kind::kInserted,
                 .durability = DurabilityOf(*rows[0][1], rows[0][2] == "t", rows[0][3] == "on"),
                 .lsn = *lsn,
                 .status = absl::OkStatus()};
}

Durability DurabilityOf(const std::string& synchronous_commit, bool has_synchronous_standbys, bool fsync) {
  if (synchronous_commit == "off" || !fsync) return Durability::kNone;
  if (synchronous_commit == "local" || !has_synchronous_standbys) return Durability::kLocalFsync;
  if (synchronous_commit == "remote_write") return Durability::kRemoteWrite;
  if (synchronous_commit == "remote_apply") return Durability::kRemoteApply;
  return Durability::kRemoteFlush;
}

}  // namespace bxb::write
