#include "bxb/testing/ephemeral_postgres.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "support/shared_server.h"
#include "testing/ask.h"
#include "testing/server_folder.h"

namespace bxb::testing {
namespace {

using ::testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(EphemeralPostgres, IsReadyWhenStartReturns) {
  const absl::Time begin = absl::Now();
  const auto server = EphemeralPostgres::Start().value();
  RecordProperty("start_milliseconds", static_cast<int>(absl::ToInt64Milliseconds(absl::Now() - begin)));
  EXPECT_EQ(Ask(*server, "SELECT 1"), "1");
}

TEST(EphemeralPostgres, ListensOnlyOnItsSocket) {
  EXPECT_EQ(Ask(SharedServer(), "SHOW listen_addresses"), "");
  EXPECT_EQ(Ask(SharedServer(), "SHOW unix_socket_directories"), SharedServer().dir());
  EXPECT_EQ(SharedServer().tcp_port(), 0);
}

TEST(EphemeralPostgres, ForcesItsWritesToDisk) {
  EXPECT_EQ(Ask(SharedServer(), "SHOW fsync"), "on");
  EXPECT_EQ(Ask(SharedServer(), "SHOW synchronous_commit"), "on");
  EXPECT_EQ(Ask(SharedServer(), "SHOW full_page_writes"), "on");
}

TEST(EphemeralPostgres, KnowsItsVersion) {
  EXPECT_EQ(Ask(SharedServer(), "SHOW server_version_num"), std::to_string(SharedServer().version()));
}

TEST(EphemeralPostgres, KnowsItsPostmaster) {
  EXPECT_EQ(Ask(SharedServer(), "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"),
            std::to_string(SharedServer().pid()));
}

TEST(EphemeralPostgres, IgnoresTheEnvironmentOfItsCaller) {
  ::setenv("PGOPTIONS", "-c work_mem=123MB", 1);
  ::setenv("PGDATA", "/nowhere", 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  const auto server = EphemeralPostgres::Start();
  for (const char* name : {"PGOPTIONS", "PGDATA", "LC_ALL"}) ::unsetenv(name);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Ask(**server, "SHOW data_directory"), (*server)->dir() + "/data");
  EXPECT_EQ(Ask(**server, "SHOW work_mem"), "4MB");
}

TEST(EphemeralPostgres, AppliesSettings) {
  const auto server = EphemeralPostgres::Start({.settings = {{"wal_level", "logical"},
                                                             {"port", "7777"},
                                                             {"cluster_name", R"(it's a \ backslash)"},
                                                             {"max_connections", "17"}}})
                          .value();
  EXPECT_EQ(Ask(*server, "SHOW wal_level"), "logical");
  EXPECT_EQ(Ask(*server, "SHOW port"), "7777");
  EXPECT_EQ(Ask(*server, "SHOW cluster_name"), R"(it's a \ backslash)");
  EXPECT_EQ(Ask(*server, "SHOW max_connections"), "17");
}

TEST(EphemeralPostgres, BadSettingReportsServersLog) {
  const auto server = EphemeralPostgres::Start({.settings = {{"no_such_setting", "1"}}});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Message(server.status()), HasSubstr("unrecognized configuration parameter \"no_such_setting\""));
}

TEST(EphemeralPostgres, AppliesTheCallersHba) {
  const auto server = EphemeralPostgres::Start({.hba = "local postgres all trust\n"}).value();
  EXPECT_EQ(Ask(*server, "SELECT 1"), "1");
  EXPECT_THAT(Message(server->Query("SELECT 1", "template1").status()), HasSubstr("no pg_hba.conf entry"));
}

TEST(EphemeralPostgres, TcpListensOnLoopback) {
  const auto server = EphemeralPostgres::Start({.listen_tcp = true}).value();
  EXPECT_GT(server->tcp_port(), 1023);
  EXPECT_EQ(Ask(*server, "SHOW listen_addresses"), "127.0.0.1");
  Execute(*server, "CREATE EXTENSION dblink");
  EXPECT_EQ(
      Ask(*server, "SELECT host(a) FROM dblink('" + server->tcp_dsn() + "', 'SELECT inet_client_addr()') AS t(a inet)"),
      "127.0.0.1");
}

TEST(EphemeralPostgres, MakesDatabasesThatShareNothing) {
  const std::string one = SharedServer().CreateDatabase().value();
  const std::string other = SharedServer().CreateDatabase().value();
  ASSERT_TRUE(SharedServer().Query("CREATE TABLE t (id int)", one).ok());
  EXPECT_TRUE(SharedServer().Query("CREATE TABLE t (id int)", other).ok());
}

TEST(EphemeralPostgres, QuotesDatabaseNamesInConnectionStrings) {
  Execute(SharedServer(), R"(CREATE DATABASE "it's a \ name")");
  EXPECT_EQ(SharedServer().Query("SELECT current_database()", R"(it's a \ name)").value().at(0).at(0),
            R"(it's a \ name)");
}

TEST(EphemeralPostgres, QueryReturnsTheServersError) {
  EXPECT_THAT(Message(SharedServer().Query("SELECT no_such_column").status()), HasSubstr("no_such_column"));
}

TEST(EphemeralPostgres, RunsSeveralAtOnce) {
  const auto one = EphemeralPostgres::Start().value();
  const auto other = EphemeralPostgres::Start().value();
  EXPECT_NE(one->dir(), other->dir());
  Execute(*one, "CREATE TABLE t (id int)");
  EXPECT_EQ(Ask(*other, "SELECT to_regclass('t')"), "NULL");
}

TEST(EphemeralPostgres, MissingBinariesSayWhatToInstall) {
  const auto server = EphemeralPostgres::Start({.bin_dir = "/nowhere"});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(server.status()), HasSubstr("in /nowhere: install the package postgresql"));
}

TEST(EphemeralPostgres, LongParentFolderIsRefusedBeforeAnythingIsDone) {
  const auto server = EphemeralPostgres::Start({.parent_dir = "/tmp/" + std::string(80, 'x')});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SettingLines, QuotesLikePostgres) {
  EXPECT_EQ(SettingLines({{"a", "1"}, {"b", R"(it's \)"}}), "a = '1'\nb = 'it''s \\\\'\n");
}

}  // namespace
}  // namespace bxb::testing
