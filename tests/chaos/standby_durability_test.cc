#include <gtest/gtest.h>

#include <cstddef>
#include <memory>

#include "bxb/writer.h"
#include "chaos/cluster.h"
#include "chaos/tick.h"
#include "chaos/traffic.h"
#include "chaos/usage.h"

namespace bxb::chaos {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(90);

/// A synchronous standby that hangs while the primary crashes behind a commit: when the primary is back, the commit is
/// there, but not yet on the standby.
class CommitAheadOfItsStandby : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster_ = Cluster::Start().value();
    ASSERT_TRUE(cluster_->primary().Query(kCreateTicks).ok());
  }

  template <class Row>
  std::unique_ptr<Writer<Row>> Open(std::size_t warm_up_keys = 0) {
    WriterOptions options = ChaosOptions(cluster_->direct_dsn());
    options.warm_up_keys = warm_up_keys;
    return Writer<Row>::Open(options).value();
  }

  template <class Row>
  Ticket WriteAndCrash(Writer<Row>& writer, const Row& row) {
    EXPECT_TRUE(cluster_->standby().Freeze().ok());
    Ticket ticket = writer.Write(row).value();
    AwaitWaitingCommit(ticket);
    EXPECT_FALSE(ticket.TryGet().has_value()) << "told before the crash";
    EXPECT_TRUE(cluster_->CrashPrimary().ok());
    return ticket;
  }

  void ExpectNoAnswerBeforeTheStandbyHasIt(const Ticket& ticket) {
    AwaitWaitingCommit(ticket);
    const auto told = ticket.TryGet();
    EXPECT_FALSE(told.has_value()) << *told;
    EXPECT_TRUE(cluster_->standby().Thaw().ok());
    const Outcome outcome = ticket.Wait(kPatience);
    EXPECT_TRUE(outcome.stored()) << outcome;
  }

 private:
  void AwaitWaitingCommit(const Ticket& ticket) {
    const auto waits_or_told = [&] {
      const auto rows = cluster_->primary().Query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
      return (rows.ok() && !rows->empty()) || ticket.TryGet().has_value();
    };
    EXPECT_TRUE(Await(waits_or_told, kPatience));
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(CommitAheadOfItsStandby, IsNotAcknowledgedWhenTheMergeFindsIt) {
  const auto writer = Open<Event>();
  ExpectNoAnswerBeforeTheStandbyHasIt(WriteAndCrash(*writer, Usage(0, 1, false).event()));
}

TEST_F(CommitAheadOfItsStandby, IsNotAcknowledgedWhenTheLedgerFindsIt) {
  const auto writer = Open<Tick>();
  ExpectNoAnswerBeforeTheStandbyHasIt(WriteAndCrash(*writer, Tick{.producer = 0, .number = 1}));
}

TEST_F(CommitAheadOfItsStandby, IsNotAcknowledgedWhenTheWarmUpFindsIt) {
  const Usage usage(0, 1, false);
  WriteAndCrash(*Open<Event>(), usage.event());
  const auto later = Open<Event>(/*warm_up_keys=*/1000);
  ExpectNoAnswerBeforeTheStandbyHasIt(later->Write(usage.event()).value());
}

}  // namespace
}  // namespace bxb::chaos
