// What runs as a program of its own. Each has its own clock, which leaves out its start; none is measured by ours.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <utility>

#include "report/peers/ground.h"
#include "support/program.h"

namespace bxb::bench::report {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(2);
using Seconds = absl::StatusOr<double>;

// The word behind the last `marker`.
std::string WordBehind(const std::string& output, std::string_view marker) {
  const std::size_t found = output.rfind(marker);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + marker.size();
  return output.substr(begin, output.find_first_of(" \n", begin) - begin);
}

Seconds Positive(double seconds) {
  if (seconds > 0) return seconds;
  return absl::InternalError("its output has no time");
}

Seconds NumberBehind(const absl::StatusOr<std::string>& output, std::string_view marker) {
  if (!output.ok()) return output.status();
  return Positive(std::strtod(WordBehind(*output, marker).c_str(), nullptr));
}

// Beside a server; what it prints is read here, so it is in English.
absl::StatusOr<std::string> RunClient(std::vector<std::string> argv, const ProgramDsn& dsn) {
  std::vector<std::string> environment = dsn.environment;
  environment.emplace_back("LC_ALL=C");
  return RunProgram(std::move(argv), kTimeout, environment);
}

// `run` inserts `rows` rows into `table`; what it cannot do is said on the page.
void MeasureProgram(benchmark::State& state, Server& server, const std::string& table, std::size_t rows,
                    const std::function<Seconds()>& run) {
  server.session().Run("TRUNCATE " + table);
  server.Checkpoint();
  const Seconds seconds = run();
  if (!seconds.ok()) return state.SkipWithError(std::string(seconds.status().message()).c_str());
  if (const std::int64_t stored = server.Count(table); stored != static_cast<std::int64_t>(rows)) {
    return state.SkipWithError(fmt::format("wrote {} rows instead of {}", stored, rows).c_str());
  }
  for (auto _ : state) state.SetIterationTime(*seconds);
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

Seconds PsqlSeconds(const PeerGround& ground, const std::string& table) {
  const ProgramDsn dsn = ForPrograms(ground.server.dsn());
  const std::string copy =
      fmt::format("\\copy {}({}) from '{}' (format binary)", table, kColumns, ground.binary_file());
  const Seconds milliseconds = NumberBehind(
      RunClient({"psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", dsn.dsn, "-c", "\\timing on", "-c", copy}, dsn),
      "Time: ");
  if (!milliseconds.ok()) return milliseconds;
  return *milliseconds / 1000;
}

// Rows of the shape that Events has: the statement makes them of random numbers. A ':' in a literal must not look like
// a variable.
constexpr std::string_view kPgbenchScript = R"(\set n :n + 1
\set organization random(1, 200)
\set customer random(0, 19999)
\set item random(0, 4095)
\set value random(0, 999)
\set cents random(0, 999999)
INSERT INTO {}({}) VALUES (lpad(to_hex(:organization::int), 32, '0')::uuid,
  'txn_' || lpad((:client_id::int * 1000000 + :n::int)::text, 12, '0'), now(), 'cust_' || lpad(:customer::text, 6, '0'),
  'api_calls', ('{{"region": "eu-west-1", "status": 200, "path": "/v1/items/' || :item::text || '", "ms": 42}}')::jsonb,
  :value::float8, :cents::numeric / 100) ON CONFLICT DO NOTHING;
)";

Seconds PgbenchSeconds(const PeerGround& ground) {
  const std::string script = ground.report.folder + "/insert.sql";
  std::ofstream(script) << fmt::format(kPgbenchScript, ground.dedup(), kColumns);
  const ProgramDsn dsn = ForPrograms(ground.server.dsn());
  const std::size_t each = ground.pgbench_rows / kPgbenchClients;
  const Seconds rate =
      NumberBehind(RunClient({"pgbench", "-n", "-M", "prepared", "-c", std::to_string(kPgbenchClients), "-j", "2", "-t",
                              std::to_string(each), "-D", "n=0", "-f", script, dsn.dsn},
                             dsn),
                   "tps = ");
  if (!rate.ok()) return rate;
  return static_cast<double>(ground.pgbench_rows) / *rate;
}

Seconds PgxSeconds(const PeerGround& ground) {
  const auto program = ground.report.Peer("pgx", "pgx_copy");
  if (!program.ok()) return program.status();
  const ProgramDsn dsn = ForPrograms(ground.server.dsn());
  return NumberBehind(RunClient({*program, dsn.dsn, ground.dedup(), std::string(kColumns), ground.csv_file(),
                                 std::to_string(kPeerBatchRows), std::to_string(kPeerConnections)},
                                dsn),
                      "seconds ");
}

std::string WithoutSchema(const std::string& table) { return table.substr(table.find('.') + 1); }

Seconds ParallelCopySeconds(const PeerGround& ground) {
  const std::string name = "timescaledb-parallel-copy";
  const auto program = ground.report.Peer(name, name);
  if (!program.ok()) return program.status();
  const ProgramDsn dsn = ForPrograms(ground.server.dsn());
  const auto output = RunClient(
      {*program, "--connection", dsn.dsn, "--schema", ground.report.schema, "--table", WithoutSchema(ground.dedup()),
       "--columns", std::string(kColumns), "--file", ground.csv_file(), "--workers", std::to_string(kPeerConnections),
       "--batch-size", std::to_string(kPeerBatchRows), "--on-conflict-do-nothing", "--verbose"},
      dsn);
  if (!output.ok()) return output.status();
  absl::Duration took;
  if (!absl::ParseDuration(WordBehind(*output, "took "), &took)) return Positive(0);
  return Positive(absl::ToDoubleSeconds(took));
}

Seconds AdbcSeconds(const PeerGround& ground) {
  const auto python = ground.report.Peer("adbc", "bin/python");
  if (!python.ok()) return python.status();
  const auto script = ground.report.Peer("adbc", "adbc_copy.py");
  if (!script.ok()) return script.status();
  const ProgramDsn dsn = ForPrograms(ground.server.dsn());
  return NumberBehind(RunClient({*python, *script, dsn.dsn, ground.report.schema, WithoutSchema(ground.dedup()),
                                 std::string(kColumns), ground.csv_file(), std::to_string(kPeerBatchRows)},
                                dsn),
                      "seconds ");
}

}  // namespace

Contender PsqlPeer(const SharedPeerGround& ground, std::string name, std::string table) {
  return {std::move(name), [ground, table = std::move(table)](benchmark::State& state) {
            MeasureProgram(state, ground->server, table, ground->rows, [&] { return PsqlSeconds(*ground, table); });
          }};
}

std::vector<Contender> ProgramPeers(const SharedPeerGround& ground) {
  const auto peer = [&](const char* name, std::size_t rows, auto seconds) {
    return Contender{name, [=](benchmark::State& state) {
                       MeasureProgram(state, ground->server, ground->dedup(), rows, [&] { return seconds(*ground); });
                     }};
  };
  return {peer("pgx", ground->rows, PgxSeconds), peer("timescaledb_parallel_copy", ground->rows, ParallelCopySeconds),
          peer("adbc", ground->rows, AdbcSeconds), peer("pgbench", ground->pgbench_rows, PgbenchSeconds)};
}

}  // namespace bxb::bench::report
