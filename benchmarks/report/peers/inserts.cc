// What leaves out duplicates by ON CONFLICT DO NOTHING, by libpq, from fields that were encoded beforehand.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "bxb/internal/big_endian.h"
#include "report/peers/batches.h"
#include "report/peers/ground.h"
#include "support/parallel.h"

namespace bxb::bench::report {
namespace {

struct Column {
  const char* type;
  std::int32_t oid;
};

// Those of kColumns.
constexpr std::array kTypes = {Column{"uuid", 2950},  Column{"text", 25},     Column{"timestamptz", 1184},
                               Column{"text", 25},    Column{"text", 25},     Column{"jsonb", 3802},
                               Column{"float8", 701}, Column{"numeric", 1700}};
constexpr std::size_t kFields = kTypes.size();
using Fields = std::array<std::string_view, kFields>;

// No event of Events has a null.
Fields FieldsOf(std::string_view tuple) {
  Fields fields;
  const char* at = tuple.data() + sizeof(std::int16_t);
  for (std::string_view& field : fields) {
    field = {at + sizeof(std::int32_t), static_cast<std::size_t>(internal::GetBig<std::int32_t>(at))};
    at = field.data() + field.size();
  }
  return fields;
}

struct Parameters {
  explicit Parameters(const Fields& fields) {
    for (std::size_t i = 0; i < kFields; ++i) {
      values[i] = fields[i].data();
      sizes[i] = static_cast<int>(fields[i].size());
    }
    formats.fill(1);
  }
  std::array<const char*, kFields> values{};
  std::array<int, kFields> sizes{};
  std::array<int, kFields> formats{};
};

// A connection with one prepared statement.
class Client {
 public:
  Client(const std::string& dsn, const std::string& sql) : connection_(PQconnectdb(dsn.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) Fail();
    Require(PQprepare(connection_.get(), "put", sql.c_str(), 0, nullptr));
  }

  // One statement for many rows.
  void Execute(const Fields& fields) {
    const Parameters with(fields);
    Require(PQexecPrepared(connection_.get(), "put", kFields, with.values.data(), with.sizes.data(),
                           with.formats.data(), 1));
  }

  // A statement for each row. While the server is at some, the next are sent.
  void Pipeline(const EncodedEvents& encoded, std::size_t begin, std::size_t end) {
    constexpr std::size_t kRowsPerSync = 500;
    if (PQenterPipelineMode(connection_.get()) != 1) Fail();
    for (std::size_t at = begin; at < end; at += kRowsPerSync) {
      Send(encoded, at, std::min(at + kRowsPerSync, end));
      if (at != begin) ReceiveUntilSync();
    }
    ReceiveUntilSync();
    if (PQexitPipelineMode(connection_.get()) != 1) Fail();
  }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  [[noreturn]] void Fail() { Die(PQerrorMessage(connection_.get())); }

  void Require(PGresult* result) {
    if (PQresultStatus(result) != PGRES_COMMAND_OK) Fail();
    PQclear(result);
  }

  void Send(const EncodedEvents& encoded, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const Parameters with(FieldsOf(encoded.Tuple(row)));
      const int sent = PQsendQueryPrepared(connection_.get(), "put", kFields, with.values.data(), with.sizes.data(),
                                           with.formats.data(), 1);
      if (sent != 1) Fail();
    }
    if (PQpipelineSync(connection_.get()) != 1) Fail();
  }

  // Behind each statement's result there is a null.
  void ReceiveUntilSync() {
    for (;;) {
      PGresult* result = PQgetResult(connection_.get());
      if (result == nullptr) continue;
      if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) return PQclear(result);
      Require(result);
    }
  }

  std::unique_ptr<PGconn, Finish> connection_;
};

std::vector<Client> ConnectClients(PeerGround& ground, const std::string& sql) {
  std::vector<Client> clients;
  for (int i = 0; i < kPeerConnections; ++i) clients.emplace_back(ground.server.dsn(), sql);
  return clients;
}

void PipelinedInserts(benchmark::State& state, PeerGround& ground) {
  std::vector<Client> clients =
      ConnectClients(ground, fmt::format("INSERT INTO {}({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT DO NOTHING",
                                         ground.dedup(), kColumns));
  MeasureInto(state, ground.server, ground.dedup(), ground.pipelined_rows, [&] {
    InsertBatches(
        clients, ground.pipelined_rows, kPeerBatchRows,
        [&](Client& client, std::size_t begin, std::size_t end) { client.Pipeline(ground.encoded, begin, end); });
  });
}

void AppendInt(std::string& bytes, std::size_t value) {
  std::array<char, sizeof(std::int32_t)> big;
  internal::PutBig(big.data(), static_cast<std::int32_t>(value));
  bytes.append(big.data(), big.size());
}

// One dimension, no nulls, the elements' type, how many, and the number of the first.
std::string ArrayHead(std::int32_t oid, std::size_t count) {
  std::string head;
  AppendInt(head, 1);
  AppendInt(head, 0);
  AppendInt(head, static_cast<std::size_t>(oid));
  AppendInt(head, count);
  AppendInt(head, 1);
  return head;
}

using Arrays = std::array<std::string, kFields>;

Arrays MakeArrays(const EncodedEvents& encoded, std::size_t begin, std::size_t end) {
  Arrays arrays;
  for (std::size_t column = 0; column < kFields; ++column) arrays[column] = ArrayHead(kTypes[column].oid, end - begin);
  for (std::size_t row = begin; row < end; ++row) {
    const Fields fields = FieldsOf(encoded.Tuple(row));
    for (std::size_t column = 0; column < kFields; ++column) {
      AppendInt(arrays[column], fields[column].size());
      arrays[column].append(fields[column]);
    }
  }
  return arrays;
}

std::string UnnestSql(const std::string& table) {
  std::vector<std::string> arrays;
  for (const Column& column : kTypes) arrays.push_back(fmt::format("${}::{}[]", arrays.size() + 1, column.type));
  return fmt::format("INSERT INTO {}({}) SELECT * FROM unnest({}) ON CONFLICT DO NOTHING", table, kColumns,
                     fmt::join(arrays, ","));
}

void UnnestInserts(benchmark::State& state, PeerGround& ground) {
  std::vector<Client> clients = ConnectClients(ground, UnnestSql(ground.dedup()));
  MeasureInto(state, ground.server, ground.dedup(), ground.rows, [&] {
    InsertBatches(clients, ground.rows, kPeerBatchRows, [&](Client& client, std::size_t begin, std::size_t end) {
      const Arrays arrays = MakeArrays(ground.encoded, begin, end);
      Fields fields;
      std::ranges::copy(arrays, fields.begin());
      client.Execute(fields);
    });
  });
}

void Staging(benchmark::State& state, PeerGround& ground) {
  std::vector<Session> sessions = Connect(ground.server.dsn(), kPeerConnections);
  MeasureInto(state, ground.server, ground.dedup(), ground.rows,
              [&] { CopyBatches(sessions, MergeSql(ground.dedup()), ground.encoded, ground.rows, kPeerBatchRows); });
}

}  // namespace

std::vector<Contender> InsertPeers(const SharedPeerGround& ground) {
  const auto peer = [&](const char* name, auto run) {
    return Contender{name, [=](benchmark::State& state) { run(state, *ground); }};
  };
  return {peer("staging", Staging), peer("unnest", UnnestInserts), peer("pipelined_insert", PipelinedInserts)};
}

}  // namespace bxb::bench::report
