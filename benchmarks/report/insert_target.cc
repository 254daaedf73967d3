#include "report/insert_target.h"

#include <fmt/format.h>

#include "support/events.h"
#include "support/parallel.h"

namespace bxb::bench::report {

InsertTarget::InsertTarget(const std::string& dsn, const std::string& table, int connections)
    : codec_(EventCodec()), sessions_(Connect(dsn, connections)) {
  for (Session& session : sessions_) {
    session.Prepare("put", fmt::format("INSERT INTO {} ({}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)", table, kColumns));
    threads_.emplace_back([this, &session] { RunConnection(session); });
  }
}

InsertTarget::~InsertTarget() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  work_.notify_all();
}

void InsertTarget::Submit(const Event& event, writer::Load& load, std::uint32_t number) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({&event, &load, number});
  }
  work_.notify_one();
}

void InsertTarget::RunConnection(Session& session) {
  std::string tuple;
  while (true) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Waiting next = queue_.front();
    queue_.pop_front();
    lock.unlock();
    tuple.clear();
    codec_.Encode(*next.event, tuple);
    session.Execute("put", tuple);
    next.load->Acknowledge(next.number);
  }
}

}  // namespace bxb::bench::report
