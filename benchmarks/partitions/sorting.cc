// The same rows in batches that are sorted by dedup key, and in batches that are as they came.
#include <fmt/format.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "bxb/schema.h"
#include "partitions/ground.h"
#include "support/must.h"
#include "support/parallel.h"

namespace bxb::bench::partitions {
namespace {

constexpr std::array kProfiles = {IndexProfile::kSeed, IndexProfile::kLean, IndexProfile::kAppend};
constexpr std::array kIds = {Ids::kRandom, Ids::kSequential};

class SortingTables {
 public:
  explicit SortingTables(const Ground& ground) : ground_(ground) {}

  const std::string& Of(IndexProfile profile) {
    std::string& table = tables_[profile];
    if (!table.empty()) return table;
    table = ground_.server.InSchema(fmt::format("sorting_{}", Name(profile)));
    Must(ApplyLayout(ground_.server.dsn(), {.table = table, .indexes = profile}));
    return table;
  }

  const EncodedEvents& Encoded(Ids ids, std::size_t sorted_runs_of) {
    auto& encoded = encoded_[{ids, sorted_runs_of}];
    if (!encoded) {
      const Rows rows({ground_.events, ids, kStart, absl::Milliseconds(10)}, 0,
                      static_cast<std::size_t>(ground_.settings.sorting_rows));
      encoded = std::make_unique<EncodedEvents>(rows.All(), sorted_runs_of);
    }
    return *encoded;
  }

  const Ground& ground() const { return ground_; }

 private:
  const Ground& ground_;
  std::map<IndexProfile, std::string> tables_;
  std::map<std::pair<Ids, std::size_t>, std::unique_ptr<EncodedEvents>> encoded_;
};

void CopyAll(benchmark::State& state, const Ground& ground, const std::string& table, const EncodedEvents& encoded) {
  std::vector<Session> sessions = Connect(ground.server.dsn(), kConnections);
  MeasureInto(state, ground.server, table, encoded.size(),
              [&] { CopyBatches(sessions, CopySql(table), encoded, encoded.size(), kBatchRows); });
}

}  // namespace

std::vector<Contender> SortingContenders(const Ground& ground) {
  const auto tables = std::make_shared<SortingTables>(ground);
  std::vector<Contender> contenders;
  for (const IndexProfile profile : kProfiles) {
    for (const Ids ids : kIds) {
      for (const auto& [order, run] : {std::pair("sorted", kBatchRows), std::pair("arrival", std::size_t{1})}) {
        contenders.push_back({fmt::format("sorting/{}/{}/{}", Name(profile), Name(ids), order),
                              [tables, profile, ids = ids, run = run](benchmark::State& state) {
                                CopyAll(state, tables->ground(), tables->Of(profile), tables->Encoded(ids, run));
                              }});
      }
    }
  }
  return contenders;
}

}  // namespace bxb::bench::partitions
