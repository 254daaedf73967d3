#include "chaos/cluster.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "pq/deadline.h"
#include "testing/process.h"

namespace bxb::chaos {
namespace {

using testing::EphemeralPostgres;

constexpr std::chrono::milliseconds kPollInterval{2};
constexpr absl::Duration kPatience = absl::Seconds(60);

// The writers' connections, those in a transaction first.
constexpr char kWriters[] =
    "(SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'chaos%' ORDER BY state = 'active' DESC, random()) "
    "v";

// From the first start on: a reload would take effect at some later moment, of which the server does not tell.
testing::EphemeralPostgresOptions Synchronous() {
  return {.settings = {{"synchronous_standby_names", "*"}}, .timeout = kPatience};
}

}  // namespace

bool Await(const std::function<bool()>& condition, absl::Duration timeout) {
  const auto deadline = pq::After(timeout);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Start() {
  std::unique_ptr<Cluster> cluster(new Cluster());
  auto primary = EphemeralPostgres::Start(Synchronous());
  if (!primary.ok()) return primary.status();
  cluster->primary_ = *std::move(primary);
  const std::string& dir = cluster->primary_->dir();
  for (auto& host : cluster->hosts_) host.emplace(dir);
  if (absl::Status started = cluster->StartStandby(); !started.ok()) return started;
  cluster->behind_bouncer_.emplace(dir);
  cluster->bouncer_.emplace(cluster->behind_bouncer_->host(), cluster->bouncer_folder_.path(), "postgres");
  cluster->before_bouncer_.emplace(cluster->bouncer_folder_.path(), testing::PgBouncer::kPort);
  return cluster;
}

absl::Status Cluster::StartStandby() {
  auto standby = primary_->StartStandby("standby", Synchronous());
  if (!standby.ok()) return standby.status();
  standby_ = *std::move(standby);
  hosts_[1 - primary_host_]->Retarget(standby_->dir());
  return absl::OkStatus();
}

absl::Status Cluster::CrashPrimary() {
  const absl::Status killed = primary_->Kill();
  return killed.ok() ? primary_->Restart() : killed;
}

absl::Status Cluster::FailOver() {
  if (absl::Status killed = primary_->Kill(); !killed.ok()) return killed;
  if (absl::Status promoted = standby_->Promote(); !promoted.ok()) return promoted;
  primary_ = std::move(standby_);
  primary_host_ = 1 - primary_host_;
  behind_bouncer_->Retarget(primary_->dir());
  return StartStandby();
}

absl::Status Cluster::TerminateBackend(bool all) {
  const std::string sql = std::string("SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM ") + kWriters +
                          " LIMIT " + (all ? "ALL" : "1") + ") w";
  const auto ended = [&] {
    const auto rows = primary_->Query(sql);
    return rows.ok() && rows->at(0).at(0) != "0";
  };
  return Await(ended, kPatience) ? absl::OkStatus() : absl::DeadlineExceededError("no writer has a connection");
}

// The process is killed only if it is a child of this server: it may have ended, and its number may be another's.
absl::Status Cluster::CrashBackend() {
  const std::string sql = std::string("SELECT pid FROM ") + kWriters + " LIMIT 1";
  const auto killed = [&] {
    const auto rows = primary_->Query(sql);
    if (!rows.ok() || rows->empty()) return false;
    const pid_t pid = std::atoi(rows->at(0).at(0)->c_str());
    const auto children = testing::ChildrenOf(primary_->pid());
    return std::find(children.begin(), children.end(), pid) != children.end() && ::kill(pid, SIGKILL) == 0;
  };
  return Await(killed, kPatience) ? AwaitAnswer() : absl::DeadlineExceededError("no writer has a connection");
}

absl::Status Cluster::AwaitAnswer() {
  absl::Status status;
  const auto answers = [&] {
    status = primary_->Query("SELECT 1").status();
    return status.ok();
  };
  Await(answers, kPatience);
  return status;
}

int Cluster::cuts(testing::CutPoint point) const {
  return hosts_[0]->cuts(point) + hosts_[1]->cuts(point) + behind_bouncer_->cuts(point) + before_bouncer_->cuts(point);
}

}  // namespace bxb::chaos
