#include "write/acknowledgement.h"

#include <gtest/gtest.h>

namespace bxb::write {
namespace {

TEST(Acknowledgement, ProvesWhatTheSettingsWaitedFor) {
  EXPECT_EQ(DurabilityOf("off", true, true), Durability::kNone);
  EXPECT_EQ(DurabilityOf("on", true, false), Durability::kNone);
  EXPECT_EQ(DurabilityOf("local", true, true), Durability::kLocalFsync);
  EXPECT_EQ(DurabilityOf("on", false, true), Durability::kLocalFsync);
  EXPECT_EQ(DurabilityOf("remote_apply", false, true), Durability::kLocalFsync);
  EXPECT_EQ(DurabilityOf("remote_write", true, true), Durability::kRemoteWrite);
  EXPECT_EQ(DurabilityOf("on", true, true), Durability::kRemoteFlush);
  EXPECT_EQ(DurabilityOf("remote_apply", true, true), Durability::kRemoteApply);
}

TEST(Acknowledgement, ReadsTheServersRow) {
  const auto acknowledged =
      AcknowledgementOf({{"0/16B3748", "on", "f", "on", "0000000A00000001000000E3", "2026-11-22 17:00:00+00"}});
  ASSERT_TRUE(acknowledged.ok());
  EXPECT_EQ(acknowledged->outcome.lsn, Lsn{0x16B3748});
  EXPECT_EQ(acknowledged->outcome.timeline, 10U);
  EXPECT_EQ(acknowledged->outcome.durability, Durability::kLocalFsync);
  EXPECT_EQ(acknowledged->outcome.kind, Outcome::Kind::kInserted);
  EXPECT_EQ(acknowledged->server, (Incarnation{.timeline = 10, .started = "2026-11-22 17:00:00+00"}));
}

TEST(Acknowledgement, IsAnErrorWithoutAPosition) {
  EXPECT_EQ(AcknowledgementOf({}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(AcknowledgementOf({{std::nullopt, "on", "f", "on", "00000001", "1"}}).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(AcknowledgementOf({{"nonsense", "on", "f", "on", "00000001", "1"}}).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(AcknowledgementOf({{"0/16B3748", "on", "f", "on", "00000001", ""}}).status().code(), absl::StatusCode::kOk);
  EXPECT_EQ(AcknowledgementOf({{"0/16B3748", "on", "f", "on", "", "1"}}).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace bxb::write
