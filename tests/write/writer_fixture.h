#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bxb/bxb.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb {

inline const Uuid kOrganization = *Uuid::Parse("0783aa7a-d953-5f66-aac9-945daa57d5b5");

/// An event whose key is `transaction`; the text must outlive it.
inline Event EventNamed(std::string_view transaction) {
  return {.organization_id = kOrganization,
          .transaction_id = transaction,
          .external_customer_id = "cust_7",
          .code = "api_calls",
          .timestamp = absl::FromUnixSeconds(1'700'000'000),
          .properties = R"({"region":"eu"})",
          .value = 3,
          .decimal_value = std::nullopt};
}

/// A database with an empty events table, and verbs on it.
class WriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<EventWriter> Open(WriterOptions options = {}) {
    options.dsn = dsn_;
    options.create_table = true;
    auto writer = EventWriter::Open(options);
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  /// Writes `count` events with the keys prefix0, prefix1 …; every call must be taken.
  void WriteMany(EventWriter& writer, int count, const std::string& prefix = "txn_") {
    for (int i = 0; i < count; ++i) {
      const auto ticket = writer.Write(EventNamed(prefix + std::to_string(i)));
      ASSERT_TRUE(ticket.ok()) << ticket.status();
    }
  }

  int CountEvents() { return std::stoi(Value("SELECT count(*) FROM events")); }
  std::string Value(const std::string& sql) { return testing::SqlValue(dsn_, sql); }
  void Run(const std::string& sql) { testing::Sql(dsn_, sql); }

  /// Makes every commit on the events table wait until the returned lock is given back.
  pq::Connection LockEvents() {
    auto connection = pq::Connection::Open(dsn_, "locker", pq::After(absl::Seconds(30)));
    EXPECT_TRUE(connection.ok()) << connection.status();
    EXPECT_TRUE(connection->Query("BEGIN; LOCK TABLE events", pq::After(absl::Seconds(30))).ok());
    return *std::move(connection);
  }

  void Unlock(pq::Connection& connection) {
    EXPECT_TRUE(connection.Query("COMMIT", pq::After(absl::Seconds(30))).ok());
  }

  const std::string dsn_ = testing::FreshDatabase();
};

inline constexpr absl::Duration kLong = absl::Seconds(60);

}  // namespace bxb
