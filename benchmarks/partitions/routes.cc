// The ways into a partitioned table, for rows that were encoded before: bxb's writer is not in it.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "partitions/ground.h"
#include "partitions/tables.h"
#include "support/parallel.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::array kSpreads = {1, 2, 8, 32};

// The same rows in two orders: each batch holds an equal share for each of so many days.
struct SpreadRows {
  SpreadRows(const Ground& ground, int days);

  std::size_t share;  ///< rows of one day in a batch
  std::size_t rows;
  std::unique_ptr<EncodedEvents> mixed;    ///< each batch sorted by key, whatever the day
  std::unique_ptr<EncodedEvents> grouped;  ///< each batch by day, and then by key
};

SpreadRows::SpreadRows(const Ground& ground, int days)
    : share(kBatchRows / static_cast<std::size_t>(days)),
      rows(static_cast<std::size_t>(ground.settings.route_rows) / kBatchRows * kBatchRows) {
  Rows made({ground.events, Ids::kRandom, kStart, absl::Milliseconds(10)}, 0, rows);
  for (std::size_t i = 0; i < rows; ++i) {
    made.All()[i].timestamp += kDay * static_cast<std::int64_t>(i / share % static_cast<std::size_t>(days));
  }
  mixed = std::make_unique<EncodedEvents>(made.All(), kBatchRows);
  grouped = std::make_unique<EncodedEvents>(made.All(), share);
}

// Tables and rows of one kind; made when the first run asks for them.
class Routes {
 public:
  explicit Routes(const Ground& ground) : ground_(ground) {}

  const SpreadRows& RowsOver(int days) {
    auto& rows = rows_[static_cast<std::size_t>(days)];
    if (!rows) rows = std::make_unique<SpreadRows>(ground_, days);
    return *rows;
  }

  const PartitionedTable& Partitioned(Indexes indexes) {
    auto& table = indexes == Indexes::kNone ? bare_ : lean_;
    if (!table) {
      table = std::make_unique<PartitionedTable>(ground_.server, indexes == Indexes::kNone ? "bare_days" : "lean_days",
                                                 PartitionedTable::Cut{kSpreads.back(), kDay, kStart}, indexes);
    }
    return *table;
  }

  const Ground& ground() const { return ground_; }

 private:
  const Ground& ground_;
  std::array<std::unique_ptr<SpreadRows>, kSpreads.back() + 1> rows_;
  std::unique_ptr<PartitionedTable> bare_;
  std::unique_ptr<PartitionedTable> lean_;
};

// Batches go into `target` on two connections; the rows end in `stored`.
void CopyInto(benchmark::State& state, const Ground& ground, const SpreadRows& rows, const std::string& target,
              const std::string& stored) {
  std::vector<Session> sessions = Connect(ground.server.dsn(), kConnections);
  MeasureInto(state, ground.server, stored, rows.rows,
              [&] { CopyBatches(sessions, CopySql(target), *rows.mixed, rows.rows, kBatchRows); });
}

void Plain(benchmark::State& state, Routes& routes, Indexes indexes) {
  Server& server = routes.ground().server;
  const std::string table = server.InSchema("plain");
  server.session().Run("DROP TABLE IF EXISTS " + table);
  CreatePlain(server, table, indexes);
  CopyInto(state, routes.ground(), routes.RowsOver(1), table, table);
}

void Leaf(benchmark::State& state, Routes& routes, Indexes indexes) {
  const PartitionedTable& table = routes.Partitioned(indexes);
  CopyInto(state, routes.ground(), routes.RowsOver(1), table.leaf(0), table.root());
}

void Root(benchmark::State& state, Routes& routes, Indexes indexes) {
  const PartitionedTable& table = routes.Partitioned(indexes);
  CopyInto(state, routes.ground(), routes.RowsOver(1), table.root(), table.root());
}

void SpreadThroughRoot(benchmark::State& state, Routes& routes, int days) {
  const PartitionedTable& table = routes.Partitioned(Indexes::kLean);
  CopyInto(state, routes.ground(), routes.RowsOver(days), table.root(), table.root());
}

std::string CopyEachSql(const PartitionedTable& table, int days) {
  std::string sql = "BEGIN;";
  for (int day = 0; day < days; ++day) {
    sql += fmt::format("COPY {}({}) FROM STDIN (FORMAT binary);", table.leaf(day), kColumns);
  }
  return sql + "COMMIT";
}

// One message and one transaction a batch, with a COPY for each leaf.
void SpreadOverLeaves(benchmark::State& state, Routes& routes, int days) {
  const PartitionedTable& table = routes.Partitioned(Indexes::kLean);
  const SpreadRows& rows = routes.RowsOver(days);
  const std::string sql = CopyEachSql(table, days);
  std::vector<Session> sessions = Connect(routes.ground().server.dsn(), kConnections);
  MeasureInto(state, routes.ground().server, table.root(), rows.rows, [&] {
    std::atomic<std::size_t> next = 0;
    InParallel(sessions, [&](Session& session) {
      for (std::size_t begin; (begin = next.fetch_add(kBatchRows)) < rows.rows;) {
        std::vector<std::string_view> parts;
        for (std::size_t row = begin; row < begin + kBatchRows; row += rows.share) {
          parts.push_back(rows.grouped->Tuples(row, row + rows.share));
        }
        session.CopyEach(sql, parts);
      }
    });
  });
}

// Each leaf's share of a batch is a batch and a transaction of its own.
void SpreadAsBatches(benchmark::State& state, Routes& routes, int days) {
  const PartitionedTable& table = routes.Partitioned(Indexes::kLean);
  const SpreadRows& rows = routes.RowsOver(days);
  std::vector<Session> sessions = Connect(routes.ground().server.dsn(), kConnections);
  MeasureInto(state, routes.ground().server, table.root(), rows.rows, [&] {
    std::atomic<std::size_t> next = 0;
    InParallel(sessions, [&](Session& session) {
      for (std::size_t begin; (begin = next.fetch_add(rows.share)) < rows.rows;) {
        const auto day = static_cast<int>(begin / rows.share % static_cast<std::size_t>(days));
        session.Copy(CopySql(table.leaf(day)), rows.grouped->Tuples(begin, begin + rows.share));
      }
    });
  });
}

}  // namespace

std::vector<Contender> RouteContenders(const Ground& ground) {
  const auto routes = std::make_shared<Routes>(ground);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, auto run, auto argument) {
    contenders.push_back(
        {"routes/" + name, [routes, run, argument](benchmark::State& state) { run(state, *routes, argument); }});
  };
  for (const auto& [name, indexes] : {std::pair("bare", Indexes::kNone), std::pair("lean", Indexes::kLean)}) {
    add(fmt::format("plain/{}", name), Plain, indexes);
    add(fmt::format("leaf/{}", name), Leaf, indexes);
    add(fmt::format("root/{}", name), Root, indexes);
  }
  for (const int days : kSpreads) {
    add(fmt::format("root/{}_days", days), SpreadThroughRoot, days);
    add(fmt::format("leaves/{}_days", days), SpreadOverLeaves, days);
    add(fmt::format("batches/{}_days", days), SpreadAsBatches, days);
  }
  return contenders;
}

}  // namespace bxb::bench::partitions
