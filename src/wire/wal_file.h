#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bxb::wire {

/// The timeline of a WAL file, from its name, which begins with it in eight hexadecimal digits; nullopt where it does
/// not.
std::optional<std::uint32_t> TimelineOfWalFile(std::string_view name);

}  // namespace bxb::wire
