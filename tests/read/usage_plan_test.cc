#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "bxb/schema.h"
#include "read/usage_asker.h"
#include "read/usage_events.h"
#include "support/shared_server.h"
#include "support/sql.h"

namespace bxb::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kDay = absl::FromCivil(absl::CivilDay(2026, 3, 10), absl::UTCTimeZone());

// Five days, a thousand events of each of twenty codes in each.
class UsagePlan : public ::testing::Test {
 protected:
  UsagePlan() : dsn_(FreshDatabase()) {
    const Layout layout = {.partition_by = PartitionInterval::kDay, .indexes = IndexProfile::kLean, .ahead = 4};
    Sql(dsn_, LayoutDdl(layout, kDay).value());
    Sql(dsn_,
        "INSERT INTO events (organization_id, transaction_id, external_customer_id, code, \"timestamp\", value) "
        "SELECT '00000000-0000-0000-0000-000000000001', n::text, 'c' || n % 7, 'code' || n % 20, "
        "'2026-03-10 00:00+00'::timestamptz + n * interval '4320 ms', n FROM generate_series(0, 99999) AS n");
    Sql(dsn_, "ANALYZE events");
    session_.emplace(dsn_, "events");
  }

  UsageQuery Days(int first, int count, Aggregate aggregate) {
    return {.organization_id = OrganizationOf(1),
            .codes = {"code7"},
            .from = kDay + absl::Hours(24 * first),
            .to = kDay + absl::Hours(24 * (first + count)),
            .aggregate = std::move(aggregate)};
  }

  std::set<std::string> Partitions(const std::string& plan) {
    static const std::regex scan(" on (events_p\\d+)");
    std::set<std::string> names;
    for (auto i = std::sregex_iterator(plan.begin(), plan.end(), scan); i != std::sregex_iterator(); ++i) {
      names.insert((*i)[1]);
    }
    return names;
  }

  std::string dsn_;
  std::optional<Asker> session_;
};

TEST_F(UsagePlan, NamesOnlyThePartitionsOfItsRange) {
  for (const Aggregate& aggregate :
       {Count(), Sum("value"), UniqueCount("external_customer_id"), Latest("value"), Percentile(Property("p"), 0.9)}) {
    EXPECT_THAT(Partitions(session_->Explain(Days(1, 1, aggregate))), ElementsAre("events_p20260311"));
    EXPECT_THAT(Partitions(session_->Explain(Days(2, 2, aggregate))),
                ElementsAre("events_p20260312", "events_p20260313"));
  }
}

TEST_F(UsagePlan, OfALevelLeavesOutWhatComesLater) {
  EXPECT_THAT(Partitions(session_->Explain(Days(1, 1, WeightedSum("value")))),
              ElementsAre("events_p20260310", "events_p20260311"));
}

TEST_F(UsagePlan, UsesTheIndexThatTheLayoutHasForIt) {
  for (const Aggregate& aggregate : {Count(), Sum("value"), Latest("value"), WeightedSum("value")}) {
    for (const auto& codes : {std::vector<std::string>{"code7"}, std::vector<std::string>{"code7", "code8"}}) {
      UsageQuery query = Days(1, 1, aggregate);
      query.codes = codes;
      query.bucket = Bucket::kHour;
      query.time_zone = "Europe/Paris";
      const std::string plan = session_->Explain(query);
      EXPECT_THAT(plan, HasSubstr("events_p20260311_organization_id_code_timestamp_idx"));
      EXPECT_THAT(plan, ::testing::Not(HasSubstr("Seq Scan on events"))) << plan;
      EXPECT_THAT(plan, HasSubstr("(\"timestamp\" >= '2026-03-11")) << plan;
    }
  }
}

TEST_F(UsagePlan, HashesWhatIsToBeUnique) {
  const std::string plan = session_->Explain(Days(1, 1, UniqueCount("external_customer_id")));
  EXPECT_THAT(plan, HasSubstr("HashAggregate"));
}

TEST_F(UsagePlan, MayUseSeveralProcesses) {
  Asker session(dsn_, "events",
                "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; "
                "SET min_parallel_index_scan_size = 0");
  for (const Aggregate& aggregate : {Count(), Sum("value"), Sum(Property("p")), UniqueCount("code")}) {
    UsageQuery query = Days(0, 5, aggregate);
    query.bucket = Bucket::kDay;
    query.codes.clear();
    EXPECT_THAT(session.Explain(query), HasSubstr("Gather"));
  }
}

}  // namespace
}  // namespace bxb::testing
