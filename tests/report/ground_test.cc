#include "report/ground.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace bxb::bench::report {
namespace {

TEST(Ground, RowsAreThousandsByTheScale) {
  EXPECT_EQ(Ground{.scale = 1}.Rows(300'000), 300'000);
  EXPECT_EQ(Ground{.scale = 2.5}.Rows(300'000), 750'000);
  EXPECT_EQ(Ground{.scale = 0.1}.Rows(123'000), 12'000);
  EXPECT_EQ(Ground{.scale = 0.1}.Rows(127'000), 13'000);
}

TEST(Ground, RowsAreTwoThousandAtLeast) { EXPECT_EQ(Ground{.scale = 0.001}.Rows(300'000), 2'000); }

TEST(Ground, OnlyAServerOfOursIsPrivate) {
  EXPECT_EQ((Ground{.server = {.dsn = "host=x", .pid = 17}}.RequirePrivateServer()), absl::OkStatus());
  const absl::Status users = Ground{.server = {.dsn = "host=x"}}.RequirePrivateServer();
  EXPECT_EQ(users.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(users.message()), "needs servers of its own, with other settings: run it without --dsn");
}

TEST(Ground, APeerIsAFileOrTheReasonWhyThereIsNone) {
  const std::string peers = fmt::format("{}peers_{}", ::testing::TempDir(), getpid());
  std::filesystem::create_directories(peers + "/here");
  std::ofstream(peers + "/here/program") << "x";
  std::ofstream(peers + "/gone.missing") << "no network\nmore\n";
  const Ground ground{.peers = peers};
  EXPECT_EQ(ground.Peer("here", "program").value(), peers + "/here/program");
  const absl::Status gone = ground.Peer("gone", "program").status();
  EXPECT_EQ(gone.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(gone.message()), "no network");
  EXPECT_EQ(std::string(ground.Peer("other", "program").status().message()), peers + "/other/program is not there");
  std::filesystem::remove_all(peers);
}

}  // namespace
}  // namespace bxb::bench::report
