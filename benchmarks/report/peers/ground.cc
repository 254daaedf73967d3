#include "report/peers/ground.h"

#include <algorithm>

#include "report/peers/texts.h"

namespace bxb::bench::report {
namespace {

// Some peers hold every row in memory, and not in the smallest way.
constexpr std::size_t kMostRows = 1'000'000;

}  // namespace

PeerGround::PeerGround(const Ground& of_report)
    : report(of_report),
      server(report.server, report.schema),
      rows(std::min(report.Rows(200'000), kMostRows)),
      pipelined_rows(std::min(report.Rows(40'000), rows)),
      pgbench_rows(report.Rows(10'000) / kPgbenchClients * kPgbenchClients),
      events(rows),
      encoded(events.All()),
      encoded_sorted(events.All(), kPeerBatchRows) {
  WriteCsvFile(csv_file(), events.All());
  WriteBinaryFile(binary_file(), encoded);
}

}  // namespace bxb::bench::report
