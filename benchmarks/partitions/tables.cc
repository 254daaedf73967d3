#include "partitions/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>

namespace bxb::bench::partitions {
namespace {

// As many as one transaction has locks for, with a server's default settings.
constexpr std::size_t kLeavesAtOnce = 100;

constexpr std::string_view kColumnsDdl =
    "organization_id uuid NOT NULL, transaction_id text NOT NULL, external_customer_id text NOT NULL, "
    "code text NOT NULL, timestamp timestamptz NOT NULL, properties jsonb NOT NULL DEFAULT '{}', "
    "value double precision, decimal_value numeric, created_at timestamptz NOT NULL DEFAULT now()";

std::string IndexDdl(const std::string& table, Indexes indexes) {
  if (indexes == Indexes::kNone) return "";
  return fmt::format(
      ";ALTER TABLE {0} ADD UNIQUE (organization_id, transaction_id, timestamp);"
      "CREATE INDEX ON {0} (organization_id, code, timestamp)",
      table);
}

// Runs the statements, some in each transaction.
void RunSome(Session& session, std::span<const std::string> statements) {
  for (std::size_t begin = 0; begin < statements.size(); begin += kLeavesAtOnce) {
    const auto some = statements.subspan(begin, std::min(kLeavesAtOnce, statements.size() - begin));
    session.Run(fmt::format("{}", fmt::join(some, ";")));
  }
}

}  // namespace

void CreatePlain(Server& server, const std::string& table, Indexes indexes) {
  server.session().Run(fmt::format("CREATE TABLE {} ({}){}", table, kColumnsDdl, IndexDdl(table, indexes)));
}

PartitionedTable::PartitionedTable(Server& server, const std::string& name, const Cut& cut, Indexes indexes)
    : server_(server), cut_(cut), root_(server.InSchema(name)) {
  server.session().Run(fmt::format("CREATE TABLE {} ({}) PARTITION BY RANGE (timestamp){}", root_, kColumnsDdl,
                                   IndexDdl(root_, indexes)));
  std::vector<std::string> ddl;
  for (int i = 0; i < cut.leaves; ++i) {
    leaves_.push_back(fmt::format("{}_{}", root_, i));
    ddl.push_back(fmt::format("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})", leaves_.back(), root_,
                              Literal(StartOf(i)), Literal(StartOf(i + 1))));
  }
  RunSome(server.session(), ddl);
}

PartitionedTable::~PartitionedTable() {
  std::vector<std::string> ddl;
  for (const std::string& leaf : leaves_) ddl.push_back("DROP TABLE " + leaf);
  RunSome(server_.session(), ddl);
}

std::string Literal(absl::Time time) { return fmt::format("'{}'", absl::FormatTime(time, absl::UTCTimeZone())); }

double PlanningMs(Session& session, const std::string& sql) {
  constexpr std::string_view kField = "\"Planning Time\": ";
  const std::string plan = session.Value("EXPLAIN (SUMMARY, FORMAT JSON) " + sql);
  const std::size_t field = plan.find(kField);
  if (field == std::string::npos) Die("no planning time in: " + plan);
  return std::strtod(plan.c_str() + field + kField.size(), nullptr);
}

}  // namespace bxb::bench::partitions
