#include "bxb/reader.h"

#include <utility>

namespace bxb {

Reader::Reader(std::unique_ptr<internal::ReaderEngine> engine) : engine_(std::move(engine)) {}
Reader::~Reader() = default;

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const ReaderOptions& options) {
  auto engine = internal::ReaderEngine::Open(options);
  if (!engine.ok()) return engine.status();
  return std::unique_ptr<Reader>(new Reader(*std::move(engine)));
}

absl::StatusOr<ReadReport> Reader::Query(const std::string& sql, const std::vector<Parameter>& parameters,
                                         const std::function<absl::Status(TextRow)>& on_row,
                                         const ReadOptions& options) {
  return engine_->Query(sql, parameters, on_row, options);
}

absl::StatusOr<ReadReport> Reader::StreamUsage(const UsageQuery& query,
                                               const std::function<absl::Status(const UsageRow&)>& on_row,
                                               const ReadOptions& options) {
  return engine_->StreamUsage(query, on_row, options);
}

absl::StatusOr<std::vector<UsageRow>> Reader::Usage(const UsageQuery& query, const ReadOptions& options) {
  std::vector<UsageRow> rows;
  const auto collect = [&](const UsageRow& row) {
    rows.push_back(row);
    return absl::OkStatus();
  };
  const auto report = engine_->StreamUsage(query, collect, options);
  if (!report.ok()) return report.status();
  return rows;
}

absl::StatusOr<UsagePlan> Reader::Explain(const UsageQuery& query, bool analyze, const ReadOptions& options) {
  return engine_->Explain(query, analyze, options);
}

ClusterSnapshot Reader::cluster() const { return engine_->cluster(); }
ReaderStats Reader::stats() const { return engine_->stats(); }

std::string_view Name(ReadPolicy policy) {
  switch (policy) {
    case ReadPolicy::kPreferReplica:
      return "prefer replica";
    case ReadPolicy::kLeastLatency:
      return "least latency";
    case ReadPolicy::kRoundRobin:
      return "round robin";
    case ReadPolicy::kNearest:
      return "nearest";
    case ReadPolicy::kPrimaryOnly:
      return "primary only";
  }
  return "unknown";
}

}  // namespace bxb
