#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bxb/cluster.h"
#include "bxb/internal/row_shape.h"
#include "bxb/pg_type.h"
#include "bxb/read_options.h"
#include "bxb/replay.h"
#include "bxb/usage.h"

namespace bxb {
struct ReaderOptions;
struct ReaderStats;
struct ScanOptions;
}  // namespace bxb

namespace bxb::internal {

/// Where the tuples of a scan go: first their columns' types, then each tuple as COPY BINARY has it. An error ends the
/// scan.
struct TupleSink {
  std::function<absl::Status(std::span<const PgType>)> on_types;
  std::function<absl::Status(std::string_view)> on_tuple;
};

/// The part of a Reader that never knows a row type. Thread-safe as Reader is.
class ReaderEngine {
 public:
  using OnTextRow = std::function<absl::Status(std::span<const std::optional<std::string_view>>)>;

  static absl::StatusOr<std::unique_ptr<ReaderEngine>> Open(const ReaderOptions& options);
  ~ReaderEngine();
  ReaderEngine(const ReaderEngine&) = delete;
  ReaderEngine& operator=(const ReaderEngine&) = delete;

  absl::StatusOr<ReadReport> Query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters,
                                   const OnTextRow& on_row, const ReadOptions& options);
  absl::StatusOr<ReadReport> StreamUsage(const UsageQuery& query,
                                         const std::function<absl::Status(const UsageRow&)>& on_row,
                                         const ReadOptions& options);
  absl::StatusOr<UsagePlan> Explain(const UsageQuery& query, bool analyze, const ReadOptions& options);
  absl::StatusOr<ReadReport> Scan(const RowShape& shape, const ScanOptions& scan, const TupleSink& sink,
                                  const ReadOptions& options);
  absl::StatusOr<ReplayReport> Replay(const RowShape& shape, const ReplayPosition& since, const ScanOptions& scan,
                                      const TupleSink& sink, const ReadOptions& options);
  ClusterSnapshot cluster() const;
  ReaderStats stats() const;

 private:
  struct Impl;
  explicit ReaderEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bxb::internal
