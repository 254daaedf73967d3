#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bxb/row_codec.h"
#include "support/session.h"
#include "writer/load.h"

namespace bxb::bench::writer {

/// The least that group commit takes, as a yardstick for the writer: one open batch, lanes that take it
/// whenever they are free. No validation, no dedup, no retry, no bound on memory, no answer but "durable".
class GroupCommit : public Target {
 public:
  GroupCommit(const std::string& dsn, const std::string& table, int lanes);
  ~GroupCommit() override;
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void Submit(const Event& event, Load& load, std::uint32_t number) override;

 private:
  struct Batch {
    std::string tuples;
    std::vector<std::uint32_t> numbers;
    Load* load = nullptr;
  };

  void RunLane();
  bool Take(Batch& batch);

  const std::string dsn_;
  const std::string sql_;
  const RowCodec<Event> codec_;
  std::mutex mutex_;
  std::condition_variable work_;
  Batch open_;
  bool stopped_ = false;
  std::vector<std::jthread> lanes_;
};

}  // namespace bxb::bench::writer
