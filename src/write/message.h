#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bxb/status.h"
#include "schema/partition_map.h"
#include "write/batch.h"
#include "write/commit_plan.h"
#include "write/routing.h"
#include "write/row_stream.h"

namespace bxb::write {

/// One way to send a piece of a batch, and what the server is asked with it.
struct Sending {
  enum class Way : std::uint8_t {
    kDirect,   ///< COPY into the table
    kMerge,    ///< COPY into a staging table, and what is new from there
    kLookUp,   ///< which keys are in the table?
    kBarrier,  ///< nothing is sent: how durable is what is there?
  };

  Way way = Way::kDirect;
  bool trial = false;                         ///< to be rolled back
  std::span<const std::uint32_t> rows;        ///< the piece
  const schema::PartitionMap* map = nullptr;  ///< of a table that is partitioned by time; outlives the message
  bool through_root = false;                  ///< whatever the map says
  std::string_view number;                    ///< in the ledger
};

/// A piece as one message: its SQL, and the streams of its COPYs. Thread-compatible.
class Message {
 public:
  /// The plan and the batch must outlive the message; `buffer` is its own for as long.
  Message(const CommitPlan& plan, const Batch& batch, const Sending& sending, std::string& buffer);

  const std::string& sql() const { return sql_; }

  /// The next chunk of the COPY at hand; empty at its end.
  std::string_view NextChunk();

  /// Whether the last COPY has been sent to its end.
  bool AllSent() const { return next_stream_ == streams_.size(); }

  /// Whether rows go straight into partitions.
  bool IsRouted() const;

  /// Which row of the piece the error is about, when `copies` COPYs have succeeded before it: see CopyLine.
  std::optional<std::size_t> RowAtFault(const ServerError& error, std::size_t copies) const;

  /// How many of the `copied` rows were rows of the table.
  std::uint64_t RowsAmong(std::uint64_t copied) const;

 private:
  void Compose(const Sending& sending);
  void SendRows(const Sending& sending);
  void AddStream(std::span<const std::uint32_t> rows, std::size_t key_columns);

  const CommitPlan& plan_;
  const Batch& batch_;
  std::string& buffer_;
  const bool staged_;
  std::string sql_;
  std::vector<std::uint32_t> by_key_;  ///< the piece as its keys are sent
  std::vector<Segment> segments_;
  std::vector<RowStream> streams_;
  std::size_t next_stream_ = 0;
};

}  // namespace bxb::write
