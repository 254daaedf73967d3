#include "support/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace bxb::bench {

std::vector<Session> Connect(const std::string& dsn, int count) {
  std::vector<Session> sessions;
  for (int i = 0; i < count; ++i) sessions.emplace_back(dsn);
  return sessions;
}

void InParallel(std::vector<Session>& sessions, const std::function<void(Session&)>& work) {
  std::vector<std::jthread> threads;
  for (Session& session : sessions) threads.emplace_back([&session, &work] { work(session); });
}

void CopyBatches(std::vector<Session>& sessions, const std::string& sql, const EncodedEvents& encoded, std::size_t rows,
                 std::size_t batch_rows) {
  std::atomic<std::size_t> next = 0;
  InParallel(sessions, [&](Session& session) {
    for (std::size_t begin; (begin = next.fetch_add(batch_rows)) < rows;) {
      session.Copy(sql, encoded.Tuples(begin, std::min(begin + batch_rows, rows)));
    }
  });
}

}  // namespace bxb::bench
