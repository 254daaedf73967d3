// What the scope of dedup costs the writer on daily partitions.
#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <string>

#include "bxb/schema.h"
#include "partitions/ground.h"
#include "support/must.h"
#include "support/writing.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::array kScopes = {DedupScope::kPerTimestamp, DedupScope::kGlobal};
constexpr std::array kIds = {Ids::kRandom, Ids::kSequential};

class ScopeTables {
 public:
  explicit ScopeTables(const Ground& ground) : ground_(ground) {}

  const std::string& Of(DedupScope scope) {
    std::string& table = tables_[scope];
    if (!table.empty()) return table;
    table = ground_.server.InSchema(scope == DedupScope::kGlobal ? "scope_global" : "scope_per_timestamp");
    Must(ApplyLayout(
        ground_.server.dsn(),
        {.table = table, .partition_by = PartitionInterval::kDay, .indexes = IndexProfile::kLean, .dedup = scope}));
    return table;
  }

  /// Rows of the last two hours.
  const Rows& Of(Ids ids) {
    auto& rows = rows_[ids];
    if (!rows) {
      const auto count = static_cast<std::size_t>(ground_.settings.scope_rows);
      const absl::Duration two_hours = absl::Hours(2);
      const Generator generator(ground_.events, ids, absl::Now() - two_hours,
                                two_hours / static_cast<std::int64_t>(count));
      rows = std::make_unique<Rows>(generator, 0, count);
    }
    return *rows;
  }

  const Ground& ground() const { return ground_; }

 private:
  const Ground& ground_;
  std::map<DedupScope, std::string> tables_;
  std::map<Ids, std::unique_ptr<Rows>> rows_;
};

void Write(benchmark::State& state, ScopeTables& tables, DedupScope scope, Ids ids) {
  const std::string& table = tables.Of(scope);
  const Rows& rows = tables.Of(ids);
  Server& server = tables.ground().server;
  if (scope == DedupScope::kGlobal) server.session().Run(fmt::format("TRUNCATE {}_keys", table));
  WriterOptions options{.dsn = server.dsn(), .table = table};
  options.lanes = kConnections;
  options.batch_rows = kBatchRows;
  const auto writer = OpenWriter(options);
  MeasureInto(state, server, table, rows.All().size(), [&] {
    WriteAll(*writer, rows.All());
    FlushAll(*writer);
  });
}

}  // namespace

std::vector<Contender> ScopeContenders(const Ground& ground) {
  const auto tables = std::make_shared<ScopeTables>(ground);
  std::vector<Contender> contenders;
  for (const Ids ids : kIds) {
    for (const DedupScope scope : kScopes) {
      contenders.push_back(
          {fmt::format("scope/{}/{}", scope == DedupScope::kGlobal ? "global" : "per_timestamp", Name(ids)),
           [tables, scope, ids](benchmark::State& state) { Write(state, *tables, scope, ids); }});
    }
  }
  return contenders;
}

}  // namespace bxb::bench::partitions
