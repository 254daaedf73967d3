#include "write/batch_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace bxb::write {
namespace {

using Kind = Outcome::Kind;
using std::chrono::milliseconds;

class BatchQueueTest : public ::testing::Test {
 protected:
  static BatchQueue::Limits Limits(std::chrono::nanoseconds linger) {
    return {.batch = {.rows = 100, .bytes = 4096},
            .memory_bytes = 1 << 20,
            .batches = 4,
            .linger = linger,
            .dedup_cache_bytes = 0};
  }

  static void Append(BatchQueue& queue, int rows = 1) {
    for (int i = 0; i < rows; ++i) {
      ASSERT_TRUE(queue.Append({.tuple = "row", .key_bytes = 0}, {}, absl::ZeroDuration(), {}).ok());
    }
  }

  static void Resolve(BatchQueue& queue, std::unique_ptr<Batch> batch, Kind kind) {
    queue.Resolve(std::move(batch), {.common = {.kind = kind}}, {});
  }

  static auto FlushInBackground(BatchQueue& queue) {
    return std::async(std::launch::async, [&queue] { return queue.Flush(pq::After(absl::Seconds(30))); });
  }
};

TEST_F(BatchQueueTest, AFlushMakesALingeringBatchDue) {
  BatchQueue queue(Limits(std::chrono::minutes(1)));
  Append(queue, 3);
  auto flush = FlushInBackground(queue);
  auto batch = queue.Take();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->rows(), 3);
  Resolve(queue, std::move(batch), Kind::kInserted);
  EXPECT_EQ(flush.get().inserted, 3);
}

TEST_F(BatchQueueTest, EachOfTwoOverlappingFlushesLearnsOfAFailure) {
  BatchQueue queue(Limits(std::chrono::minutes(1)));
  Append(queue);
  auto first = FlushInBackground(queue);
  auto bad = queue.Take();  // only a flush makes it due: the first one has begun
  Append(queue);
  auto second = FlushInBackground(queue);
  auto good = queue.Take();  // and now the second one
  Resolve(queue, std::move(bad), Kind::kRejected);
  EXPECT_EQ(first.get().rejected, 1);
  Resolve(queue, std::move(good), Kind::kInserted);
  const FlushReport report = second.get();
  EXPECT_EQ(report.rejected, 1);
  EXPECT_EQ(report.inserted, 1);
  EXPECT_EQ(queue.Report().rejected, 0);
}

TEST_F(BatchQueueTest, AFreeLaneLeavesABatchAloneThatIsSmallBesideOneOnTheWire) {
  BatchQueue queue(Limits(milliseconds(0)));
  Append(queue, 50);
  auto large = queue.Take();
  Append(queue, 24);
  auto small = queue.Take();
  EXPECT_GE(Clock::now() - small->accepted_at(0), milliseconds(10));
  EXPECT_EQ(small->rows(), 24);
  Resolve(queue, std::move(large), Kind::kInserted);
  Resolve(queue, std::move(small), Kind::kInserted);
}

TEST_F(BatchQueueTest, AStuckCommitDoesNotKeepAnIdleLaneAsleep) {
  BatchQueue queue(Limits(milliseconds(20)));
  const auto take = [&queue] { return queue.Take(); };
  std::future<std::unique_ptr<Batch>> lanes[] = {std::async(std::launch::async, take),
                                                 std::async(std::launch::async, take)};
  Append(queue, 50);
  const bool first_is_busy = lanes[0].wait_for(milliseconds(500)) == std::future_status::ready;
  auto& busy = lanes[first_is_busy ? 0 : 1];
  auto& idle = lanes[first_is_busy ? 1 : 0];
  auto stuck = busy.get();
  Append(queue);
  EXPECT_EQ(idle.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  Append(queue, 99);  // ends the test also where it has failed
  queue.Stop(absl::AbortedError("end"));
  auto next = idle.get();
  if (next != nullptr) Resolve(queue, std::move(next), Kind::kInserted);
  Resolve(queue, std::move(stuck), Kind::kInserted);
}

TEST_F(BatchQueueTest, StopTellsWhatNoLaneHasTaken) {
  BatchQueue queue(Limits(milliseconds(0)));
  const auto ticket = queue.Append({.tuple = "row", .key_bytes = 0}, {}, absl::ZeroDuration(), {});
  queue.Stop(absl::AbortedError("stopped"));
  EXPECT_EQ(ticket->TryGet()->kind, Kind::kUnknown);
  EXPECT_EQ(ticket->TryGet()->status.message(), "stopped");
  EXPECT_EQ(queue.Take(), nullptr);
  EXPECT_EQ(queue.Report().unknown, 1);
}

TEST_F(BatchQueueTest, NeverHoldsMoreBatchesThanItMay) {
  BatchQueue queue(Limits(milliseconds(0)));
  Append(queue, 400);
  const auto refused = queue.Append({.tuple = "row", .key_bytes = 0}, {}, absl::ZeroDuration(), {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(queue.stats().blocked_writes, 0);
  Resolve(queue, queue.Take(), Kind::kInserted);
  Append(queue);
  EXPECT_EQ(queue.stats().pending, 301);
}

TEST_F(BatchQueueTest, AnEventThatJoinsLeavesNoEmptyBatchBehind) {
  BatchQueue::Limits limits = Limits(milliseconds(0));
  limits.dedup_cache_bytes = 1 << 16;
  BatchQueue queue(limits);
  const std::string row = std::string("\0\1", 2) + "key";
  const auto append = [&] {
    return queue.Append({.tuple = row, .key_bytes = 3}, {.high = 1, .low = 1}, absl::ZeroDuration(), {});
  };
  ASSERT_TRUE(append().ok());
  auto batch = queue.Take();
  const auto joined = append();
  ASSERT_TRUE(joined.ok());
  auto flush = FlushInBackground(queue);
  EXPECT_FALSE(joined->TryGet().has_value());
  Resolve(queue, std::move(batch), Kind::kRejected);
  EXPECT_EQ(joined->TryGet()->kind, Kind::kRejected);
  EXPECT_EQ(flush.get().rejected, 2);
  ASSERT_TRUE(append().ok());
  batch = queue.Take();
  EXPECT_EQ(batch->rows(), 1);
  Resolve(queue, std::move(batch), Kind::kInserted);
}

}  // namespace
}  // namespace bxb::write
