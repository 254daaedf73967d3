// What EphemeralPostgres does about standbys.

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "bxb/testing/ephemeral_postgres.h"
#include "fmt/format.h"
#include "pq/connection.h"
#include "pq/deadline.h"
#include "testing/base_backup.h"
#include "testing/ephemeral_postgres_impl.h"

namespace bxb::testing {
namespace {

constexpr std::chrono::milliseconds kPollInterval{2};

// Asks on one connection until the answer is true.
absl::Status WaitUntilTrue(const std::string& dsn, const std::string& sql, pq::Deadline deadline) {
  absl::StatusOr<pq::Connection> connection = pq::Connection::Open(dsn, "bxb-testing", deadline);
  if (!connection.ok()) return connection.status();
  for (;;) {
    const absl::StatusOr<pq::Rows> rows = connection->Query(sql, deadline);
    if (!rows.ok()) return rows.status();
    if (rows->at(0).at(0) == "t") return absl::OkStatus();
    if (pq::Deadline::clock::now() >= deadline) return absl::DeadlineExceededError(fmt::format("not yet: {}", sql));
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<EphemeralPostgres>> EphemeralPostgres::StartStandby(std::string_view name,
                                                                                   EphemeralPostgresOptions options) {
  if (options.bin_dir.empty()) options.bin_dir = impl_->options.bin_dir;
  options.settings.insert(
      {{"cluster_name", std::string(name)},
       {"primary_conninfo", fmt::format("{} application_name={}", impl_->conninfo(), Quoted(name))}});
  const pq::Deadline deadline = pq::After(options.timeout);
  absl::StatusOr<std::unique_ptr<Impl>> impl = Impl::Make(std::move(options));
  if (!impl.ok()) return impl.status();
  const absl::Status copied = CopyRunningServer(dsn(), version(), impl_->folder, (*impl)->folder, deadline);
  if (!copied.ok()) return copied;
  if (const absl::Status status = (*impl)->ConfigureAndStart(); !status.ok()) return status;
  std::unique_ptr<EphemeralPostgres> standby(new EphemeralPostgres(*std::move(impl)));
  const absl::Status streaming = WaitUntilTrue(
      standby->dsn(), "SELECT count(*) > 0 FROM pg_stat_wal_receiver WHERE status = 'streaming'", deadline);
  if (!streaming.ok()) return streaming;
  return standby;
}

absl::Status EphemeralPostgres::Promote() {
  const auto seconds = std::max<std::int64_t>(1, absl::ToInt64Seconds(impl_->options.timeout));
  const absl::StatusOr<TextRows> promoted = Query(fmt::format("SELECT pg_promote(true, {})", seconds));
  if (!promoted.ok()) return promoted.status();
  return WaitUntilTrue(dsn(), "SELECT NOT pg_is_in_recovery()", pq::After(impl_->options.timeout));
}

absl::Status EphemeralPostgres::PauseReplay() {
  const absl::StatusOr<TextRows> asked = Query("SELECT pg_wal_replay_pause()");
  if (!asked.ok()) return asked.status();
  return WaitUntilTrue(dsn(), "SELECT pg_get_wal_replay_pause_state() = 'paused'", pq::After(impl_->options.timeout));
}

absl::Status EphemeralPostgres::ResumeReplay() { return Query("SELECT pg_wal_replay_resume()").status(); }

// What is flushed, not what is inserted: a standby is sent no more than that, and the end of an open transaction's
// WAL may stay in memory.
absl::Status EphemeralPostgres::WaitForReplay(const EphemeralPostgres& primary, absl::Duration timeout) {
  const absl::StatusOr<TextRows> written = primary.Query("SELECT pg_current_wal_flush_lsn()");
  if (!written.ok()) return written.status();
  const std::string lsn = written->at(0).at(0).value_or("");
  return WaitUntilTrue(dsn(), fmt::format("SELECT pg_last_wal_replay_lsn() >= '{}'::pg_lsn", lsn), pq::After(timeout));
}

}  // namespace bxb::testing
