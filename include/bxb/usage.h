#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "bxb/decimal.h"
#include "bxb/uuid.h"

namespace bxb {

/// What of an event is aggregated: a column ("value", "decimal_value", "external_customer_id" …), or a property.
struct Field {
  enum class Kind : std::uint8_t { kColumn, kProperty };

  Kind kind = Kind::kColumn;
  std::string name = {};

  Field() = default;
  Field(std::string column) : name(std::move(column)) {}  // NOLINT(google-explicit-constructor)
  Field(const char* column) : name(column) {}             // NOLINT(google-explicit-constructor)

  friend bool operator==(const Field&, const Field&) = default;
};

/// The property of that name, at the top level of the event's `properties`.
Field Property(std::string name);

/// How the events of a group become one number. All are exact: sums are taken in decimals, never in floating point,
/// whatever the order of the rows; a double counts as the shortest decimal that reads back as the same double, which is
/// what it prints as. Ties in time are broken by transaction_id, byte by byte.
///
/// The numbers are those of "value", "decimal_value" or a property: a JSON number, or a string that is one in plain
/// digits ("12", "-3.50"), either of up to 38 characters in plain digits. Events without it, with null, or with
/// anything else there do not take part.
///
/// A result has a line for each group and bucket in which events took part; without groups and buckets it has one line
/// always.
struct Aggregate {
  enum class Kind : std::uint8_t {
    kCount,  ///< events
    kSum,    ///< nullopt for no number at all, as with kMax, kMin, kAvg, kLatest and kPercentile
    kMax,
    kMin,
    kAvg,          ///< rounded by PostgreSQL's numeric division: 16 significant digits or more
    kUniqueCount,  ///< different values, compared as text: of a property (1 and "1" are one value) or of one of the
                   ///< columns external_customer_id, code and transaction_id; of a number column: as numbers
    kLatest,       ///< the number of the last event that has one
    kWeightedSum,  ///< the integral of a level over time; see WeightedSum
    kPercentile,   ///< see Percentile
  };

  Kind kind = Kind::kCount;
  Field field = {};
  double fraction = 0;  ///< for kPercentile

  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

Aggregate Count();
Aggregate Sum(Field field);
Aggregate Max(Field field);
Aggregate Min(Field field);
Aggregate Avg(Field field);
Aggregate UniqueCount(Field field);
Aggregate Latest(Field field);

/// Each event states a level (seats, gigabytes stored) that holds until the next one of the same customer and code (and
/// of the same values of the properties grouped by). The result is the level times the seconds that it held, summed up:
/// gigabyte-seconds, exact to the microsecond. The level before `from` is carried in, however old; from the first event
/// of all on, not before. Divide by the period's seconds for the mean level. It has a line for every bucket in which a
/// level holds, also without events in it.
Aggregate WeightedSum(Field field);

/// The smallest number that at least `fraction` of the numbers do not exceed (PostgreSQL's percentile_disc): one of
/// them, not one in between. 0 < fraction <= 1.
Aggregate Percentile(Field field, double fraction);

/// What results are broken down by, besides time.
struct GroupBy {
  enum class Kind : std::uint8_t { kCustomer, kCode, kProperty };

  Kind kind = Kind::kCustomer;
  std::string property = {};

  static GroupBy Customer() { return {.kind = Kind::kCustomer}; }
  static GroupBy Code() { return {.kind = Kind::kCode}; }
  static GroupBy Property(std::string name) { return {.kind = Kind::kProperty, .property = std::move(name)}; }

  friend bool operator==(const GroupBy&, const GroupBy&) = default;
};

/// Calendar units, in the query's time zone: days may have 23 or 25 hours; weeks begin on Monday.
enum class Bucket : std::uint8_t { kMinute, kHour, kDay, kWeek, kMonth };

std::string_view Name(Bucket bucket);  ///< "minute", "hour", "day", "week", "month"

/// Only events whose property, as text, is one of `values` (one value: equals). An event without it never is.
struct PropertyFilter {
  std::string property = {};
  std::vector<std::string> values = {};
};

/// What was used: an aggregate over the events of one organization in a half-open range of time.
///
/// The table may be any whose columns are those of a Layout: organization_id uuid; transaction_id,
/// external_customer_id and code, text or varchar; "timestamp" timestamptz; these NOT NULL; and, where a query names
/// them, properties jsonb, value double precision and decimal_value numeric. Of another type, these last three and
/// "timestamp" are an error of the server (SQLSTATE 42883), not another result: a time without time zone would depend
/// on the session's, and a decimal_value in floating point would not be exact. A NULL where the Layout has NOT NULL is
/// no error, but the level of a customer or code that is NULL is not carried in.
struct UsageQuery {
  Uuid organization_id = {};                    ///< required: not all zeros
  std::vector<std::string> customers = {};      ///< external_customer_id is one of these; empty: any
  std::vector<std::string> codes = {};          ///< code is one of these; empty: any
  std::vector<PropertyFilter> properties = {};  ///< all of these hold
  absl::Time from = {};                         ///< required, with `to`: finite, from < to
  absl::Time to = {};
  Aggregate aggregate = Count();
  std::vector<GroupBy> group_by = {};
  std::optional<Bucket> bucket = {};  ///< one without events (for kWeightedSum: without a level) has no line
  std::string time_zone = "UTC";      ///< of the buckets: one of the server's pg_timezone_names, spelled exactly as
                                      ///< there ("Europe/Paris"; "UTC")
};

/// One line of a result.
struct UsageRow {
  std::optional<absl::Time> bucket = {};  ///< when it begins, where the query has buckets; the first may begin before
                                          ///< `from`, but holds nothing from before it
  std::vector<std::optional<std::string>> group = {};  ///< one value for each of group_by; nullopt: no such property
  std::optional<Decimal> value = {};
  std::int64_t events = 0;  ///< that took part; for kWeightedSum those in the range, not those carried in

  friend bool operator==(const UsageRow&, const UsageRow&) = default;
};

/// For people: `2026-11-22T00:00:00+00:00  cust_7  42  (17 events)`. The bucket is shown in UTC, whatever the query's
/// time zone.
std::ostream& operator<<(std::ostream& out, const UsageRow& row);

/// How a usage query is put to the server.
struct UsagePlan {
  std::string sql = {};
  std::vector<std::string> parameters = {};  ///< $1, $2 …, as text
  std::string plan = {};                     ///< EXPLAIN's lines
};

}  // namespace bxb
