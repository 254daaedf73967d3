#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace bxb::bench::report {

/// All clients at once, each with a thread of its own: `insert(client, begin, end)` for whichever batch is next.
template <typename Client, typename Insert>
void InsertBatches(std::vector<Client>& clients, std::size_t rows, std::size_t batch_rows, const Insert& insert) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (Client& client : clients) {
    threads.emplace_back([&] {
      for (std::size_t begin; (begin = next.fetch_add(batch_rows)) < rows;) {
        insert(client, begin, std::min(begin + batch_rows, rows));
      }
    });
  }
}

}  // namespace bxb::bench::report
