#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/cluster.h"
#include "bxb/reader.h"
#include "pq/deadline.h"
#include "read/attempt.h"
#include "read/bounds.h"
#include "read/cluster_engine.h"
#include "read/session_pool.h"

namespace bxb::read {

/// Takes reads to servers that qualify, and to others when those fail. Thread-safe.
class Router {
 public:
  Router(const ReaderOptions& options, std::shared_ptr<Cluster> cluster);

  using Work = absl::FunctionRef<absl::Status(Attempt&)>;

  /// Runs `work` on a server, and on another one as long as it fails there for reasons of the server's and has given
  /// out nothing.
  absl::StatusOr<ReadReport> Read(const ReadOptions& options, Work work) {
    return Read(options, pq::After(options.timeout), work);
  }

  /// The same for a read that has begun before: its timeout is over then.
  absl::StatusOr<ReadReport> Read(const ReadOptions& options, pq::Deadline deadline, Work work);

  internal::ClusterEngine& cluster() { return engine_; }
  ReaderStats stats() const;

 private:
  struct Search;

  struct Server {
    std::unique_ptr<SessionPool> pool;
    std::atomic<std::uint64_t> reads = 0;
    std::atomic<std::uint64_t> retried = 0;
    bool near = false;
  };

  absl::StatusOr<Candidate> Find(Search& search);
  std::optional<std::size_t> Pick(const Search& search, const internal::ClusterEngine::View& view, bool primary_too,
                                  bool again);
  absl::StatusOr<ReadReport> Try(const Candidate& candidate, Search& search, Work work);
  absl::Status Failed(const Candidate& candidate, Search& search, const absl::Status& status, const Attempt* attempt);
  static std::string TimeoutText(const Search& search);
  absl::Status GiveUp(const Search& search, absl::StatusCode code, std::string_view why) const;

  const ReadPolicy policy_;
  const bool has_label_;
  const std::shared_ptr<Cluster> shared_;
  internal::ClusterEngine& engine_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::atomic<std::uint64_t> turn_ = 0;
  std::atomic<std::uint64_t> waited_ = 0;
  std::atomic<std::uint64_t> to_primary_ = 0;
  std::atomic<std::uint64_t> not_verified_ = 0;
};

}  // namespace bxb::read
