#include "support/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>
#include <vector>

namespace examples {
namespace {

bool IsNumber(std::string_view text) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  return text.size() > sign && text.find_first_not_of("0123456789.", sign) == std::string_view::npos;
}

}  // namespace

std::string WithCommas(std::string_view number) {
  std::string text(number);
  if (!IsNumber(number)) return text;
  const std::size_t first_digit = text[0] == '-' ? 1 : 0;
  for (std::size_t at = std::min(text.find('.'), text.size()); at > first_digit + 3; at -= 3)
    text.insert(at - 3, 1, ',');
  return text;
}

std::string WithCommas(std::uint64_t number) { return WithCommas(std::to_string(number)); }

std::string Milliseconds(absl::Duration duration) {
  const double ms = absl::ToDoubleMilliseconds(duration);
  return fmt::format("{:.{}f} ms", ms, ms < 1 ? 2 : ms < 10 ? 1 : 0);
}

std::string Elapsed(absl::Duration duration) {
  if (duration < absl::Seconds(1)) return Milliseconds(duration);
  return fmt::format("{:.2f} s", absl::ToDoubleSeconds(duration));
}

std::string PerSecond(std::uint64_t events, absl::Duration elapsed) {
  const double seconds = std::max(absl::ToDoubleSeconds(elapsed), 1e-6);
  return WithCommas(static_cast<std::uint64_t>(static_cast<double>(events) / seconds)) + " events/s";
}

void PrintTable(std::ostream& out, const TextTable& table) {
  std::vector<std::size_t> widths(table.empty() ? 0 : table[0].size());
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], WithCommas(row[i]).size());
  }
  for (std::size_t r = 0; r < table.size(); ++r) {
    std::string line = "  ";
    for (std::size_t i = 0; i < table[r].size(); ++i) {
      // The heading stands where the first row's value does.
      const bool right = IsNumber(table[r == 0 && table.size() > 1 ? 1 : r][i]);
      const std::string cell = WithCommas(table[r][i]);
      line += right ? fmt::format("  {:>{}}", cell, widths[i]) : fmt::format("  {:<{}}", cell, widths[i]);
    }
    out << line.erase(line.find_last_not_of(' ') + 1) << "\n";
  }
}

}  // namespace examples
