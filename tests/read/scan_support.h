#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/internal/reader_engine.h"
#include "bxb/row_codec.h"
#include "pq/connection.h"
#include "read/scan.h"

namespace bxb::testing {

inline pq::Deadline Soon() { return pq::After(absl::Seconds(60)); }

inline pq::Connection Connect(const std::string& dsn) { return pq::Connection::Open(dsn, "test", Soon()).value(); }

/// Turns tuples into rows, as a Reader does.
template <class Row>
class RowSink {
 public:
  using OnRow = std::function<absl::Status(const Row&)>;
  explicit RowSink(OnRow on_row) : on_row_(std::move(on_row)) {}

  internal::TupleSink sink() {
    return {.on_types = [this](std::span<const PgType> types) -> absl::Status {
              auto codec = RowCodec<Row>::For(types);
              if (!codec.ok()) return codec.status();
              codec_.emplace(*std::move(codec));
              return absl::OkStatus();
            },
            .on_tuple =
                [this](std::string_view tuple) {
                  const auto row = codec_->Decode(tuple);
                  return row.ok() ? on_row_(*row) : row.status();
                }};
  }

 private:
  OnRow on_row_;
  std::optional<RowCodec<Row>> codec_;
};

/// Plans and streams a scan; the number of rows.
template <class Row>
absl::StatusOr<std::uint64_t> Scan(pq::Connection& connection, const ScanOptions& scan,
                                   const typename RowSink<Row>::OnRow& on_row) {
  const auto plan = read::PlanScan(connection, RowCodec<Row>::Shape(), scan, Soon());
  if (!plan.ok()) return plan.status();
  RowSink<Row> rows(on_row);
  return read::StreamScan(connection, *plan, rows.sink(), Soon());
}

}  // namespace bxb::testing
