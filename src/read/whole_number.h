#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace bxb::read {

/// The whole text as a decimal number without a sign; nullopt for anything else, also for what does not fit.
template <class Unsigned>
std::optional<Unsigned> WholeNumber(std::string_view text) {
  Unsigned number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace bxb::read
