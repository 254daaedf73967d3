#include "write/partitions.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <span>
#include <utility>

#include "absl/time/clock.h"
#include "bxb/internal/server_error.h"
#include "schema/maintenance_plan.h"
#include "wire/status_text.h"

namespace bxb::write {
namespace {

// The kernel's coarse clock: read for every event, and milliseconds are close enough.
absl::Time Now() {
  timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return absl::TimeFromTimespec(now);
}

// Whether the same attempt may end otherwise later.
bool MayPassLater(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsCancelled(status);
}

// Refused rows may come many at a time; the catalog is not read for each batch of them.
constexpr std::chrono::seconds kMoment{1};

constexpr std::size_t kCreatedAtOnce = 8;

absl::Status NotYet(const absl::Status& reason) {
  return absl::Status(reason.code(), fmt::format("a partition for their time cannot be created yet (its range is being "
                                                 "detached or created, or the table is locked): {}",
                                                 wire::Text(reason)));
}

void KeepHomeless(const schema::PartitionMap& map, std::vector<schema::PgMicros>& times) {
  std::erase_if(times, [&](schema::PgMicros time) { return map.has_default() || map.Find(time).has_value(); });
  std::ranges::sort(times);
}

std::vector<TimeRange> PossibleRanges(PartitionInterval interval, const std::vector<schema::PgMicros>& times) {
  std::vector<TimeRange> ranges;
  for (const schema::PgMicros time : times) ranges.push_back(RangeOf(interval, schema::FromPgMicros(time)));
  std::erase_if(ranges, [](const TimeRange& range) { return !schema::IsPossible(range); });
  std::ranges::sort(ranges, {}, &TimeRange::from);
  ranges.erase(std::ranges::unique(ranges).begin(), ranges.end());
  return ranges;
}

// Whether there can never be a partition of that interval for it.
bool IsImpossible(const schema::PartitionMap& map, PartitionInterval interval, schema::PgMicros time) {
  const TimeRange range = RangeOf(interval, schema::FromPgMicros(time));
  return !schema::IsPossible(range) || map.Overlaps(range);
}

}  // namespace

Partitions::Partitions(schema::Table table, schema::TimePartitioning by, std::vector<std::string> columns,
                       PartitionOptions options, LogHook log)
    : table_(std::move(table)),
      by_(std::move(by)),
      columns_(std::move(columns)),
      options_(std::move(options)),
      log_(std::move(log)) {}

Partitions::Map Partitions::map() const {
  const std::lock_guard lock(mutex_);
  return map_;
}

// A reading that has begun earlier may end later, and never takes the place of a newer one.
absl::StatusOr<Partitions::Map> Partitions::Refresh(pq::Connection& connection, pq::Deadline deadline) {
  const std::uint64_t reading = [this] {
    const std::lock_guard lock(mutex_);
    return ++last_reading_;
  }();
  auto read = schema::ReadPartitionMap(connection, table_, columns_, deadline);
  if (!read.ok()) return read.status();
  auto why_none = options_.create ? schema::WhyNoPartitions(connection, table_, deadline)
                                  : std::string("PartitionOptions::create is off");
  if (!why_none.ok()) return why_none.status();
  const Map map = std::make_shared<const schema::PartitionMap>(*std::move(read));
  const auto keep_from = schema::KeepFrom(*map, absl::Now(), options_);
  keep_from_ = keep_from ? schema::ToPgMicros(*keep_from) : schema::kBeforeAll;
  const std::lock_guard lock(mutex_);
  if (reading < map_reading_) return map;
  map_ = map;
  map_reading_ = reading;
  read_at_ = pq::Deadline::clock::now();
  why_none_ = *std::move(why_none);
  return map;
}

absl::StatusOr<Partitions::Map> Partitions::RefreshIfOld(pq::Connection& connection, pq::Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (pq::Deadline::clock::now() < read_at_ + kMoment) return map_;
  }
  return Refresh(connection, deadline);
}

absl::StatusOr<Partitions::Provided> Partitions::Provide(pq::Connection& connection,
                                                         std::vector<schema::PgMicros> times, pq::Deadline deadline) {
  // Somebody else may have created them since the last look.
  auto map = Refresh(connection, deadline);
  if (!map.ok()) return map.status();
  KeepHomeless(**map, times);
  if (times.empty()) return Provided{.map = *map};
  if (std::string why = WhyNotCreated(*map); !why.empty()) return Provided{*map, std::move(times), std::move(why)};
  const absl::Status created = Create(connection, *map, times, deadline);
  if (!created.ok() && MayPassLater(created)) return NotYet(created);
  const PartitionInterval interval = *(*map)->interval();
  map = Refresh(connection, deadline);
  if (!map.ok()) return map.status();
  KeepHomeless(**map, times);
  if (created.ok()) std::erase_if(times, [&](schema::PgMicros time) { return !IsImpossible(**map, interval, time); });
  if (times.empty()) return Provided{.map = *map};
  return Provided{
      *map, std::move(times),
      created.ok()
          ? fmt::format("a {} there would overlap another partition, or is beyond PostgreSQL's times", Name(interval))
          : wire::Text(created)};
}

std::string Partitions::WhyNotCreated(const Map& map) const {
  if (map->partitions().empty()) return "there is no partition to take the interval from: create the first one by hand";
  if (!map->interval()) return "the latest partition is no hour, day, week or month of UTC";
  const std::lock_guard lock(mutex_);
  return why_none_;
}

// A few at a time: what is there is there, also when a later one has to wait.
absl::Status Partitions::Create(pq::Connection& connection, const Map& map, const std::vector<schema::PgMicros>& times,
                                pq::Deadline deadline) {
  const std::vector<TimeRange> ranges = PossibleRanges(*map->interval(), times);
  for (std::size_t begin = 0; begin < ranges.size(); begin += kCreatedAtOnce) {
    const auto some = std::span(ranges).subspan(begin, std::min(kCreatedAtOnce, ranges.size() - begin));
    auto created = schema::CreatePartitions(connection, table_, by_, some, options_.lock_timeout, deadline);
    if (!created.ok()) return created.status();
    for (const PartitionChange& change : *created) {
      if (log_) log_(LogLevel::kInfo, fmt::format("created partition {} on demand", change.table));
    }
  }
  return absl::OkStatus();
}

absl::Status Partitions::CheckWindow(schema::PgMicros time) const {
  const absl::Time now = Now();
  const absl::Time point = schema::FromPgMicros(time);
  if (point >= now - options_.oldest && point <= now + options_.newest && time >= keep_from_) [[likely]]
    return absl::OkStatus();
  return OutsideWindow(time, now);
}

absl::Status Partitions::OutsideWindow(schema::PgMicros time, absl::Time now) const {
  const auto text = [](absl::Time point) { return absl::FormatTime(absl::RFC3339_sec, point, absl::UTCTimeZone()); };
  const absl::Time keep_from = schema::FromPgMicros(keep_from_);
  const std::string message = fmt::format(
      "column \"{}\": {} is outside of the accepted window, {} … {} (PartitionOptions::oldest is {}, newest {}{})",
      by_.column, absl::FormatTime(absl::RFC3339_full, schema::FromPgMicros(time), absl::UTCTimeZone()),
      text(std::max(keep_from, now - options_.oldest)), text(now + options_.newest),
      absl::FormatDuration(options_.oldest), absl::FormatDuration(options_.newest),
      options_.keep ? fmt::format(", keep {}", *options_.keep) : "");
  return internal::WithServerError(absl::InvalidArgumentError(message), {.sqlstate = "23514", .column = by_.column});
}

}  // namespace bxb::write
