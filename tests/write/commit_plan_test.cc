#include "write/commit_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/civil_time.h"

namespace bxb::write {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CommitPlan Plan() {
  const schema::Table table = {.sql_name = "public.events", .schema_name = "public", .name = "events"};
  schema::Binding binding;
  binding.types = {PgType::kInt8, PgType::kTimestamptz};
  binding.column_names = {"\"id\"", "\"at\""};
  binding.plain_names = {"id", "at"};
  return MakeCommitPlan({.table = table,
                         .binding = binding,
                         .key_columns = 2,
                         .key_table = nullptr,
                         .key_and_time = "",
                         .time_column = "\"at\"",
                         .level = SynchronousCommit::kOn,
                         .ledger = {}});
}

schema::PgMicros Year(int year) {
  return schema::ToPgMicros(absl::FromCivil(absl::CivilYear(year), absl::UTCTimeZone()));
}

TEST(CommitPlan, BoundsALookupByTheTimesOfTheKeys) {
  const CommitPlan plan = Plan();
  EXPECT_THAT(plan.LookupSql({{Year(2026), Year(2026) + 1'500'000}}),
              HasSubstr("t.\"at\" BETWEEN '2026-01-01 00:00:00+00' AND '2026-01-01 00:00:01.500000+00'"));
  EXPECT_THAT(plan.LookupSql({{Year(-43), Year(12'026)}}),
              HasSubstr("t.\"at\" BETWEEN '0044-01-01 00:00:00+00 BC' AND '12026-01-01 00:00:00+00'"));
}

TEST(CommitPlan, BoundsNoLookupWithoutAFirstAndALastTime) {
  const CommitPlan plan = Plan();
  EXPECT_THAT(plan.LookupSql({}), Not(HasSubstr("BETWEEN")));
  EXPECT_EQ(plan.LookupSql({{schema::kBeforeAll, Year(2026)}}), plan.LookupSql({}));
  EXPECT_EQ(plan.LookupSql({{Year(2026), schema::kAfterAll}}), plan.LookupSql({}));
}

}  // namespace
}  // namespace bxb::write
