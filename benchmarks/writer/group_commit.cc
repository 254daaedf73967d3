#include "writer/group_commit.h"

#include <utility>

#include "support/events.h"

namespace bxb::bench::writer {

GroupCommit::GroupCommit(const std::string& dsn, const std::string& table, int lanes)
    : dsn_(dsn), sql_(CopySql(table)), codec_(EventCodec()) {
  for (int i = 0; i < lanes; ++i) lanes_.emplace_back([this] { RunLane(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  work_.notify_all();
}

void GroupCommit::Submit(const Event& event, Load& load, std::uint32_t number) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = open_.numbers.empty();
    codec_.Encode(event, open_.tuples);
    open_.numbers.push_back(number);
    open_.load = &load;
  }
  if (first) work_.notify_one();
}

void GroupCommit::RunLane() {
  Session session(dsn_);
  Batch batch;
  while (Take(batch)) {
    session.Copy(sql_, batch.tuples);
    for (const std::uint32_t number : batch.numbers) batch.load->Acknowledge(number);
    batch.tuples.clear();
    batch.numbers.clear();
  }
}

bool GroupCommit::Take(Batch& batch) {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return stopped_ || !open_.numbers.empty(); });
  std::swap(batch, open_);
  return !batch.numbers.empty();
}

}  // namespace bxb::bench::writer
