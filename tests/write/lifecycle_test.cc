#include <chrono>
#include <fstream>
#include <thread>

#include "support/sanitizers.h"
#include "write/writer_fixture.h"

namespace bxb {
namespace {

using Kind = Outcome::Kind;

// A batch of 100 rows and 4 KiB takes about 12 KiB; these options hold a handful of them.
WriterOptions SmallMemory() {
  return {.lanes = 1, .batch_rows = 100, .batch_bytes = 32 << 10, .memory_bytes = std::size_t{256} << 10};
}

// Writes until the writer has no room left; returns how many events it took.
int Fill(EventWriter& writer) {
  for (int i = 0;; ++i) {
    const auto ticket = writer.TryWrite(EventNamed("fill" + std::to_string(i)));
    if (ticket.ok()) continue;
    EXPECT_EQ(ticket.status().code(), absl::StatusCode::kResourceExhausted) << ticket.status();
    return i;
  }
}

TEST_F(WriterTest, TryWriteReturnsAtOnceWhenMemoryIsFull) {
  auto writer = Open(SmallMemory());
  auto lock = LockEvents();
  const int taken = Fill(*writer);
  EXPECT_GE(taken, 300);
  const WriterStats stats = writer->stats();
  EXPECT_EQ(stats.pending, taken);
  EXPECT_LE(stats.memory_bytes, stats.memory_limit);
  Unlock(lock);
  EXPECT_TRUE(writer->Close(kLong).all_stored());
  EXPECT_EQ(CountEvents(), taken);
}

TEST_F(WriterTest, WriteWaitsForMemoryUpToItsTimeout) {
  WriterOptions options = SmallMemory();
  options.write_timeout = absl::Milliseconds(50);
  auto writer = Open(options);
  auto lock = LockEvents();
  Fill(*writer);
  const auto start = absl::Now();
  const auto ticket = writer->Write(EventNamed("one more"));
  EXPECT_EQ(ticket.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(49));
  EXPECT_THAT(std::string(ticket.status().message()), ::testing::HasSubstr("memory_bytes"));
  EXPECT_EQ(writer->stats().blocked_writes, 1);
  Unlock(lock);
}

TEST_F(WriterTest, BlockedWritesGoOnWhenMemoryComesBack) {
  auto writer = Open(SmallMemory());
  auto lock = LockEvents();
  Fill(*writer);
  std::thread blocked([&] { EXPECT_TRUE(writer->Write(EventNamed("one more")).ok()); });
  while (writer->stats().blocked_writes < 1) std::this_thread::yield();
  Unlock(lock);
  blocked.join();
  EXPECT_TRUE(writer->Close(kLong).all_stored());
}

TEST_F(WriterTest, FlushSaysWhatStayedUnresolved) {
  auto writer = Open();
  auto lock = LockEvents();
  WriteMany(*writer, 120);
  const FlushReport report = writer->Flush(absl::Milliseconds(20));
  EXPECT_EQ(report.unresolved, 120);
  EXPECT_FALSE(report.all_stored());
  Unlock(lock);
  EXPECT_EQ(writer->Flush(kLong).inserted, 120);
}

TEST_F(WriterTest, FlushingOftenTakesNoMoreMemory) {
  auto writer = Open({.lanes = 1});
  auto lock = LockEvents();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(writer->TryWrite(EventNamed("t" + std::to_string(i))).ok());
    writer->Flush(absl::ZeroDuration());
  }
  Unlock(lock);
  EXPECT_TRUE(writer->Flush(kLong).all_stored());
  EXPECT_LE(writer->stats().batches, 4);
}

TEST_F(WriterTest, WaitAnswersUnknownAtItsTimeoutAndTheTruthLater) {
  auto writer = Open();
  auto lock = LockEvents();
  const auto ticket = writer->Write(EventNamed("a"));
  const Outcome early = ticket->Wait(absl::Milliseconds(10));
  EXPECT_EQ(early.kind, Kind::kUnknown);
  EXPECT_EQ(early.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(ticket->TryGet().has_value());
  Unlock(lock);
  EXPECT_EQ(ticket->Wait(kLong).kind, Kind::kInserted);
}

TEST_F(WriterTest, CloseCommitsAndRefusesWhatComesLater) {
  auto writer = Open();
  WriteMany(*writer, 777);
  const FlushReport report = writer->Close(kLong);
  EXPECT_EQ(report.inserted, 777) << report;
  EXPECT_TRUE(report.all_stored());
  EXPECT_EQ(writer->Write(EventNamed("late")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(writer->WriteDurable(EventNamed("late")).kind, Kind::kRejected);
  EXPECT_EQ(writer->Close(kLong).inserted, 0);
  EXPECT_EQ(CountEvents(), 777);
}

TEST_F(WriterTest, CloseGivesUpAtItsTimeoutAndSaysSo) {
  auto writer = Open();
  auto lock = LockEvents();
  const auto ticket = writer->Write(EventNamed("stuck"));
  const FlushReport report = writer->Close(absl::Milliseconds(20));
  EXPECT_EQ(report.unknown, 1);
  EXPECT_EQ(report.unresolved, 0);
  EXPECT_EQ(report.last_error.code(), absl::StatusCode::kAborted) << report;
  EXPECT_EQ(ticket->TryGet()->kind, Kind::kUnknown);
  Unlock(lock);
}

TEST_F(WriterTest, DestructorAbortsAndTellsEveryTicketAndCallback) {
  auto writer = Open(SmallMemory());
  auto lock = LockEvents();
  const auto ticket = writer->Write(EventNamed("first"));
  int told = 0;
  for (int i = 0; i < 250; ++i) {
    ASSERT_TRUE(writer
                    ->Write(EventNamed("t" + std::to_string(i)),
                            [&](const Outcome& outcome) {
                              EXPECT_EQ(outcome.kind, Kind::kUnknown);
                              ++told;
                            })
                    .ok());
  }
  writer.reset();
  EXPECT_EQ(ticket->TryGet()->kind, Kind::kUnknown);
  EXPECT_EQ(told, 250);
  Unlock(lock);
}

TEST_F(WriterTest, LeavesNoConnectionBehind) {
  auto writer = Open({.lanes = 3});
  EXPECT_EQ(writer->WriteDurable(EventNamed("a")).kind, Kind::kInserted);
  const std::string count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bxb'";
  EXPECT_EQ(Value(count + " AND datname = current_database()"), "3");
  writer.reset();
  for (int i = 0; i < 1000 && Value(count + " AND datname = current_database()") != "0"; ++i) std::this_thread::yield();
  EXPECT_EQ(Value(count + " AND datname = current_database()"), "0");
}

// A sanitizer keeps up to four bytes of its own for each of ours.
constexpr std::size_t kCopies = kSanitized ? 5 : 1;

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST_F(WriterTest, ResidentMemoryStaysBoundedWhileTheServerStands) {
  auto writer = Open({.memory_bytes = std::size_t{64} << 20});
  ASSERT_EQ(writer->WriteDurable(EventNamed("warm")).kind, Kind::kInserted);
  auto lock = LockEvents();
  const std::size_t before = ResidentBytes();
  const int taken = Fill(*writer);
  EXPECT_GT(taken, 100'000);
  EXPECT_LE(ResidentBytes() - before, kCopies * (std::size_t{64} + 32) << 20);
  Unlock(lock);
  EXPECT_TRUE(writer->Close(kLong).all_stored());
  EXPECT_EQ(CountEvents(), taken + 1);
}

}  // namespace
}  // namespace bxb
