#include "wire/wal_file.h"

#include <charconv>
#include <system_error>

namespace bxb::wire {

std::optional<std::uint32_t> TimelineOfWalFile(std::string_view name) {
  constexpr std::size_t kDigits = 8;
  if (name.size() < kDigits) return std::nullopt;
  std::uint32_t timeline = 0;
  const char* const end = name.data() + kDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, timeline, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return timeline;
}

}  // namespace bxb::wire
