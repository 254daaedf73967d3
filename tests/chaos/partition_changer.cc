#include "chaos/partition_changer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bxb/status.h"
#include "schema/partition_map.h"

namespace bxb::chaos {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr int kLongestPause = 60;     // ms, between two changes
constexpr int kLongestAbsence = 100;  // ms, of a detached table
constexpr int kLongestGoodbye = 400;  // ms, of a detached table that is dropped then
constexpr int kAhead = 4;             // days whose turn comes after those that get their first events now
constexpr int kTries = 5;

pq::Deadline Soon() { return pq::After(kPatience); }

bool IsOneDay(const Leaf& leaf) { return leaf.to - leaf.from == absl::Hours(24); }

std::int64_t Number(const pq::Rows& rows) { return std::stoll(*rows.at(0).at(0)); }

// What happens to those who change a table at the same time as others: locks, deadlocks, and partitions, names or
// ranges that are there already or not any more.
bool IsExpected(const absl::Status& status) {
  constexpr std::array kStates = {"55P03", "40P01", "42P01", "42P07", "42P17", "42710", "23505", "23514", "55000"};
  return std::ranges::find(kStates, SqlStateOf(status)) != kStates.end();
}

}  // namespace

PartitionChanger::PartitionChanger(const Settings& settings, const Days& days, PartitionChanges& changes,
                                   Findings& findings)
    : settings_(settings),
      days_(days),
      changes_(changes),
      findings_(findings),
      random_(settings.seed),
      connection_(pq::Connection::Open(settings.dsn, "changer", Soon()).value()),
      table_(schema::InspectTable(connection_, "events", Soon()).value()) {
  connection_.Query("SET lock_timeout = '500ms'", Soon()).value();
  thread_ = std::thread([this] { Run(); });
}

void PartitionChanger::Finish() {
  finish_ = true;
  if (thread_.joinable()) thread_.join();
}

void PartitionChanger::Run() {
  using Self = PartitionChanger;
  static constexpr std::pair<const char*, bool (Self::*)()> kKinds[] = {
      {"detached, attached again", &Self::DetachAndAttach},
      {"detached concurrently, attached again", &Self::DetachConcurrently},
      {"detached while empty, dropped later", &Self::DetachAndDrop},
      {"dropped while empty", &Self::Drop},
      {"created and attached", &Self::Create},
      {"renamed", &Self::Rename},
      {"exchanged its name with another one", &Self::SwapNames},
      {"replaced by two halves, the first of the same name, and back", &Self::Split},
      {"locked and altered", &Self::Lock},
  };
  pthread_setname_np(pthread_self(), ("changer-" + std::to_string(settings_.id)).c_str());
  while (!finish_) {
    const auto& [what, change] = kKinds[Between(0, static_cast<int>(std::size(kKinds)) - 1)];
    change_ = what;
    if ((this->*change)()) changes_.Count(change_);
    Pause(kLongestPause);
  }
}

// Choosing.

std::vector<Leaf> PartitionChanger::Leaves(int first_day, int last_day) {
  const auto map = schema::ReadPartitionMap(connection_, table_, {}, Soon());
  std::vector<Leaf> leaves;
  if (!map.ok()) return leaves;
  for (const schema::Partition& partition : map->partitions()) {
    const Leaf leaf = {partition.name, schema::FromPgMicros(partition.from), schema::FromPgMicros(partition.to)};
    const bool fits = IsOneDay(leaf) && days_.Of(leaf.from) >= first_day && days_.Of(leaf.from) <= last_day;
    if (fits) leaves.push_back(leaf);
  }
  return leaves;
}

std::optional<Leaf> PartitionChanger::Choose(int first_day, int last_day) {
  return changes_.Claim([&] { return Leaves(first_day, last_day); }, random_);
}

std::optional<Leaf> PartitionChanger::ChooseAny() {
  const int way = Between(0, 9);
  if (way < 3) return Choose(Days::kHot, Days::kHot);
  return way < 8 ? Choose(Days::kOldest, Days::kAnchor - 1) : Choose(kLongAgo, Days::kOldest);
}

std::optional<Leaf> PartitionChanger::ChooseEmpty() {
  for (int tries = 0; tries < kTries; ++tries) {
    const int late = days_.AnyLate(random_);
    const auto leaf = Choose(late - 2, late + kAhead);
    if (!leaf) continue;
    const auto filled = Sql(fmt::format("SELECT count(*) FROM (SELECT FROM {} LIMIT 1) r", leaf->name));
    if (filled.ok() && Number(*filled) == 0) return leaf;
    Release(*leaf);
  }
  return std::nullopt;
}

// The changes: each says whether it has come about.

bool PartitionChanger::DetachAndAttach() {
  const auto leaf = ChooseAny();
  if (!leaf) return false;
  const auto rows =
      Sql(fmt::format("BEGIN; ALTER TABLE events DETACH PARTITION {0}; SELECT count(*) FROM {0}", leaf->name));
  const bool detached = rows.ok() && Do("COMMIT");
  if (detached) BringBack(*leaf, Number(*rows));
  Release(*leaf);
  return detached;
}

bool PartitionChanger::DetachConcurrently() {
  const auto leaf = ChooseAny();
  if (!leaf) return false;
  Do(fmt::format("ALTER TABLE events DETACH PARTITION {} CONCURRENTLY", leaf->name));
  const bool detached = FinishDetaching(*leaf);
  if (detached) BringBack(*leaf, Number(SqlAtLast("SELECT count(*) FROM " + leaf->name)));
  Release(*leaf);
  return detached;
}

// Whether it is detached in the end; somebody else may have finished it.
bool PartitionChanger::FinishDetaching(const Leaf& leaf) {
  const auto until = Soon();
  while (pq::Deadline::clock::now() < until) {
    const auto pending =
        Sql(fmt::format("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = '{}'::regclass", leaf.name));
    if (pending.ok() && pending->empty()) return true;
    if (pending.ok() && pending->front()[0] == "f") return false;
    Do(fmt::format("ALTER TABLE events DETACH PARTITION {} FINALIZE", leaf.name));
  }
  findings_.Add("detaching has no end: " + leaf.name);
  return false;
}

bool PartitionChanger::DetachAndDrop() {
  const auto leaf = ChooseEmpty();
  if (!leaf) return false;
  const auto rows =
      Sql(fmt::format("BEGIN; ALTER TABLE events DETACH PARTITION {0}; SELECT count(*) FROM {0}", leaf->name));
  const bool empty = rows.ok() && Number(*rows) == 0;
  const bool detached = rows.ok() && Do(empty ? "COMMIT" : "ROLLBACK") && empty;
  if (detached) {
    Pause(kLongestGoodbye);
    SqlAtLast("DROP TABLE " + leaf->name);
  }
  Release(*leaf);
  return detached;
}

bool PartitionChanger::Drop() {
  const auto leaf = ChooseEmpty();
  if (!leaf) return false;
  const auto rows = Sql(
      fmt::format("BEGIN; LOCK TABLE ONLY events, {0} IN ACCESS EXCLUSIVE MODE; SELECT count(*) FROM {0}", leaf->name));
  const bool empty = rows.ok() && Number(*rows) == 0;
  const bool dropped = rows.ok() && Do(empty ? fmt::format("DROP TABLE {}; COMMIT", leaf->name) : "ROLLBACK") && empty;
  Release(*leaf);
  return dropped;
}

// Where the library may be creating one, under a name that it may choose too.
bool PartitionChanger::Create() {
  const int way = Between(0, kAhead);
  const int day = way == 0 ? Between(Days::kOldest, Days::kNewest + 1) : days_.AnyLate(random_) + way - 1;
  const absl::Time from = days_.StartOf(day);
  const std::string name =
      Between(0, 1) == 0 ? NewName() : absl::FormatTime("events_p%Y%m%d", from, absl::UTCTimeZone());
  return Do(
      fmt::format("BEGIN; CREATE TABLE {0} (LIKE events INCLUDING ALL); ALTER TABLE events ATTACH PARTITION {0} "
                  "{1}; COMMIT",
                  name, Days::BoundsSql(from, days_.StartOf(day + 1))));
}

bool PartitionChanger::Rename() {
  const auto leaf = ChooseAny();
  if (!leaf) return false;
  const bool renamed = Do(fmt::format("ALTER TABLE {} RENAME TO {}", leaf->name, NewName()));
  Release(*leaf);
  return renamed;
}

bool PartitionChanger::SwapNames() {
  const auto one = ChooseAny(), other = ChooseAny();
  const bool swapped =
      one && other &&
      Do(fmt::format("BEGIN; ALTER TABLE {0} RENAME TO {2}; ALTER TABLE {1} RENAME TO {0}; ALTER TABLE {2} RENAME TO "
                     "{1}; COMMIT",
                     one->name, other->name, NewName()));
  if (one) Release(*one);
  if (other) Release(*other);
  return swapped;
}

// Between two moments nobody finds a gap, which a daily partition would not fit into.
bool PartitionChanger::Split() {
  const auto leaf = Choose(Days::kOldest, Days::kHot - 1);
  if (!leaf) return false;
  const absl::Time noon = leaf->from + absl::Hours(12);
  const std::string whole = NewName(), second = NewName();
  constexpr const char* kReplace =
      "ALTER TABLE events DETACH PARTITION {0}; ALTER TABLE {0} RENAME TO {1}; CREATE TABLE {0} PARTITION OF events "
      "{2};";
  constexpr const char* kRefill = "INSERT INTO events SELECT * FROM {0}; DROP TABLE {0};";
  const bool split =
      Do("BEGIN;" + fmt::format(kReplace, leaf->name, whole, Days::BoundsSql(leaf->from, noon)) +
         fmt::format("CREATE TABLE {} PARTITION OF events {};", second, Days::BoundsSql(noon, leaf->to)) +
         fmt::format(kRefill, whole) + "COMMIT");
  if (split) {
    Pause(kLongestAbsence);
    const std::string first = NewName();
    SqlAtLast(fmt::format("BEGIN; ALTER TABLE events DETACH PARTITION {};", second) +
              fmt::format(kReplace, leaf->name, first, Days::BoundsSql(leaf->from, leaf->to)) +
              fmt::format(kRefill, first) + fmt::format(kRefill, second) + "COMMIT");
  }
  Release(*leaf);
  return split;
}

bool PartitionChanger::Lock() {
  const auto leaf = ChooseAny();
  if (!leaf) return false;
  const bool locked =
      Do(fmt::format("BEGIN; LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE; ALTER TABLE {0} SET (fillfactor "
                     "= {1}); SELECT pg_sleep(0.0{1}); COMMIT",
                     leaf->name, Between(50, 99)));
  Release(*leaf);
  return locked;
}

// Coming back.

void PartitionChanger::BringBack(const Leaf& leaf, std::int64_t rows) {
  Pause(kLongestAbsence);
  const auto until = Soon();
  while (pq::Deadline::clock::now() < until) {
    absl::Status back = Attach(leaf, rows);
    if (SqlStateOf(back) == "42P17") {
      back = Move(leaf);
      if (back.ok()) changes_.Count("its rows moved, since there is another partition for them");
    }
    if (back.ok()) return;
    Pause(kLongestPause);
  }
  findings_.Add(leaf.name + " could not be attached again");
}

absl::Status PartitionChanger::Attach(const Leaf& leaf, std::int64_t rows) {
  const auto counted =
      Sql(fmt::format("BEGIN; LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE; SELECT count(*) FROM {0}", leaf.name));
  if (!counted.ok()) return counted.status();
  if (Number(*counted) != rows) {
    findings_.Add(fmt::format("{} had {} rows when it was detached, and {} now", leaf.name, rows, Number(*counted)));
  }
  return Sql(fmt::format("ALTER TABLE events ATTACH PARTITION {} {}; COMMIT", leaf.name,
                         Days::BoundsSql(leaf.from, leaf.to)))
      .status();
}

absl::Status PartitionChanger::Move(const Leaf& leaf) {
  return Sql(fmt::format("BEGIN; INSERT INTO events SELECT * FROM {0}{1}; DROP TABLE {0}; COMMIT", leaf.name,
                         settings_.per_timestamp ? " ON CONFLICT DO NOTHING" : ""))
      .status();
}

// Talking to the server.

absl::StatusOr<pq::Rows> PartitionChanger::Sql(const std::string& sql) {
  auto rows = connection_.Query(sql, Soon());
  if (rows.ok()) return rows;
  changes_.CountFailure(fmt::format("{} while being {}", SqlStateOf(rows.status()), change_));
  if (!IsExpected(rows.status())) findings_.Add(fmt::format("{}: {}", sql, rows.status().ToString()));
  if (connection_.in_transaction()) (void)connection_.Query("ROLLBACK", Soon());
  return rows;
}

// Again until it works. It must: what it ends has begun.
pq::Rows PartitionChanger::SqlAtLast(const std::string& sql) {
  const auto until = Soon();
  auto rows = Sql(sql);
  for (; !rows.ok() && pq::Deadline::clock::now() < until; rows = Sql(sql)) Pause(kLongestPause);
  return rows.value();
}

void PartitionChanger::Pause(int most_milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(Between(0, most_milliseconds)));
}

}  // namespace bxb::chaos
