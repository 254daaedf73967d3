#include "bxb/lsn.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/hex.h"

namespace bxb {
namespace {

std::optional<std::uint32_t> ParseHalf(std::string_view text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  std::uint32_t half = 0;
  for (const char c : text) {
    const int digit = wire::HexDigit(c);
    if (digit < 0) return std::nullopt;
    half = half << 4 | static_cast<std::uint32_t>(digit);
  }
  return half;
}

}  // namespace

std::optional<Lsn> Lsn::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = ParseHalf(text.substr(0, slash));
  const auto low = ParseHalf(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return Lsn{std::uint64_t{*high} << 32 | *low};
}

std::string Lsn::ToString() const { return fmt::format("{:X}/{:X}", value >> 32, value & 0xFFFFFFFF); }

}  // namespace bxb
