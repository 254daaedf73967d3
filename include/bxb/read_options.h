#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bxb/cluster.h"
#include "bxb/read_token.h"

namespace bxb {

/// Which of the servers that qualify serves a read. Two are drawn at random, and the first one wins unless the other
/// has a clearly lower latency (times one more than its reads under way): as good as asking all, without all readers
/// running to the same one (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
enum class ReadPolicy : std::uint8_t {
  kPreferReplica,  ///< of the replicas; the primary only where none qualifies
  kLeastLatency,   ///< of all servers, the primary among them
  kRoundRobin,     ///< all servers, the primary among them, in turn
  kNearest,        ///< of those with the reader's label; where none of them qualifies, of the others
  kPrimaryOnly,
};

std::string_view Name(ReadPolicy policy);  ///< "prefer replica" …

/// What a read does when no server that its policy wants qualifies.
enum class Otherwise : std::uint8_t {
  kPrimary,  ///< waits for ReadOptions::wait, then goes to the primary
  kFail,     ///< waits for ReadOptions::wait, then fails and says who lagged by how much
};

/// Bounds and deadlines of one read.
struct ReadOptions {
  /// The read shows at least what this token stands for.
  ReadToken at_least = {};

  /// It shows everything that was committed this long before it was sent. Reckoned from when the primary was last
  /// asked: while no primary can be reached a replica grows stale, though nobody may be writing. What the primary did
  /// more than ten minutes ago, or before Open, is not remembered: a replica that is further behind does not qualify. >
  /// 0.
  std::optional<absl::Duration> max_staleness = {};

  /// The server is at most this far behind what is known of the primary's log.
  std::optional<std::uint64_t> max_lag_bytes = {};

  /// Unset: ReaderOptions::policy.
  std::optional<ReadPolicy> policy = {};

  /// How long to wait for a server that qualifies while there are replicas that may come to. Not negative; `timeout`
  /// ends it too.
  absl::Duration wait = absl::Milliseconds(100);
  Otherwise otherwise = Otherwise::kPrimary;

  /// For the whole read: waiting, connecting, attempts on several servers, and the last row. The server ends a query
  /// itself when it is over. > 0.
  absl::Duration timeout = absl::Seconds(30);
};

/// Who served a read.
struct ReadReport {
  std::string endpoint = {};  ///< EndpointState::name
  EndpointState::Role role = EndpointState::Role::kUnknown;

  /// What the read has seen, at least: as at_least of the next read it makes sure that this caller never sees less.
  ReadToken token = {};

  /// Everything committed this long before the read was sent is in it. Zero on the primary; nullopt where not known.
  std::optional<absl::Duration> staleness = {};

  int attempts = 1;        ///< on how many servers it was tried
  std::uint64_t rows = 0;  ///< that were given to the caller
};

}  // namespace bxb
