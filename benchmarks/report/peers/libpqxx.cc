// libpqxx's stream_to: COPY in text, of rows as a program that uses libpqxx holds them; a transaction for each batch.
#include <fmt/format.h>

#include "report/peers/ground.h"

#ifdef BXB_BENCH_LIBPQXX
#include <exception>
#include <pqxx/pqxx>
#include <tuple>
#include <utility>

#include "report/peers/batches.h"
#include "report/peers/texts.h"
#include "support/session.h"
#endif

namespace bxb::bench::report {
namespace {

#ifdef BXB_BENCH_LIBPQXX

// It knows no uuid, no timestamp and no numeric: they are strings.
using Row =
    std::tuple<std::string, std::string, std::string, std::string, std::string, std::string, double, std::string>;
using Rows = std::vector<Row>;

Row RowOf(const Event& event) {
  EventTexts texts = TextsOf(event);
  return {std::move(texts[0]), std::move(texts[1]), std::move(texts[2]), std::move(texts[3]),
          std::move(texts[4]), std::move(texts[5]), event.value.value(), std::move(texts[7])};
}

void Stream(pqxx::connection& connection, const std::string& table, std::span<const Row> rows) {
  static const std::vector<std::string> kNames = {std::string(kColumns)};
  try {
    pqxx::work transaction(connection);
    pqxx::stream_to stream(transaction, table, kNames);
    for (const Row& row : rows) stream << row;
    stream.complete();
    transaction.commit();
  } catch (const std::exception& error) {
    Die(error.what());
  }
}

void StreamAll(benchmark::State& state, PeerGround& ground, std::span<const Row> rows, int count) {
  std::vector<std::unique_ptr<pqxx::connection>> connections;
  while (count-- > 0) connections.push_back(std::make_unique<pqxx::connection>(ground.server.dsn()));
  MeasureInto(state, ground.server, ground.dedup(), rows.size(), [&] {
    InsertBatches(connections, rows.size(), kPeerBatchRows, [&](auto& connection, std::size_t begin, std::size_t end) {
      Stream(*connection, ground.dedup(), rows.subspan(begin, end - begin));
    });
  });
}

auto Streaming(const SharedPeerGround& ground) {
  const auto rows = std::make_shared<Rows>();
  for (const Event& event : ground->events.All()) rows->push_back(RowOf(event));
  return [=](benchmark::State& state, int connections) { StreamAll(state, *ground, *rows, connections); };
}

#else

auto Streaming(const SharedPeerGround& /*ground*/) {
  return [](benchmark::State& state, int /*connections*/) {
    state.SkipWithError("needs libpqxx 6 (libpqxx-dev of Debian 12) when this is built");
  };
}

#endif

}  // namespace

std::vector<Contender> LibpqxxPeers(const SharedPeerGround& ground) {
  const auto run = Streaming(ground);
  std::vector<Contender> peers;
  for (const int connections : {1, kPeerConnections}) {
    peers.push_back(
        {fmt::format("libpqxx/{}", connections), [=](benchmark::State& state) { run(state, connections); }});
  }
  return peers;
}

}  // namespace bxb::bench::report
