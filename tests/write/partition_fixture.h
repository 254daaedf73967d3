#pragma once

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "write/writer_fixture.h"

namespace bxb {

/// A database with an events table in daily partitions, from 2026-01-01 to 2026-01-04 (exclusive), and verbs on it.
/// Unless a test says otherwise duplicates are told per timestamp, and events of any time are accepted.
class PartitionTest : public WriterTest {
 protected:
  static constexpr const char* kColumns =
      "organization_id uuid NOT NULL, transaction_id text NOT NULL, external_customer_id text NOT NULL, code text NOT "
      "NULL, timestamp timestamptz NOT NULL, properties jsonb NOT NULL DEFAULT '{}', value float8, decimal_value "
      "numeric, "
      "created_at timestamptz NOT NULL DEFAULT now()";

  void CreateTable(const std::string& constraint = "UNIQUE (organization_id, transaction_id, timestamp)") {
    const std::string also = constraint.empty() ? "" : ", " + constraint;
    Run("CREATE TABLE events (" + std::string(kColumns) + also + ") PARTITION BY RANGE (timestamp)");
    for (int day = 1; day <= 3; ++day) CreateDay(day);
  }

  void CreateDay(int day) { Run("CREATE TABLE " + Leaf(day) + " PARTITION OF events " + Bounds(day)); }

  /// Duplicates are told by the key alone.
  void CreateGlobalTable() {
    CreateTable("");
    Run("CREATE TABLE events_keys (organization_id uuid, transaction_id text, written_at timestamptz DEFAULT now(), "
        "PRIMARY KEY (organization_id, transaction_id))");
  }

  static std::string Leaf(int day) { return "events_d" + std::to_string(day); }
  static std::string Bounds(int day) {
    return "FOR VALUES FROM ('2026-01-" + std::to_string(day) + " 00:00+00') TO ('2026-01-" + std::to_string(day + 1) +
           " 00:00+00')";
  }

  static WriterOptions AllTimes(WriterOptions options = {}) {
    options.partitions.oldest = options.partitions.newest = absl::InfiniteDuration();
    options.lanes = 1;
    return options;
  }

  std::unique_ptr<EventWriter> OpenPartitioned(WriterOptions options = {}) {
    options = AllTimes(std::move(options));
    options.dsn = dsn_;
    auto writer = EventWriter::Open(options);
    if (!writer.ok()) ADD_FAILURE() << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  static absl::Time At(int day, int second = 0) {
    return absl::FromCivil(absl::CivilSecond(2026, 1, day, 0, 0, second), absl::UTCTimeZone());
  }

  /// Events first … first + count - 1, all of this day.
  std::vector<Event> EventsOf(int day, int count, int first = 0) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) {
      names_.push_back(std::make_unique<std::string>("txn_" + std::to_string(first + i)));
      events.push_back(EventNamed(*names_.back()));
      events.back().timestamp = At(day, i);
    }
    return events;
  }

  /// Whether a query's value becomes this within a minute.
  bool Becomes(const std::string& sql, const std::string& value) {
    const absl::Time deadline = absl::Now() + kLong;
    while (Value(sql) != value) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

  static int Count(const std::vector<Outcome>& outcomes, Outcome::Kind kind) {
    const auto count = std::ranges::count(outcomes, kind, &Outcome::kind);
    if (count == 0) std::cerr << "none is " << Name(kind) << "; the first is: " << outcomes.front() << "\n";
    return static_cast<int>(count);
  }

 private:
  std::vector<std::unique_ptr<std::string>> names_;
};

}  // namespace bxb
