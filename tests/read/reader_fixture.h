#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bxb/event.h"
#include "bxb/reader.h"
#include "bxb/writer.h"
#include "read/trio.h"

namespace bxb::read {

inline constexpr absl::Duration kLong = absl::Seconds(30);

inline std::unique_ptr<Reader> OpenReader(ReaderOptions options) {
  options.watch.check_interval = absl::Milliseconds(100);
  auto reader = Reader::Open(options);
  EXPECT_TRUE(reader.ok()) << reader.status();
  return reader.ok() ? *std::move(reader) : nullptr;
}

/// What a query of one value answers, and who did.
struct Answer {
  absl::Status status = {};
  std::string value = {};
  ReadReport report = {};
};

inline Answer Ask(Reader& reader, const std::string& sql, const ReadOptions& options = {}) {
  Answer answer;
  const auto take = [&](TextRow row) {
    answer.value = std::string(row[0].value_or("NULL"));
    return absl::OkStatus();
  };
  auto report = reader.Query(sql, {}, take, options);
  answer.status = report.status();
  if (report.ok()) answer.report = *report;
  return answer;
}

inline Event EventNamed(std::string_view name) {
  return {.organization_id = *Uuid::Parse("0783aa7a-d953-5f66-aac9-945daa57d5b5"),
          .transaction_id = name,
          .external_customer_id = "cust_7",
          .code = "api_calls",
          .timestamp = absl::FromUnixSeconds(1'700'000'000),
          .value = 1};
}

/// Returns when `condition` holds; false after half a minute.
template <class Condition>
bool Eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline const EndpointState& StateOf(const ClusterSnapshot& snapshot, const std::string& label) {
  for (const EndpointState& state : snapshot.endpoints) {
    if (state.label == label) return state;
  }
  std::abort();
}

/// A database of its own on the shared servers, with an events table, and a writer.
class ReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = trio_.primary->CreateDatabase().value();
    auto writer = EventWriter::Open({.dsn = trio_.primary->dsn(database_), .create_table = true});
    ASSERT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    trio_.AwaitReplay();
  }

  void TearDown() override {
    for (auto* standby : {trio_.one.get(), trio_.two.get()}) ASSERT_TRUE(standby->ResumeReplay().ok());
  }

  std::unique_ptr<Reader> Open(ReaderOptions options = {}) {
    options.endpoints = trio_.endpoints(database_);
    return OpenReader(options);
  }

  Outcome Write(const std::string& name) { return writer_->WriteDurable(EventNamed(name), kLong); }

  testing::Trio& trio_ = testing::SharedTrio();
  std::string database_;
  std::unique_ptr<EventWriter> writer_;
};

}  // namespace bxb::read
