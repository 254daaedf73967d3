#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "bxb/read_options.h"
#include "pq/connection.h"
#include "read/bounds.h"
#include "read/cluster_engine.h"
#include "read/session_pool.h"

namespace bxb::read {

/// One try of a read on one server, in a read-only transaction in which the server first says where it is: what it then
/// reads is at least of that position, and at most of the one that it says at the end.
class Attempt {
 public:
  /// The references must outlive it.
  Attempt(internal::ClusterEngine& cluster, const Candidate& server, Session& session, const Bounds& bounds,
          pq::Deadline deadline);

  using OnRow = absl::FunctionRef<absl::Status(pq::RowView)>;

  /// One statement, in one round trip.
  absl::Status Query(const pq::Statement& statement, OnRow on_row);

  /// Anything that takes several. `work` tells of each row with Deliver.
  absl::Status Transaction(absl::FunctionRef<absl::Status(pq::Connection&)> work);

  /// Counts a row that goes to the caller, and returns what the caller says of it. From the first one on the read stays
  /// with this server, even when that does not answer the checks.
  absl::Status Deliver(absl::FunctionRef<absl::Status()> give);

  pq::Deadline deadline() const { return deadline_; }
  std::uint32_t timeline() const { return timeline_; }

  bool standby() const { return standby_; }
  bool unconfirmed() const { return unconfirmed_; }          ///< the server was not where it should have been
  bool ended_by_caller() const { return ended_by_caller_; }  ///< the error is the caller's own
  std::uint64_t rows() const { return rows_; }

  /// After a success.
  ReadReport Report() const;

 private:
  std::string TimeoutSql() const;
  std::array<pq::Statement, 3> Opening() const;
  std::array<pq::Statement, 2> Closing() const;
  absl::Status Confirm(pq::RowView row);
  absl::Status CheckToken(pq::RowView row) const;
  absl::Status Note(pq::RowView row);
  absl::Status Unconfirmed(std::string_view how);
  absl::Status Finished(absl::Status status);

  internal::ClusterEngine& cluster_;
  const std::size_t server_;
  const bool standby_;  ///< as which it was chosen
  Session& session_;
  const Bounds& bounds_;
  const pq::Deadline deadline_;
  const pq::Deadline sent_;
  const std::uint32_t timeline_;

  Observation seen_;
  ReadToken last_ = {};  ///< where the server was behind the last statement's snapshot
  bool confirmed_ = false;
  bool unconfirmed_ = false;
  bool ended_by_caller_ = false;
  std::uint64_t rows_ = 0;
};

}  // namespace bxb::read
