#pragma once

#include <functional>
#include <string>
#include <thread>

namespace bxb::pq {

/// Starts a thread of that name (at most 15 bytes). The host's signals are not delivered to it, but for those that a
/// fault of its own raises.
std::thread StartThread(const std::string& name, std::function<void()> run);

}  // namespace bxb::pq
