#include "report/columnar/engines.h"

#include <future>
#include <utility>

#include "report/columnar/queries.h"

namespace bxb::bench::report {

Columnar::Columnar(const Ground& ground) : month(ground.Rows(500'000)) {
  const auto filled = [&](auto open) {
    return std::async(std::launch::async, open, std::cref(ground), std::cref(month));
  };
  std::future<MaybeStore> clickhouse = filled(ClickHouseStore::Open);
  std::future<MaybeStore> timescaledb = filled(TimescaleStore::Open);
  auto postgresql = std::make_unique<RowStore>(ground, month);
  for (const Query& query : kQueries) answers.emplace(query.name, postgresql->Ask(Sql(query.name, month)));
  stores.emplace("postgresql", std::move(postgresql));
  stores.emplace("clickhouse", clickhouse.get());
  stores.emplace("timescaledb", timescaledb.get());
}

}  // namespace bxb::bench::report
