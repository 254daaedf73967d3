#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "support/server.h"
#include "support/session.h"

namespace bxb::bench {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// What a figure means nothing without: the machine, the server and its settings, the disk, the build.
/// `folder` is on the server's disk; empty for a user's server, whose disk is not ours to try.
Facts DescribeEnvironment(Session& session, const std::string& folder, double row_bytes);
Facts DescribeEnvironment(Server& server, double row_bytes);

void Print(const Facts& facts);

/// Prints the facts, and puts them into Google Benchmark's own output.
void Tell(const Facts& facts);

}  // namespace bxb::bench
