// Key tables: the exact columns, or a hash of them? They grow from round to round, in little memory.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "bxb/row.h"
#include "bxb/row_codec.h"
#include "partitions/ground.h"
#include "partitions/memory_group.h"
#include "support/parallel.h"

namespace bxb::bench::partitions {

struct ExactKey {
  Uuid organization_id;
  std::string_view transaction_id;

  auto operator<=>(const ExactKey&) const = default;
};

struct HashedKey {
  Uuid hash;

  auto operator<=>(const HashedKey&) const = default;
};

}  // namespace bxb::bench::partitions

template <>
struct bxb::RowOf<bxb::bench::partitions::ExactKey> {
  static constexpr auto columns =
      Columns(Column("organization_id", &bench::partitions::ExactKey::organization_id, kKey),
              Column("transaction_id", &bench::partitions::ExactKey::transaction_id, kKey));
};

template <>
struct bxb::RowOf<bxb::bench::partitions::HashedKey> {
  static constexpr auto columns = Columns(Column("hash", &bench::partitions::HashedKey::hash, kKey));
};

namespace bxb::bench::partitions {
namespace {

constexpr std::size_t kSharedBuffersMb = 32;
constexpr std::size_t kLeastMemory = std::size_t{96} << 20;
constexpr std::size_t kMemoryPerKey = 64;  // less than half of what a key takes

struct KeyTable {
  std::string name;
  std::string columns;
  std::string ddl;
  std::size_t rows = 0;
};

// The server has little memory, unless it is the user's.
class KeyServer {
 public:
  explicit KeyServer(const Ground& ground)
      : memory_(std::max(kLeastMemory, kMemoryPerKey * static_cast<std::size_t>(ground.settings.key_rows) *
                                           static_cast<std::size_t>(ground.settings.rounds))),
        users_(ground.server.own() == nullptr ? &ground.server : nullptr) {
    if (users_ != nullptr) return;
    group_ = MemoryGroup::Make(memory_);
    own_ = std::make_unique<Server>(
        "", std::map<std::string, std::string>{{"shared_buffers", fmt::format("{}MB", kSharedBuffersMb)}});
    if (group_) group_->Add(own_->own()->pid());
    std::cerr << "keys: the memory of their server is " << Describe(group_.get(), memory_) << "\n";
  }

  Server& server() { return users_ != nullptr ? *users_ : *own_; }

 private:
  std::size_t memory_;
  Server* users_;
  std::unique_ptr<MemoryGroup> group_;  // goes when the server has gone
  std::unique_ptr<Server> own_;
};

// What the runs share.
struct Keys {
  explicit Keys(const Ground& its_ground) : ground(its_ground) {}

  Server& server() {
    if (!own) own = std::make_unique<KeyServer>(ground);
    return own->server();
  }

  const Ground& ground;
  std::unique_ptr<KeyServer> own;
};

// Sorted in batches, as the writer's are.
template <typename Key>
std::vector<std::string> EncodeBatches(std::vector<Key> keys, std::span<const PgType> types) {
  const auto codec = RowCodec<Key>::For(types).value();
  std::vector<std::string> batches;
  for (std::size_t begin = 0; begin < keys.size(); begin += kBatchRows) {
    const auto batch = std::span(keys).subspan(begin, std::min(kBatchRows, keys.size() - begin));
    std::ranges::sort(batch);
    batches.emplace_back();
    for (const Key& key : batch) codec.Encode(key, batches.back());
  }
  return batches;
}

std::vector<std::string> ExactKeys(const Keys& keys, Ids ids, std::size_t begin, std::size_t count) {
  const Rows rows({keys.ground.events, ids, kStart, absl::Milliseconds(1)}, begin, count);
  std::vector<ExactKey> exact;
  for (const Event& event : rows.All()) exact.push_back({event.organization_id, event.transaction_id});
  return EncodeBatches(std::move(exact), std::array{PgType::kUuid, PgType::kText});
}

// A good hash strews keys whatever they look like, so random numbers will do.
std::vector<std::string> HashedKeys(std::size_t begin, std::size_t count) {
  std::vector<HashedKey> hashed;
  for (std::uint64_t row = begin; row < begin + count; ++row) {
    hashed.push_back({std::bit_cast<Uuid>(std::array{Mix(~(2 * row)), Mix(~(2 * row + 1))})});
  }
  return EncodeBatches(std::move(hashed), std::array{PgType::kUuid});
}

void ReportSize(benchmark::State& state, Server& server, const KeyTable& table) {
  const auto bytes_a_key = [&](const char* function) {
    const std::string sql = fmt::format("SELECT {}('{}')", function, server.InSchema(table.name));
    return std::stod(server.session().Value(sql)) / static_cast<double>(table.rows);
  };
  state.counters["heap_bytes"] = bytes_a_key("pg_relation_size");
  state.counters["index_bytes"] = bytes_a_key("pg_indexes_size");
}

void Append(benchmark::State& state, Server& server, KeyTable& table, const std::vector<std::string>& batches,
            std::size_t rows) {
  const std::string name = server.InSchema(table.name);
  if (table.rows == 0) server.session().Run(fmt::format("CREATE TABLE {} ({})", name, table.ddl));
  server.Checkpoint();
  const std::string sql = fmt::format("BEGIN;COPY {}({}) FROM STDIN (FORMAT binary);COMMIT", name, table.columns);
  std::vector<Session> sessions = Connect(server.dsn(), kConnections);
  MeasureWork(state, server, rows, [&] {
    std::atomic<std::size_t> next = 0;
    InParallel(sessions, [&](Session& session) {
      for (std::size_t i; (i = next.fetch_add(1)) < batches.size();) session.Copy(sql, batches[i]);
    });
  });
  table.rows += rows;
  ReportSize(state, server, table);
}

}  // namespace

std::vector<Contender> KeyContenders(const Ground& ground) {
  const auto keys = std::make_shared<Keys>(ground);
  const auto rows = static_cast<std::size_t>(ground.settings.key_rows);
  std::vector<Contender> contenders;
  const auto add = [&](const std::string& name, const KeyTable& empty, const auto& make) {
    contenders.push_back({"keys/" + name, [=, table = std::make_shared<KeyTable>(empty)](benchmark::State& state) {
                            Append(state, keys->server(), *table, make(table->rows), rows);
                          }});
  };
  for (const Ids ids : {Ids::kRandom, Ids::kSequential}) {
    add(fmt::format("exact/{}", Name(ids)),
        {.name = fmt::format("keys_exact_{}", Name(ids)),
         .columns = "organization_id,transaction_id",
         .ddl =
             "organization_id uuid, transaction_id text COLLATE \"C\", PRIMARY KEY (organization_id, transaction_id)"},
        [=](std::size_t begin) { return ExactKeys(*keys, ids, begin, rows); });
  }
  add("hash", {.name = "keys_hash", .columns = "hash", .ddl = "hash uuid PRIMARY KEY"},
      [=](std::size_t begin) { return HashedKeys(begin, rows); });
  return contenders;
}

}  // namespace bxb::bench::partitions
