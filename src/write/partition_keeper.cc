#include "write/partition_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "pq/thread.h"
#include "schema/maintenance.h"
#include "wire/status_text.h"

namespace bxb::write {
namespace {

// An hour's partition must be there before the hour is, and others may change the table at any time.
constexpr std::chrono::minutes kPeriod{5};

constexpr absl::Duration kRoundTimeout = absl::Minutes(4);

std::string Line(const PartitionChange& change) {
  std::ostringstream line;
  line << change;
  return line.str();
}

}  // namespace

PartitionKeeper::PartitionKeeper(const Settings& settings, Partitions& partitions, const pq::Interrupt& interrupt)
    : settings_(settings),
      partitions_(partitions),
      interrupt_(interrupt),
      thread_(pq::StartThread("bxb-partitions", [this] { Run(); })) {}

PartitionKeeper::~PartitionKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

void PartitionKeeper::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    lock.unlock();
    const absl::Status status = Round();
    if (!status.ok() && !absl::IsCancelled(status))
      Log(LogLevel::kWarning, fmt::format("not looked after this time: {}", wire::Text(status)));
    lock.lock();
    stopping_.wait_for(lock, kPeriod, [this] { return stopped_; });
  }
}

absl::Status PartitionKeeper::Round() {
  auto connection = pq::Connection::Open(settings_.dsn, settings_.application_name,
                                         pq::After(settings_.connect_timeout), &interrupt_, pq::Target::kWritable);
  if (!connection.ok()) return connection.status();
  const pq::Deadline deadline = pq::After(kRoundTimeout);
  auto report = schema::Maintain(*connection, partitions_.table(), partitions_.options(), /*dry_run=*/false, deadline);
  if (connection->lost()) return report.status();
  if (report.ok()) {
    for (const PartitionChange& change : report->changes) Log(LogLevel::kInfo, Line(change));
  }
  const bool wanted = partitions_.options().create || partitions_.options().keep;
  if (report.ok() || wanted) Tell(report.ok() ? report->notes : std::vector<std::string>{wire::Text(report.status())});
  return partitions_.Refresh(*connection, deadline).status();
}

// What stays as it was is told once.
void PartitionKeeper::Tell(const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    if (std::ranges::find(told_, note) == told_.end()) Log(LogLevel::kWarning, note);
  }
  told_ = notes;
}

void PartitionKeeper::Log(LogLevel level, const std::string& line) const {
  if (settings_.log) settings_.log(level, fmt::format("partitions of {}: {}", partitions_.table().sql_name, line));
}

}  // namespace bxb::write
