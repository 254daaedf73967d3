// Describes a row type of one's own, once, and writes it into one's own table.

#include <cstdint>
#include <iostream>
#include <optional>
#include <string_view>
#include <vector>

#include "bxb/bxb.h"
#include "support/command_line.h"
#include "support/database.h"
#include "support/format.h"

struct Reading {
  std::int64_t sensor;
  absl::Time at;
  double celsius;
  std::optional<bxb::Decimal> cost;      // exact, for what is billed
  std::optional<std::string_view> note;  // a view: it is copied before Write returns
};

// Two readings are the same when sensor and time are: the table has a unique index on exactly these two.
template <>
struct bxb::RowOf<Reading> {
  static constexpr std::string_view table = "example_readings";
  static constexpr auto columns =
      bxb::Columns(bxb::Column("sensor_id", &Reading::sensor, bxb::kKey),
                   bxb::Column("at", &Reading::at, bxb::kKey | bxb::kTime), bxb::Column("celsius", &Reading::celsius),
                   bxb::Column("cost", &Reading::cost), bxb::Column("note", &Reading::note));
};

// The same columns, and a type that cannot hold them exactly: Open says so, before anything is written.
struct Rounded {
  std::int64_t sensor;
  absl::Time at;
  float celsius;
  double cost;
};

template <>
struct bxb::RowOf<Rounded> {
  static constexpr std::string_view table = "example_readings";
  static constexpr auto columns = bxb::Columns(
      bxb::Column("sensor_id", &Rounded::sensor, bxb::kKey), bxb::Column("at", &Rounded::at, bxb::kKey | bxb::kTime),
      bxb::Column("celsius", &Rounded::celsius), bxb::Column("cost", &Rounded::cost));
};

namespace {

constexpr const char* kTable = R"(
  SET client_min_messages = warning;
  CREATE TABLE IF NOT EXISTS example_readings (
    sensor_id  bigint,
    at         timestamptz,
    celsius    double precision NOT NULL,
    cost       numeric,
    note       text,
    received   timestamptz NOT NULL DEFAULT now(),  -- not described above: it gets its default
    UNIQUE (sensor_id, at)))";

constexpr const char* kSummary = R"(
  SELECT sensor_id, count(*) AS readings, min(celsius) AS coldest, max(celsius) AS warmest, sum(cost) AS cost,
         max(note) AS note
    FROM example_readings GROUP BY sensor_id ORDER BY sensor_id)";

std::vector<Reading> Readings() {
  const absl::Time noon = absl::FromCivil(absl::CivilHour(2025, 6, 1, 12), absl::UTCTimeZone());
  return {
      {.sensor = 1, .at = noon, .celsius = 21.5, .cost = *bxb::Decimal::Parse("0.0125"), .note = {}},
      {.sensor = 1, .at = noon + absl::Minutes(1), .celsius = 21.625, .cost = *bxb::Decimal::Of(125, 4), .note = {}},
      {.sensor = 2, .at = noon, .celsius = -4.25, .cost = 1, .note = "door open"}};
}

}  // namespace

int main(int argc, char** argv) {
  const examples::CommandLine flags(argc, argv, "Writes rows of its own type into the table example_readings.",
                                    {examples::kDsnFlag});
  auto database = examples::Database::Open(flags.Get("dsn"));
  if (!database.ok()) return flags.Fail(database.status());
  if (auto created = database->Query(kTable); !created.ok()) return flags.Fail(created.status());

  auto writer = bxb::Writer<Reading>::Open({.dsn = database->dsn()});
  if (!writer.ok()) return flags.Fail(writer.status());
  const std::vector<Reading> readings = Readings();
  for (const bxb::Outcome& outcome : (*writer)->WriteBatch(readings)) std::cout << "first time:   " << outcome << "\n";
  for (const bxb::Outcome& outcome : (*writer)->WriteBatch(readings)) std::cout << "second time:  " << outcome << "\n";

  auto summary = database->Query(kSummary);
  if (!summary.ok()) return flags.Fail(summary.status());
  examples::PrintTable(std::cout << "\n", *summary);

  auto rounded = bxb::Writer<Rounded>::Open({.dsn = database->dsn()});
  std::cout << "\nA type that would round is refused:\n  " << rounded.status().message() << "\n";
}
