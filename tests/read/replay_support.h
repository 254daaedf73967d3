#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>

#include "read/replay.h"
#include "read/scan.h"
#include "read/scan_support.h"

namespace bxb::testing {

struct Mark {
  std::int64_t id;
};

}  // namespace bxb::testing

template <>
struct bxb::RowOf<bxb::testing::Mark> {
  static constexpr std::string_view table = "marks";
  static constexpr auto columns = bxb::Columns(bxb::Column("id", &bxb::testing::Mark::id));
};

namespace bxb::testing {

constexpr const char* kMarks = "CREATE TABLE marks (id bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now())";

/// Replays the marks, again and again, and keeps what it was given.
class MarkReplay {
 public:
  explicit MarkReplay(const ReplayPosition& since = {}) : position_(since) {}

  /// What is new on this server; nothing where the server is behind an earlier one.
  std::set<std::int64_t> Round(pq::Connection& connection) {
    const auto now = read::ReplayPositionNow(connection, 1, Soon()).value();
    auto plan = read::PlanScan(connection, RowCodec<Mark>::Shape(), {}, Soon()).value();
    plan.conditions.push_back(read::CommittedBetween(position_, now));
    std::set<std::int64_t> found;
    RowSink<Mark> rows([&](const Mark& mark) {
      found.insert(mark.id);
      EXPECT_TRUE(delivered_.insert(mark.id).second) << mark.id << " has come twice, up to " << now;
      return absl::OkStatus();
    });
    const auto streamed = read::StreamScan(connection, plan, rows.sink(), Soon());
    EXPECT_TRUE(streamed.ok()) << streamed.status();
    if (now.xid > position_.xid) position_ = now;
    return found;
  }

  const ReplayPosition& position() const { return position_; }
  const std::set<std::int64_t>& delivered() const { return delivered_; }

 private:
  ReplayPosition position_;
  std::set<std::int64_t> delivered_;
};

}  // namespace bxb::testing
