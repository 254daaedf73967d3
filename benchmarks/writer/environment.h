#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "writer/server.h"

namespace bxb::bench {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// What a figure means nothing without: the machine, the server and its settings, the disk, the build.
Facts DescribeEnvironment(Server& server, double row_bytes);

}  // namespace bxb::bench
