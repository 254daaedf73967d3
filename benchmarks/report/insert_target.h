#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bxb/row_codec.h"
#include "support/session.h"
#include "writer/load.h"

namespace bxb::bench::report {

/// What most services do: a prepared INSERT and a commit for each event, on whichever connection is free. Events wait
/// in a queue that only the load's size bounds.
class InsertTarget : public writer::Target {
 public:
  InsertTarget(const std::string& dsn, const std::string& table, int connections);
  ~InsertTarget() override;
  InsertTarget(const InsertTarget&) = delete;
  InsertTarget& operator=(const InsertTarget&) = delete;

  void Submit(const Event& event, writer::Load& load, std::uint32_t number) override;

 private:
  struct Waiting {
    const Event* event;
    writer::Load* load;
    std::uint32_t number;
  };

  void RunConnection(Session& session);

  const RowCodec<Event> codec_;
  std::vector<Session> sessions_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Waiting> queue_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace bxb::bench::report
