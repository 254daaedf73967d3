#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "schema/partition_map.h"
#include "write/batch.h"

namespace bxb::write {

/// Rows of a piece that go into the table with one COPY.
struct Segment {
  const schema::Partition* partition;  ///< straight into it; nullptr: through the root
  std::span<const std::uint32_t> rows;
};

/// So many rows of one partition, and such a share of what is sent, are worth a COPY of their own: it saves their
/// routing, and costs a round trip and a look at the catalog. Over many partitions it costs more than it saves
/// (docs/measurements.md).
inline constexpr std::size_t kDirectRows = 256;
inline constexpr std::size_t kDirectShare = 4;  ///< a quarter

/// The order in which a batch is sent: what goes through the root first, then one partition after the other by time,
/// each by key if so wanted, else as the rows came. `map` may be null: there is only the root.
std::vector<std::uint32_t> SendOrder(const Batch& batch, const schema::PartitionMap* map, bool by_key = true);

/// Cuts a piece, in its order, into what goes straight into partitions and what goes through the root. The root's part
/// comes first or is everything: COPYs that lock the root after a partition would deadlock with a DETACH. `map`
/// must outlive the answer; null: all through the root.
std::vector<Segment> SegmentsOf(const Batch& batch, std::span<const std::uint32_t> rows,
                                const schema::PartitionMap* map);

/// The rows for whose time there is no partition.
std::vector<std::uint32_t> RowsWithoutPartition(const Batch& batch, std::span<const std::uint32_t> rows,
                                                const schema::PartitionMap& map);

/// The earliest and the latest time among the rows, which must not be empty.
std::pair<schema::PgMicros, schema::PgMicros> TimesOf(const Batch& batch, std::span<const std::uint32_t> rows);

}  // namespace bxb::write
