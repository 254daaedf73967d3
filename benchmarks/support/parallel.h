#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/events.h"
#include "support/session.h"

namespace bxb::bench {

std::vector<Session> Connect(const std::string& dsn, int count);

/// Runs `work(session)` on all connections at once.
void InParallel(std::vector<Session>& sessions, const std::function<void(Session&)>& work);

/// Sends the first `rows` tuples in batches, each with a message of its own, on whichever connection is free.
void CopyBatches(std::vector<Session>& sessions, const std::string& sql, const EncodedEvents& encoded, std::size_t rows,
                 std::size_t batch_rows);

}  // namespace bxb::bench
