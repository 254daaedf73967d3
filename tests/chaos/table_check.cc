#include "chaos/table_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "support/sql.h"

namespace bxb::chaos {
namespace {

// So many rows are in memory at a time.
constexpr std::uint32_t kSlice = 20'000;

struct Sums {
  std::int64_t rows = 0;
  std::int64_t value = 0;
  std::int64_t cents = 0;
};

// Without the index, which cannot hold a key twice whatever the table does.
std::string SumsSql() {
  return "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; "
         "SELECT count(*), coalesce(sum(value), 0)::bigint, coalesce(sum(decimal_value) * 100, 0)::bigint, "
         "count(DISTINCT (organization_id, transaction_id)) FROM events";
}

std::string SliceSql(int producer, std::uint32_t first) {
  return fmt::format(
      "SELECT {} FROM events WHERE organization_id = '{}' AND transaction_id >= '{}' AND transaction_id < '{}' "
      "ORDER BY transaction_id",
      RowTextSql(), Usage::Organization(producer).ToString(), Usage::TransactionId(first),
      Usage::TransactionId(first + kSlice));
}

// Both sides are sorted, so a missing row and an extra one are told apart.
void CompareSlice(const pq::Rows& rows, int producer, const std::vector<std::string>& expected, Findings& findings) {
  std::vector<std::string> found;
  for (const auto& row : rows) found.push_back(row.at(0).value_or("NULL"));
  std::vector<std::string> missing, extra;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(extra));
  for (const std::string& row : missing) findings.Add(fmt::format("lost: {} of producer {}", row, producer));
  for (const std::string& row : extra) findings.Add(fmt::format("not to be there: {} of producer {}", row, producer));
}

void CompareRows(const std::string& dsn, const Producer& producer, Findings& findings) {
  const auto& entries = producer.entries();
  for (std::uint32_t first = 0; first < entries.size(); first += kSlice) {
    std::vector<std::string> expected;
    const auto end = std::min(static_cast<std::uint32_t>(entries.size()), first + kSlice);
    for (std::uint32_t number = first; number < end; ++number) {
      if (!entries[number].spam) expected.push_back(Usage(producer.id(), number, false).RowText());
    }
    CompareSlice(testing::Sql(dsn, SliceSql(producer.id(), first)), producer.id(), expected, findings);
  }
}

void CheckLedger(const Producer& producer, Findings& findings) {
  for (std::uint32_t number = 0; number < producer.entries().size(); ++number) {
    const Entry& entry = producer.entries()[number];
    const bool ended = entry.spam ? entry.refused : entry.stored;
    if (ended && entry.answered == entry.sent) continue;
    findings.Add(fmt::format("event {}/{} was sent {} times and answered {} times, {}", producer.id(), number,
                             entry.sent, entry.answered, ended ? "well in the end" : "and never well"));
  }
}

Sums SumsOf(const Producers& producers) {
  Sums sums;
  for (const auto& producer : producers) {
    for (std::uint32_t number = 0; number < producer->entries().size(); ++number) {
      if (producer->entries()[number].spam) continue;
      const Usage usage(producer->id(), number, false);
      sums = {.rows = sums.rows + 1, .value = sums.value + usage.value(), .cents = sums.cents + usage.cents()};
    }
  }
  return sums;
}

}  // namespace

void CheckTable(const std::string& dsn, const Producers& producers, Findings& findings) {
  for (const auto& producer : producers) {
    CheckLedger(*producer, findings);
    CompareRows(dsn, *producer, findings);
  }
  const Sums sums = SumsOf(producers);
  const auto row = testing::Sql(dsn, SumsSql()).at(0);
  const std::string found = fmt::format("{} rows, value {}, cents {}, {} keys", *row[0], *row[1], *row[2], *row[3]);
  const std::string expected =
      fmt::format("{0} rows, value {1}, cents {2}, {0} keys", sums.rows, sums.value, sums.cents);
  if (found != expected) findings.Add(fmt::format("the table has {}, but the producers {}", found, expected));
}

}  // namespace bxb::chaos
